/** The kinds of backends; the first is the default. To add one: a file beside these, and a line here. */
import { embedded } from './embedded/embedded.ts';
import { influx } from './influx/kind.ts';
import type { SeriesKind } from './kind.ts';

export const seriesKinds: readonly [SeriesKind, ...SeriesKind[]] = [embedded, influx];
