/** The database and its retention policies, made where they are missing and where the user may. */
import { formatDuration } from '../../../shared/duration.ts';
import type { Log } from '../../../shared/log.ts';
import { type Resolution, resolutions, type SeriesRetention } from '../span.ts';
import { type InfluxClient, InfluxError, type InfluxSettings } from './client.ts';

export const policyOf: Record<Resolution, string> = { raw: 'evenkeel_raw', '5m': 'evenkeel_5m', '1h': 'evenkeel_1h' };

export const quoted = (name: string): string => `"${name.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;

const hour = 3_600_000;
const day = 24 * hour;
/** InfluxDB removes whole shards: these are its own widths. */
const shardMs = (keptMs: number): number => (keptMs < 2 * day ? hour : keptMs <= 180 * day ? day : 7 * day);
const minutes = (ms: number): string => `${Math.ceil(ms / 60_000)}m`;

/** @throws InfluxError, with the statement that an administrator can run where the user may not */
export async function prepare(
  client: InfluxClient,
  { database, username }: InfluxSettings,
  retention: SeriesRetention,
  log: Log,
): Promise<void> {
  const run = async (statement: string) => {
    try {
      return await client.query([statement]);
    } catch (thrown) {
      if (!(thrown instanceof InfluxError) || thrown.kind !== 'denied') throw thrown;
      throw new InfluxError('denied', `${thrown.message}; as an administrator run: ${statement}`, thrown);
    }
  };
  const [databases = []] = await client.query(['show databases']);
  const isThere = databases.some(({ values }) => values.some(([name]) => name === database));
  if (!isThere) {
    await run(`create database ${quoted(database)}`);
    log.info({ database, username }, 'The database was made in InfluxDB');
  }
  const [policies = []] = await client.query([`show retention policies on ${quoted(database)}`]);
  const known = new Map(policies.flatMap(({ values }) => values.map(([name, kept]) => [String(name), String(kept)])));
  for (const resolution of resolutions) {
    const name = policyOf[resolution];
    const keptMs = retention[resolution];
    const found = known.get(name);
    if (found !== undefined && msOf(found) === Math.ceil(keptMs / 60_000) * 60_000) continue;
    const verb = found === undefined ? 'create' : 'alter';
    // A database that was there before keeps its default policy: our retention would delete the points of others.
    const asDefault = resolution === 'raw' && !isThere ? ' default' : '';
    const statement =
      `${verb} retention policy ${quoted(name)} on ${quoted(database)} duration ${minutes(keptMs)}` +
      ` replication 1 shard duration ${minutes(shardMs(keptMs))}${asDefault}`;
    if (found === undefined) {
      await run(statement);
      continue;
    }
    try {
      await run(statement);
    } catch (thrown) {
      if (!(thrown instanceof InfluxError) || thrown.kind === 'away') throw thrown;
      const wanted = formatDuration(keptMs);
      log.warn(
        { policy: name, kept: found, wanted, reason: thrown.message },
        'InfluxDB keeps samples for another time',
      );
    }
  }
}

/** InfluxDB writes `336h0m0s`; 0s is for ever. */
function msOf(duration: string): number {
  const [, h = '0', m = '0', s = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [];
  return ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000;
}
