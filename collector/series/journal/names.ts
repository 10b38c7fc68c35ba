/**
 * Names of series in the journal: lines, and which endpoint has which. Memory holds those that come; the others are looked up
 * here, and are deleted when the longest retention has ended their samples.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { seriesKey } from '../../../shared/metrics.ts';

export interface SeriesLineId {
  id: number;
  metric: string;
  tags: Readonly<Record<string, string>>;
}

/** One endpoint has samples of one line. */
export interface SeriesId {
  endpoint: number;
  line: number;
}

export interface SeriesNames {
  readonly lastLine: number;
  line(id: number): SeriesLineId | undefined;
  find(metric: string, tags: Readonly<Record<string, string>>): SeriesLineId | undefined;
  metrics(): string[];
  /** Lines of a metric that come, or of which that is not known. */
  coming(metric: string): SeriesLineId[];
  /** Lines of a metric of which one of the endpoints has had samples. */
  ofEndpoints(endpoints: readonly number[], metric: string): SeriesLineId[];
  /** False in a journal of an older version until `fill` was called with all series that the backend knows. */
  readonly isFilled: boolean;
  fill(series: Iterable<SeriesId & { leftAt: number | null }>): void;
  filled(): void;
  /** These have left memory: they have not come since `at`. */
  left(series: readonly (SeriesId & { at: number })[], isOver: IsOver): Promise<void>;
  /** Marks what is there as coming, but not in memory: it left while this process did not run. */
  leftMeanwhile(endpoints: readonly number[], isLive: IsLive, now: number, isOver: IsOver): Promise<void>;
  /** Deletes what left before `before`, and lines that nothing has any more. */
  dropLeftBefore(before: number, isLive: IsLive, isInUse: (line: number) => boolean, isOver: IsOver): Promise<void>;
}

type IsLive = (endpoint: number, line: number) => boolean;
/** Asked between commits: the journal is being closed. */
type IsOver = () => boolean;

/** Rows written per commit: reports that arrive meanwhile wait for it. */
const rowsACommit = 500;

const keyOf = (metric: string, tags: Readonly<Record<string, string>>) => crc32(seriesKey(metric, tags));

export const tables = `
  create table lines (id integer primary key, metric text not null, tags text not null, hash integer not null);
  create index lines_hash on lines (hash);
  create index lines_metric on lines (metric);
  create table series (endpoint integer not null, line integer not null, left_at integer,
    primary key (endpoint, line)) without rowid;
  create index series_line on series (line);
  create table series_filled (id integer primary key check (id = 0));
`;

/** From the schema in which lines had no hash, and nothing said whose they are. */
export const upgrade = `
  alter table lines rename to lines_before;
  ${tables}
  insert into lines select id, metric, tags, line_hash(metric, tags) from lines_before;
  drop table lines_before;
`;

/** For `upgrade`. */
export function defineHash(database: DatabaseSync): void {
  const hash = (metric: unknown, tags: unknown) => keyOf(String(metric), JSON.parse(String(tags)));
  database.function('line_hash', { deterministic: true }, hash);
}

export function namesOn(database: DatabaseSync, transaction: (work: () => void) => void): SeriesNames & NameWriter {
  const prepare = (text: string) => database.prepare(text);
  const insertLine = prepare('insert into lines (id, metric, tags, hash) values (?, ?, ?, ?)');
  const insertSeries = prepare(
    'insert into series (endpoint, line) values (?, ?) on conflict (endpoint, line) do update set left_at = null',
  );
  const fillSeries = prepare('insert or ignore into series (endpoint, line, left_at) values (?, ?, ?)');
  const mark = prepare('update series set left_at = ? where endpoint = ? and line = ?');
  const byId = prepare('select id, metric, tags from lines where id = ?');
  const byHash = prepare('select id, metric, tags from lines where hash = ?');
  const ofMetric = prepare(
    `select id, metric, tags from lines l where metric = ? and (
      exists (select 1 from series s where s.line = l.id and s.left_at is null)
      or not exists (select 1 from series s where s.line = l.id))`,
  );
  const ofEndpoint = prepare(
    'select l.id, l.metric, l.tags from series s join lines l on l.id = s.line where s.endpoint = ? and l.metric = ?',
  );
  const coming = prepare('select line from series where endpoint = ? and left_at is null');
  const old = prepare('select endpoint, line from series where left_at < ? limit ?');
  const dropSeries = prepare('delete from series where endpoint = ? and line = ?');
  const dropLine = prepare(
    'delete from lines where id = ? and not exists (select 1 from series where line = lines.id)',
  );
  let isFilled = prepare('select 1 from series_filled').get() !== undefined;

  const inCommits = async <T>(rows: readonly T[], work: (row: T) => void, isOver: IsOver) => {
    for (let from = 0; from < rows.length && !isOver(); from += rowsACommit) {
      transaction(() => rows.slice(from, from + rowsACommit).forEach(work));
      await setImmediate();
    }
  };

  return {
    lastLine: Number(prepare('select max(id) as id from lines').get()?.id ?? 0),
    line: (id) => lineOf(byId.get(id)),
    find(metric, tags) {
      const key = seriesKey(metric, tags);
      const rows = byHash.all(crc32(key)).map((row) => lineOf(row) as SeriesLineId);
      return rows.find((line) => seriesKey(line.metric, line.tags) === key);
    },
    metrics: () =>
      prepare('select distinct metric from lines')
        .all()
        .map(({ metric }) => String(metric)),
    coming: (metric) => ofMetric.all(metric).map((row) => lineOf(row) as SeriesLineId),
    ofEndpoints: (endpoints, metric) =>
      endpoints.flatMap((endpoint) => ofEndpoint.all(endpoint, metric).map((row) => lineOf(row) as SeriesLineId)),
    get isFilled() {
      return isFilled;
    },
    fill: (series) =>
      transaction(() => {
        for (const { endpoint, line, leftAt } of series) fillSeries.run(endpoint, line, leftAt);
      }),
    filled() {
      database.exec('insert or ignore into series_filled values (0)');
      isFilled = true;
    },
    left: (series, isOver) => inCommits(series, ({ endpoint, line, at }) => mark.run(at, endpoint, line), isOver),
    async leftMeanwhile(endpoints, isLive, now, isOver) {
      for (const endpoint of endpoints) {
        if (isOver()) return;
        const gone = coming.all(endpoint).filter(({ line }) => !isLive(endpoint, Number(line)));
        await inCommits(gone, ({ line }) => mark.run(now, endpoint, Number(line)), isOver);
      }
    },
    async dropLeftBefore(before, isLive, isInUse, isOver) {
      while (!isOver()) {
        const rows = old.all(before, rowsACommit);
        if (rows.length === 0) return;
        transaction(() => {
          for (const row of rows) {
            const [endpoint, line] = [Number(row.endpoint), Number(row.line)];
            if (isLive(endpoint, line)) insertSeries.run(endpoint, line);
            else {
              dropSeries.run(endpoint, line);
              if (!isInUse(line)) dropLine.run(line);
            }
          }
        });
        await setImmediate();
      }
    },
    add(lines, series) {
      for (const { id, metric, tags } of lines) insertLine.run(id, metric, JSON.stringify(tags), keyOf(metric, tags));
      for (const { endpoint, line } of series) insertSeries.run(endpoint, line);
    },
  };
}

export interface NameWriter {
  /** Within the commit of the block that uses them first. */
  add(lines: readonly SeriesLineId[], series: readonly SeriesId[]): void;
}

const lineOf = (row: Record<string, unknown> | undefined): SeriesLineId | undefined =>
  row && { id: Number(row.id), metric: String(row.metric), tags: JSON.parse(String(row.tags)) };
