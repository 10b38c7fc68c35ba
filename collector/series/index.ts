/** The backends there are. Adding one is a folder with its `open…`, a kind in the settings, and a line here. */
import type { SeriesConfig } from '../settings/settings.ts';
import { openEmbedded } from './embedded/embedded.ts';
import type { SeriesStore } from './series.ts';
import type { SeriesSettings } from './store.ts';

/** @param tagsOf `host` and `site` of an endpoint, for a backend that others read as well */
export async function openSeriesStore(
  config: SeriesConfig,
  settings: SeriesSettings,
  tagsOf: (endpoint: string) => Record<string, string>,
): Promise<SeriesStore> {
  if (config.kind === 'embedded') return openEmbedded(settings);
  const { openInflux } = await import('./influx/influx.ts');
  return openInflux({ ...settings, ...config, tagsOf });
}
