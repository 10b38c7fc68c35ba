/**
 * Where each resolution is kept: databases and their retention, made where they are missing and where the user may.
 * InfluxDB 2 and 3 have no statements for it: there people make the buckets, and are told which.
 */
import { formatDuration } from '../../../shared/duration.ts';
import type { Log } from '../../../shared/log.ts';
import { type Resolution, resolutions, type SeriesRetention } from '../span.ts';
import { type InfluxClient, InfluxError, type InfluxPlace, type InfluxSettings } from './client.ts';

export type InfluxPlaces = Record<Resolution, InfluxPlace>;

/** Of the policy, and of a database that is not the one of the settings. */
const suffixOf: Record<Resolution, string> = { raw: '', '5m': '_5m', '1h': '_1h' };
const policyOf: Record<Resolution, string> = { raw: 'evenkeel_raw', '5m': 'evenkeel_5m', '1h': 'evenkeel_1h' };
const databaseFor = (database: string, resolution: Resolution): string => database + suffixOf[resolution];

export const quoted = (name: string): string => `"${name.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;

const hour = 3_600_000;
const day = 24 * hour;
/** InfluxDB removes whole shards: these are its own widths. */
const shardMs = (keptMs: number): number => (keptMs < 2 * day ? hour : keptMs <= 180 * day ? day : 7 * day);
const minutes = (ms: number): string => `${Math.ceil(ms / 60_000)}m`;

export const databasesOf = (database: string): string[] => resolutions.map((one) => databaseFor(database, one));

/** What people have to make where InfluxDB makes nothing by statements. */
export const bucketsFor = (database: string, retention: SeriesRetention): string =>
  resolutions
    .map((resolution) => `${databaseFor(database, resolution)} (${formatDuration(retention[resolution])})`)
    .join(', ');

/** Whether a server without statements is behind it. */
export const isBare = (places: InfluxPlaces | null): boolean => places !== null && places.raw.policy === undefined;

/** @throws InfluxError, with the statement that an administrator can run where the user may not */
export async function prepare(
  client: InfluxClient,
  { database, username }: InfluxSettings,
  retention: SeriesRetention,
  log: Log,
): Promise<InfluxPlaces> {
  const ask = async (statement: string, on: string) => (await client.query([statement], { database: on }))[0] ?? [];
  const run = async (statement: string, on: string) => {
    try {
      return await ask(statement, on);
    } catch (thrown) {
      if (!(thrown instanceof InfluxError) || thrown.kind !== 'denied') throw thrown;
      throw new InfluxError('denied', `${thrown.message}; as an administrator run: ${statement}`, thrown);
    }
  };
  const policiesOf = async (name: string) => {
    const rows = await ask(`show retention policies on ${quoted(name)}`, name);
    return new Map(rows.flatMap(({ values }) => values.map(([policy, kept]) => [String(policy), String(kept)])));
  };
  const change = async (policy: string, kept: string, keptMs: number, statement: string, on: string) => {
    try {
      await run(statement, on);
    } catch (thrown) {
      if (!(thrown instanceof InfluxError) || ['away', 'failing'].includes(thrown.kind)) throw thrown;
      const wanted = formatDuration(keptMs);
      log.warn({ policy, kept, wanted, reason: thrown.message }, 'InfluxDB keeps samples for another time');
    }
  };
  /** The place of one resolution in a database that is there. */
  const settle = async (on: string, resolution: Resolution, known: ReadonlyMap<string, string>) => {
    const policy = policyOf[resolution];
    const keptMs = retention[resolution];
    const found = known.get(policy);
    // A database that was there before keeps its default policy: our retention would delete the points of others.
    const statement = (verb: string) =>
      `${verb} retention policy ${quoted(policy)} on ${quoted(on)} duration ${minutes(keptMs)}` +
      ` replication 1 shard duration ${minutes(shardMs(keptMs))}`;
    if (found === undefined) await run(statement('create'), on);
    else if (msOf(found) !== Math.ceil(keptMs / 60_000) * 60_000)
      await change(policy, found, keptMs, statement('alter'), on);
    return { database: on, policy };
  };
  const make = async (on: string, resolution: Resolution) => {
    const keptMs = retention[resolution];
    const policy = policyOf[resolution];
    // One statement: of two collectors that begin at once, the second one finds what it would make.
    await run(
      `create database ${quoted(on)} with duration ${minutes(keptMs)} replication 1` +
        ` shard duration ${minutes(shardMs(keptMs))} name ${quoted(policy)}`,
      on,
    );
    log.info({ database: on, username }, 'The database was made in InfluxDB');
    return { database: on, policy };
  };

  const asBuckets = Object.fromEntries(
    resolutions.map((resolution) => [resolution, { database: databaseFor(database, resolution) }]),
  ) as InfluxPlaces;
  try {
    const databases = await ask('show databases', database);
    const isThere = (name: string) => databases.some(({ values }) => values.some(([one]) => one === name));
    const known = isThere(database) ? await policiesOf(database) : new Map<string, string>();
    // Made by a version that kept rollups in policies of the one database: they stay there, as does what is in them.
    const isTogether = known.has(policyOf['5m']) && known.has(policyOf['1h']);
    const places: Partial<InfluxPlaces> = {};
    for (const resolution of resolutions) {
      const on = isTogether ? database : databaseFor(database, resolution);
      if (!isThere(on)) places[resolution] = await make(on, resolution);
      else places[resolution] = await settle(on, resolution, on === database ? known : await policiesOf(on));
    }
    return places as InfluxPlaces;
  } catch (thrown) {
    if (!(thrown instanceof InfluxError) || thrown.kind !== 'unknown') throw thrown;
    return asBuckets;
  }
}

/** InfluxDB writes `336h0m0s`; 0s is for ever. */
function msOf(duration: string): number {
  const [, h = '0', m = '0', s = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [];
  return ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000;
}
