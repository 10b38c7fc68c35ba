/** The contract of kinds of mirrors: what a receiver is sent, and what its refusals mean. To add one: a file, and a line in index.ts. */
import type { MetricsOwner } from '../../shared/metrics-prometheus.ts';
import type { Dictionary } from '../series/journal/dictionary.ts';

export interface MirrorSettings {
  /** Of one word; in metrics, the log and alerts. */
  name: string;
  kind: string;
  url: string;
  /** The whole header, or null. */
  authorization: string | null;
  /** For receivers that keep several tenants apart (Mimir): `X-Scope-OrgID`. */
  tenant: string | null;
  /** Most bytes that wait on the disk for it; beyond that the oldest are given up. */
  keepBytes: number;
}

/** One value as the journal has it, with the ids of the journal's names. */
export interface MirroredSample {
  endpoint: number;
  line: number;
  /** ms UTC */
  at: number;
  value: number;
}

export interface MirrorNames {
  dictionary: Pick<Dictionary, 'line' | 'endpointName'>;
  /** Of an endpoint that is not known any more its id alone. */
  ownerOf(endpoint: string): MetricsOwner;
}

/** What else is told of an endpoint than its samples: those are gauges of now, which do not wait. */
export interface EndpointNow extends MetricsOwner {
  isOnline: boolean;
  alerts: Readonly<Record<'critical' | 'warning' | 'info', number>>;
}

/**
 * What a refusal with 400 says of the samples. `order`: older than what the receiver takes of these series. `partly`: so many are lost and
 * the others are stored. `content`: at least one cannot be taken, and which is found out by halves.
 */
export type RefusedContent =
  | { is: 'order'; reason: 'out_of_order' | 'too_old' }
  | { is: 'partly'; lost: number; reason: 'too_old' | 'refused' }
  | { is: 'content' };

export interface MirrorFormat {
  headers: Readonly<Record<string, string>>;
  /** The address with what this form needs in it. */
  target(url: URL): URL;
  /** @returns null where the receiver has no form for any of them */
  encode(samples: readonly MirroredSample[]): Buffer | null;
  /** Null: it has no form for it. */
  encodeNow: ((endpoints: readonly EndpointNow[], at: number) => Buffer) | null;
  refusal(text: string): RefusedContent;
}

export interface MirrorKind {
  kind: string;
  /** The scheme of a token in the header `authorization`. */
  tokenScheme: 'Bearer' | 'Token';
  format(names: MirrorNames): MirrorFormat;
}
