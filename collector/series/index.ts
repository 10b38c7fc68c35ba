/** The series stores there are. Adding one is a folder with its `open`, and a line here. */
import { openEmbedded } from './embedded/embedded.ts';

export const seriesStores = {
  embedded: openEmbedded,
} as const;

export type SeriesStoreName = keyof typeof seriesStores;
