/** Opens the series store of the settings, and the mirrors that get each of its blocks as well. Called by `open-stores.ts` alone. */
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import type { EvenkeelError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { DataFolder } from './data/folder.ts';
import type { Endpoint } from './fleet/fleet.ts';
import type { Rows } from './fleet/rows.ts';
import type { EndpointNow } from './mirrors/mirror.ts';
import { createMirrors } from './mirrors/mirrors.ts';
import type { Config } from './settings/settings.ts';

interface OpenSeriesParts {
  folder: Pick<DataFolder, 'path' | 'series'>;
  fleet: { get(endpoint: string): Partial<Pick<Endpoint, 'name' | 'kind' | 'site'>> | undefined };
  clock: Clock;
  log: Log;
  problem: () => EvenkeelError | null;
}

export async function openSeriesStore(config: Config, parts: OpenSeriesParts) {
  const { series: place, mirrors: settings, retention, cluster } = config;
  const { folder, fleet, clock, log, problem } = parts;
  const mirrors = createMirrors({
    ...{ settings, file: join(folder.path, 'mirrors.db'), clock, log },
    ownerOf(id) {
      const { name = id, kind = '', site = null } = fleet.get(id) ?? {};
      return { id, name, kind, site };
    },
  });
  const kept = { raw: retention.rawMs, '5m': retention.fiveMinutesMs, '1h': retention.oneHourMs };
  const opening = {
    folder: folder.series,
    clock,
    log,
    retention: kept,
    tap: mirrors.tap,
    problem,
    isShared: cluster !== null,
  };
  const series = await place.open(opening, (id) => {
    const { name = id, site = null } = fleet.get(id) ?? {};
    return site === null ? { host: name } : { host: name, site };
  });
  return { series, mirrors };
}

/** What mirrors are told of endpoints beside their samples. */
export const endpointsNow = (rows: Pick<Rows, 'all'>) => (): EndpointNow[] =>
  rows
    .all()
    .map(({ id, name, kind, site, state, alerts }) => ({ id, name, kind, site, isOnline: state === 'online', alerts }));
