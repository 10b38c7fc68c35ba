/**
 * What is kept, and where: the data folder, the state and the series in it or beside it, and who is known. Called by
 * `collector.ts`, and by `open-cluster.ts` for what all that runs in one collector shares.
 */
import { type DataFolder, openDataFolder } from './data/folder.ts';
import { guardData } from './data/guard.ts';
import { createFleet } from './fleet/endpoints.ts';
import { adoptReplaced } from './fleet/replace.ts';
import { openSeriesStore } from './open-series.ts';
import type { Close, OpenParts } from './parts.ts';
import type { Config } from './settings/settings.ts';
import { driverOf, type StatePlace } from './state/drivers/index.ts';
import { awaitState } from './state/open.ts';

export async function openStores(
  config: Config,
  { clock, log, stopped, leader }: OpenParts,
  onStop: (close: Close) => void,
) {
  const kept = leader ?? { folder: openFolder(config, onStop), place: null };
  const place = kept.place ?? config.state ?? { driver: 'sqlite', file: kept.folder.state };
  const { state, driver } = await openStateAt(place, kept.folder, { log, stopped }, onStop);
  const fleet = await createFleet({ state, clock, log });
  onStop(() => fleet.close());
  leader?.onFleet(fleet);
  const { series, mirrors } = leader ?? (await openSeriesIn(config, kept.folder, place, { clock, log, fleet }, onStop));
  await adoptReplaced(state, series);
  return { folder: kept.folder, state, driver, fleet, series, mirrors };
}

export function openFolder({ data }: Pick<Config, 'data'>, onStop: (close: Close) => void): DataFolder {
  const folder = openDataFolder(data);
  onStop(() => folder.release());
  return folder;
}

export async function openStateAt(
  place: StatePlace,
  { path }: Pick<DataFolder, 'path'>,
  { log, stopped }: Pick<OpenParts, 'log' | 'stopped'>,
  onStop: (close: Close) => void,
) {
  const state = await awaitState(place, log, stopped, undefined, path);
  onStop(() => state.destroy());
  const driver = await driverOf(place);
  onStop(await driver.attend(place, state, log, stopped));
  return { state, driver };
}

export async function openSeriesIn(
  config: Config,
  folder: DataFolder,
  place: StatePlace,
  parts: Pick<Parameters<typeof openSeriesStore>[1], 'clock' | 'log' | 'fleet'>,
  onStop: (close: Close) => void,
) {
  const guard = guardData(folder.path, parts.log);
  onStop(() => guard.close());
  const opened = await openSeriesStore(config, { ...parts, folder, problem: guard.problem });
  onStop(() => opened.series.close());
  // What is kept is there only now.
  for (const path of folder.kept) guard.keep(path);
  if (place.driver === 'sqlite') guard.keep(place.file);
  return opened;
}
