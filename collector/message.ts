/** A message of an agent on its way through the pipeline. */
import type { Applied } from '../shared/applied.ts';
import type { Ask } from '../shared/ask.ts';
import type { Presence } from '../shared/presence.ts';
import type { Report } from '../shared/report.ts';
import type { Section } from '../shared/section.ts';
import type { UpLeaf } from '../shared/topics.ts';
import type { Endpoint } from './fleet/fleet.ts';
import type { MessageIdentity } from './intake/identity.ts';

/** One message in the pipeline. Filled by the steps; `over` ends it early. */
export interface Message {
  readonly endpoint: Endpoint;
  readonly leaf: UpLeaf;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The network address that it comes from. */
  readonly from: string;
  /** ms UTC by the collector's wall clock. */
  readonly receivedAt: number;
  /** Called once when the message is durable or declared lost. */
  readonly acknowledge: () => void;
  /** Called instead where it is neither: no PUBACK, it is resent. */
  readonly refuse: () => void;
  /** Too much waits for the store already: evaluate it, do not keep it; it is resent later. */
  readonly crowded?: boolean;
  report?: Report;
  /** Of its metrics, at the same places, where they are known. */
  shapes?: readonly object[] | undefined;
  /** Endpoint clock minus collector clock, ms. */
  clockOffsetMs?: number | null;
  /** Bytes inflated, and their digest; left out where they could not be. */
  size?: number;
  digest?: number;
  /** Its number, where it could be found in a message that is refused. */
  identity?: MessageIdentity | undefined;
  /** Nothing in it could be stored. */
  isEmptied?: boolean;
  inventory?: Section;
  presence?: Presence;
  ask?: Ask;
  applied?: Applied;
  /** Only a new one is published. */
  taken?: 'new' | 'duplicate' | 'conflict';
}

/** What the next message of its endpoint has to wait for; nothing, nearly always. Never rejects. */
export type Admitting = Promise<void> | undefined;
