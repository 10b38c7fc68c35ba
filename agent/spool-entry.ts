/** One entry of the outbox, and its place in the order of all. */
import type { Loss } from '../shared/report.ts';
import { encode, inflate } from '../shared/wire.ts';

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

export interface LossRow {
  id: number;
  epoch: string;
  first: number;
  last: number;
  reason: Loss['reason'];
  count: number;
}

export const lossOf = (row: LossRow): Loss => ({
  epoch: row.epoch,
  from: row.first,
  to: row.last,
  reason: row.reason,
  count: row.count,
});

/** The message with all its times moved, and when it was made. */
export function movedInTime({ at, body }: Pick<SpoolEntry, 'at' | 'body'>, byMs: number): { at: number; body: Buffer } {
  const message = JSON.parse(Buffer.from(inflate(body)).toString('utf8'));
  const moved = { ...message, at: Math.max(0, message.at + byMs) };
  if (Array.isArray(message.metrics))
    moved.metrics = message.metrics.map((metric: { timestamp: number }) => ({
      ...metric,
      timestamp: Math.max(0, metric.timestamp + byMs),
    }));
  return { at: Math.max(0, at + byMs), body: encode(moved) };
}
