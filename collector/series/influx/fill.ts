/**
 * Copies what the embedded backend holds into InfluxDB, part by part; a part that is whole is noted, so that a copy that
 * was interrupted goes on. At the end both are asked the same. Nothing of the embedded one is changed or removed.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IPoint } from 'influx';
import { fail } from '../../../shared/errors.ts';
import { openEmbedded } from '../embedded/embedded.ts';
import { openRows, partsIn, type SegmentPart } from '../embedded/rows.ts';
import { createDictionary, type Dictionary } from '../journal/dictionary.ts';
import { openJournal } from '../journal/journal.ts';
import type { FilledSeries, FillProgress } from '../kind.ts';
import type { SeriesQuery, SeriesStore } from '../series.ts';
import { defaultRetention } from '../span.ts';
import type { SeriesSettings } from '../store.ts';
import { type InfluxClient, InfluxError, type InfluxPlace, openClient } from './client.ts';
import { type InfluxOptions, openInflux } from './influx.ts';
import { ownTags, type StoredLine, safeValue, storedLine } from './points.ts';
import { prepare } from './prepare.ts';
import { rolledFields } from './rollups.ts';
import { createTroubleOf } from './trouble.ts';
import { type Aside, writeOrSplit } from './writer.ts';

const pointsARequest = 1000;
const deadlineMs = 60_000;
/** Series that both are asked for at the end, each over an hour, a day and all that is kept. */
const asked = 40;
const day = 86_400_000;

type FillSettings = SeriesSettings & InfluxOptions;

export async function fillInflux(
  settings: FillSettings,
  progress: FillProgress,
  signal: AbortSignal,
): Promise<FilledSeries> {
  const retention = { ...defaultRetention, ...settings.retention };
  // What waits in the journal becomes segments first.
  const source = await openEmbedded(settings);
  await source.compact();
  await source.close();
  const client = await openClient(settings, deadlineMs);
  const troubleOf = createTroubleOf(settings, retention, () => false);
  const note = openNote(settings);
  try {
    const places = await prepare(client, settings, retention, settings.log);
    const journal = openJournal(join(settings.folder, 'journal.db'));
    const rows = await openRows(settings.folder);
    const filled: FilledSeries = { copied: 0, before: 0, refused: 0, missing: [], compared: 0, differ: [] };
    let questions: SeriesQuery[];
    try {
      const parts = partsIn(journal.database);
      const dictionary = createDictionary(journal.load(), journal.names);
      const total = parts.reduce((sum, part) => sum + part.rows, 0);
      let done = 0;
      for (const part of parts) {
        signal.throwIfAborted();
        const oldest = settings.clock.now() - retention[part.resolution];
        const held = () => countOf(client, places[part.resolution], part, oldest);
        const noted = note.countOf(part.key);
        // What was there once may have been dropped since.
        if (noted !== undefined && (await held()) >= noted) filled.before += part.rows;
        else {
          const say = (copied: number) => progress(done + copied, total);
          const to = { client, place: places[part.resolution], tagsOf: settings.tagsOf, dictionary, signal, say };
          const { copied, refused } = await copyPart(rows, part, oldest, to);
          filled.copied += copied;
          filled.refused += refused;
          const there = await held();
          if (there < copied - refused)
            filled.missing.push({ resolution: part.resolution, from: part.from, copied, held: there });
          else note.add(part.key, copied - refused);
        }
        done += part.rows;
        progress(done, total);
      }
      const retained = Math.max(...Object.values(retention));
      questions = questionsOf(await rows.some(parts, asked), dictionary, settings.clock.now(), retained);
    } finally {
      rows.close();
      journal.close();
    }
    Object.assign(filled, await compare(settings, questions));
    // As many samples, but not the same ones: which part they are of is not known.
    if (filled.differ.length > 0) note.clear();
    return filled;
  } catch (thrown) {
    if (!(thrown instanceof InfluxError)) throw thrown;
    throw fail('SERIES_UNAVAILABLE', { reason: troubleOf(thrown) }, thrown);
  } finally {
    client.close();
  }
}

interface FillTarget {
  client: InfluxClient;
  place: InfluxPlace;
  tagsOf: InfluxOptions['tagsOf'];
  dictionary: Pick<Dictionary, 'line' | 'endpointName'>;
  signal: AbortSignal;
  say(copied: number): void;
}

async function copyPart(
  rows: Awaited<ReturnType<typeof openRows>>,
  part: SegmentPart,
  oldest: number,
  { client, place, tagsOf, dictionary, signal, say }: FillTarget,
): Promise<{ copied: number; refused: number }> {
  const lines = new Map<number, StoredLine | null>();
  const lineOf = (id: number) => {
    let found = lines.get(id);
    if (found === undefined) {
      const line = dictionary.line(id);
      found = line ? storedLine(line.metric, line.tags) : null;
      lines.set(id, found);
    }
    return found;
  };
  let [copied, refused] = [0, 0];
  const points: IPoint[] = [];
  /** Of the endpoint and time that come at present. */
  let open = new Map<string, IPoint>();
  let [endpoint, at] = [-1, -1];
  let own: Record<string, string> = {};
  const flush = async (isLast = false) => {
    signal.throwIfAborted();
    while (points.length >= (isLast ? 1 : pointsARequest)) {
      const aside: Aside = [];
      await writeOrSplit((some) => client.write(some, place), points.splice(0, pointsARequest), aside);
      for (const [bad] of aside) for (const { fields = {} } of bad) refused += Object.keys(fields).length;
    }
    say(copied);
  };
  const take = (id: number, lineId: number, time: number, values: readonly number[]) => {
    const line = lineOf(lineId);
    const name = dictionary.endpointName(id);
    if (!line || name === undefined) return;
    if (id !== endpoint) own = { ...ownTags(tagsOf?.(name) ?? { host: name }), endpoint: safeValue(name) };
    if (id !== endpoint || time !== at) {
      points.push(...open.values());
      open = new Map();
      [endpoint, at] = [id, time];
    }
    const { measurement, tags, field, pointKey } = line;
    const point = open.get(pointKey) ?? {
      ...{ measurement, tags: { ...tags, ...own } },
      ...{ fields: {}, timestamp: new Date(time) },
    };
    open.set(pointKey, point);
    const fields = part.resolution === 'raw' ? { [field]: values[0] } : rolledFields(field, values);
    Object.assign(point.fields as object, fields);
    copied += 1;
  };
  await rows.each(part, oldest, take, flush);
  points.push(...open.values());
  await flush(true);
  return { copied, refused };
}

/** What InfluxDB holds of the part: at least what was copied, because others may have written more. */
async function countOf(client: InfluxClient, place: InfluxPlace, part: SegmentPart, oldest: number): Promise<number> {
  const from = Math.max(part.from, oldest);
  const statement = `select count(*) from /.*/ where time >= ${from}ms and time < ${part.to}ms and "endpoint" != ''`;
  const [answer = []] = await client.query([statement], place);
  let sum = 0;
  for (const { columns, values } of answer)
    for (const [i, name] of columns.entries())
      if (i > 0 && name.startsWith(part.resolution === 'raw' ? 'count_' : 'count_count_'))
        for (const row of values) sum += Number(row[i] ?? 0);
  return sum;
}

function questionsOf(
  series: readonly [endpoint: number, line: number, at: number][],
  dictionary: Dictionary,
  now: number,
  retained: number,
): SeriesQuery[] {
  return series.flatMap(([id, lineId, at]) => {
    const [endpoint, line] = [dictionary.endpointName(id), dictionary.line(lineId)];
    if (endpoint === undefined || !line) return [];
    const one = { endpoint, metrics: [line.metric], tags: line.tags };
    return (['mean', 'count', 'max'] as const).flatMap((agg) => [
      // By its step each is answered from other rows: as they came, or rolled up.
      { ...one, agg, from: at - day / 24, to: at + 1 },
      { ...one, agg, from: at - day, to: at + 1 },
      { ...one, agg, from: now - retained, to: now },
    ]);
  });
}

/** Both are asked the same, one after the other: they share the journal. */
async function compare(settings: FillSettings, questions: readonly SeriesQuery[]) {
  const answersOf = async (open: () => Promise<SeriesStore>) => {
    const store = await open();
    try {
      const answers: string[] = [];
      for (const question of questions) answers.push(plain(await store.query(question)));
      return answers;
    } finally {
      await store.close();
    }
  };
  const before = await answersOf(() => openEmbedded(settings));
  const after = await answersOf(() => openInflux(settings));
  const differ = questions
    .filter((_, i) => before[i] !== after[i])
    .map(({ endpoint, metrics, from }) => {
      return `${endpoint} ${metrics[0]} from ${new Date(from).toISOString()}`;
    });
  return { compared: questions.length, differ };
}

/** Sums of the same values in another order differ in their last digits. */
function plain({ series, step, resolution }: Awaited<ReturnType<SeriesStore['query']>>): string {
  const lines = series.map(({ points, tags }) => [
    Object.entries(tags).sort(),
    points.filter(([, value]) => value !== null).map(([at, value]) => [at, Number((value as number).toPrecision(9))]),
  ]);
  return JSON.stringify([step, resolution, lines.map((line) => JSON.stringify(line)).sort()]);
}

/** Which parts are whole, per target, and of how many samples. */
function openNote({ folder, url, database }: FillSettings) {
  const file = join(folder, 'copied-to-influx.json');
  const to = `${url} ${database}`;
  const read = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { to: string; counts?: object }) : null;
  // One of an earlier version has no counts: what it speaks of is copied again.
  const counts = new Map<string, number>(read?.to === to ? Object.entries(read.counts ?? {}) : []);
  return {
    countOf: (key: string) => counts.get(key),
    add(key: string, count: number) {
      counts.set(key, count);
      const text = JSON.stringify({ to, counts: Object.fromEntries(counts) });
      writeFileSync(`${file}.half`, text, { mode: 0o600, flush: true });
      renameSync(`${file}.half`, file);
    },
    clear: () => rmSync(file, { force: true }),
  };
}
