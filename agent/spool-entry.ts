/** One entry of the outbox, and its place in the order of all. */
import type { Loss } from '../shared/report.ts';

export type SpoolKind = 'report' | 'inventory';

/** Place of an entry in the order of all. */
export type SpoolKey = Pick<SpoolEntry, 'era' | 'seq'>;
export const isAfter = (a: SpoolKey, b: SpoolKey) => a.era > b.era || (a.era === b.era && a.seq > b.seq);

/** One message, ready for the wire. `era` orders epochs by age; with `seq` it orders everything. */
export interface SpoolEntry {
  era: number;
  epoch: string;
  seq: number;
  kind: SpoolKind;
  /** ms UTC, of the measurement. */
  at: number;
  body: Uint8Array;
}

/** The message under its identity; `lost` are the loss records that it has to carry. */
export type Compose = (identity: { epoch: string; seq: number; lost: Loss[] }) => object;
