/** The backends there are. Adding one is a folder with its `OpenBackend`, and a line here. */
import { openEmbedded } from './embedded/embedded.ts';

export const seriesStores = {
  embedded: openEmbedded,
} as const;
