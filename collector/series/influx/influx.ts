/** The backend on an InfluxDB: 1.x, or a server with its API. */
import { setTimeout as pause } from 'node:timers/promises';
import type { IPoint } from 'influx';
import { fail, reasonOf } from '../../../shared/errors.ts';
import { sentence } from '../../../shared/sentence.ts';
import type { Backend, BackendParts } from '../backend.ts';
import { type OpenedStore, openSeries, type SeriesSettings } from '../store.ts';
import { type InfluxClient, InfluxError, type InfluxPlace, type InfluxSettings, openClient } from './client.ts';
import { learnNewest } from './learn.ts';
import { readNewest } from './newest.ts';
import { createPoints, safeValue, type Tags } from './points.ts';
import { bucketsFor, type InfluxPlaces, isBare, prepare } from './prepare.ts';
import { createQuery } from './query.ts';
import { createRefused } from './refused.ts';
import { createRollups, type RolledResolution } from './rollups.ts';
import { createTroubleOf } from './trouble.ts';
import { type Aside, createWriter, writeOrSplit } from './writer.ts';

export interface InfluxOptions extends InfluxSettings {
  /** Tags of an endpoint's points beside its id, such as `host` and `site`. */
  tagsOf?: (endpoint: string) => Tags;
  /** Per call. */
  deadlineMs?: number;
}

/** Maximum time that a chart waits for the newest samples to be written. */
const freshWithinMs = 2000;
/** Maximum time that the start waits for newest values; reading them goes on afterwards. */
const startWithinMs = 2000;
/** Maximum time that an erasure waits for the newest samples to be written. */
const eraseWithinMs = 60_000;
/** Maximum time that the shutdown waits for the last samples; the others are written at the next start. */
const endWithinMs = 3000;

/** A series store on an InfluxDB. @throws as `openSeries` does; never because InfluxDB is away */
export async function openInflux(settings: SeriesSettings & InfluxOptions): Promise<OpenedStore> {
  const deadlineMs = settings.deadlineMs ?? 10_000;
  const writing = await openClient(settings, deadlineMs);
  // Rollups of a large fleet take longer than a chart may.
  const computing = await openClient(settings, 30 * deadlineMs);
  return openSeries(settings, (parts) => createInflux(parts, settings, { writing, computing }));
}

/** InfluxDB 2 has `delete` only, and 3 has neither: there the samples stay until its retention ends them. */
async function eraseFrom(client: InfluxClient, place: InfluxPlace, endpoint: string): Promise<void> {
  const run = (verb: string) => client.query([`${verb} where "endpoint" = $endpoint`], place, { endpoint });
  try {
    await run('drop series');
  } catch (thrown) {
    if (!(thrown instanceof InfluxError) || thrown.kind !== 'unknown') throw thrown;
    await run('delete');
  }
}

type Clients = Record<'writing' | 'computing', Awaited<ReturnType<typeof openClient>>>;

/** Where the samples are, once that has been found out. */
function keepPlaces(client: InfluxClient, options: InfluxOptions, { retention, log }: BackendParts) {
  let places: InfluxPlaces | null = null;
  let isTold = false;
  return {
    places: () => places,
    async settle(): Promise<InfluxPlaces> {
      places = await prepare(client, options, retention, log);
      if (isBare(places) && !isTold) {
        isTold = true;
        const make = bucketsFor(options.database, retention);
        log.info(
          { make },
          'This InfluxDB makes no databases by statement: these are to be there, each keeping as long',
        );
      }
      return places;
    },
    settled(): InfluxPlaces {
      if (places === null) throw new InfluxError('away', 'its databases have not been looked at yet');
      return places;
    },
  };
}

function createInflux(parts: BackendParts, options: InfluxOptions, { writing, computing }: Clients): Backend {
  const { journal, dictionary, clock, log, retention } = parts;
  const now = () => clock.now();
  const monotonic = () => clock.monotonic();
  const { settle, settled, places } = keepPlaces(writing, options, parts);
  const troubleOf = createTroubleOf(options, retention, () => isBare(places()));
  const refused = createRefused({ folder: parts.folder, log, monotonic });
  const writeRolled = async (some: IPoint[], resolution: RolledResolution) => {
    const aside: Aside = [];
    await writeOrSplit((few) => computing.write(few, settled()[resolution]), some, aside);
    // By InfluxDB's own clock, which may be ahead of ours.
    for (const [points, reason] of aside)
      if (!reason.includes('points beyond retention policy')) refused.leaveOut(points.length, `rollup: ${reason}`);
  };
  const rollups = createRollups({
    ...{ journal, dictionary, client: computing, places: settled, retention, now },
    isShared: parts.isShared,
    write: writeRolled,
  });
  const points = createPoints({ dictionary, tagsOf: options.tagsOf ?? ((endpoint) => ({ host: endpoint })) });
  const writer = createWriter({
    ...{ journal, log, monotonic, refused, troubleOf },
    prepare: async () => void (await settle()),
    write: (some) => writing.write(some, settled().raw),
    toPoints: (block, batch) => points(block, batch, now() - retention.raw),
    written: rollups.mark,
    record: rollups.save,
    recorded: rollups.saved,
  });
  const ask = createQuery({ client: writing, dictionary, rollups, places: settled, retention, now });
  let upkeepTrouble: string | null = null;
  let lastCompactionAt: number | null = null;
  let running: Promise<void> | null = null;
  let closed = false;

  const work = async (all: boolean) => {
    try {
      if (all) await writer.flush(60_000);
      await writer.trim();
      // One that has had nothing to write has not looked yet.
      if (places() === null) await settle();
      if (writer.trouble === null) await rollups.run(all);
      if (upkeepTrouble !== null) log.info({ was: upkeepTrouble }, 'Rollups in InfluxDB work again');
      upkeepTrouble = null;
      lastCompactionAt = clock.now();
    } catch (thrown) {
      if (closed) return;
      const reason = reasonOf(thrown);
      if (upkeepTrouble === null) log.error({ reason }, 'Rollups in InfluxDB failed; they are tried again');
      upkeepTrouble = `Rollups in InfluxDB at ${options.url} fail: ${sentence(reason)} Charts of long spans read raw samples instead.`;
    } finally {
      running = null;
    }
  };
  const untilRead = async (read: (place: InfluxPlace) => Promise<void>) => {
    for (let waitMs = 1000; !closed; waitMs = Math.min(30_000, waitMs * 2)) {
      try {
        return await read((places() ?? (await settle())).raw);
      } catch (thrown) {
        // Without a database there are no newest values.
        if (thrown instanceof InfluxError && thrown.kind === 'missing') return;
        log.debug({ reason: reasonOf(thrown) }, 'Newest values cannot be read from InfluxDB yet');
        await pause(waitMs, undefined, { ref: false });
      }
    }
  };
  const seekNewest: Backend['newest'] = async (since, note) => {
    const noteWhileOpen: typeof note = (values) => {
      if (!closed) note(values);
    };
    await untilRead((place) => readNewest({ client: writing, dictionary, place }, since, noteWhileOpen));
  };

  const shared: Backend['shared'] = {
    async learn(since, endpoints, note) {
      const isOver = () => closed;
      // From where it failed: of thousands of endpoints the first would else be read over and over.
      const left = [...endpoints];
      await untilRead((place) => learnNewest({ client: computing, dictionary, place, isOver }, since, left, note));
    },
    takeOver: rollups.takeOver,
  };

  return {
    ...(parts.isShared ? { shared } : {}),
    // Nothing of it is kept in memory: the disk bounds it.
    maxWaitingBytes: Number.POSITIVE_INFINITY,
    fullBytes: Number.POSITIVE_INFINITY,
    write: () => writer.wake(),
    async newest(since, note) {
      // Creates the database at once, and reports what prevents it.
      writer.wake();
      if (dictionary.metrics().length === 0) return;
      const limit = new AbortController();
      const { signal } = limit;
      await Promise.race([seekNewest(since, note), pause(startWithinMs, undefined, { signal }).catch(() => undefined)]);
      limit.abort();
    },
    async query(query) {
      await writer.flush(freshWithinMs);
      if (writer.trouble !== null) throw fail('SERIES_UNAVAILABLE', { reason: writer.trouble });
      try {
        return await ask(query);
      } catch (thrown) {
        throw fail('SERIES_UNAVAILABLE', { reason: troubleOf(thrown) }, thrown);
      }
    },
    upkeep() {
      running ??= work(false);
      return running;
    },
    async compact() {
      await running;
      running ??= work(true);
      await running;
    },
    hold: async () => null,
    async erase(endpoints) {
      await writer.flush(eraseWithinMs);
      if (writer.trouble !== null) throw fail('SERIES_UNAVAILABLE', { reason: writer.trouble });
      await writer.trim();
      // A rollup that runs would write what it has read.
      await running;
      try {
        const there = new Map(Object.values(places() ?? (await settle())).map((place) => [place.database, place]));
        for (const { name } of endpoints) {
          for (const place of there.values()) await eraseFrom(computing, place, safeValue(name));
          refused.erase(safeValue(name));
        }
      } catch (thrown) {
        throw fail('SERIES_UNAVAILABLE', { reason: troubleOf(thrown) }, thrown);
      }
    },
    stats: () => ({
      segments: 0,
      segmentBytes: 0,
      samples: 0,
      quarantined: refused.count,
      trouble: writer.trouble ?? upkeepTrouble,
      lastCompactionAt,
    }),
    async close() {
      await writer.close(endWithinMs);
      closed = true;
      writing.close();
      computing.close();
      await running;
    },
  };
}
