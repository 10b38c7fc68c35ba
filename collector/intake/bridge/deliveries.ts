/**
 * A PUBLISH that an external broker delivers: whose it is, whether it may pass, and what it waits for. The broker has checked
 * the password and, by its ACL, that an endpoint publishes under its own topics; the rest is checked here.
 *
 * All endpoints share one session and its window. So a message that has to wait for the budget of its endpoint is answered at
 * once, and waits here; beyond a number per endpoint it is dropped, and its agent, which got no `ack`, sends it again.
 */
import type { Clock } from '../../../shared/clock.ts';
import { bucketOf, parseTopic, type UpLeaf, upLeaves } from '../../../shared/topics.ts';
import { createAllowances } from '../../doors/allowance.ts';
import { limits } from '../../doors/limits.ts';
import { createHoldingBack } from '../broker/held.ts';
import type { Refuse } from '../broker/refusals.ts';
import type { SourceParts } from '../source.ts';
import { type BridgedEndpoint, createBridgedEndpoints } from './endpoints.ts';
import type { AckWindow } from './window.ts';

export interface Deliveries {
  take(topic: string, payload: Buffer, messageId: number | null, retain: boolean): void;
  /** How many endpoints are online, by what they said last. */
  connected(): number;
  /** Whether anything but retained messages has come since the last `started`. */
  hasHeard(): boolean;
  /** A session with the broker has begun. */
  started(): void;
  /** It has ended: wills that came just before were of the broker's end, not of their endpoints'. */
  ended(): void;
  /** What it said before does not count any more. */
  forget(endpoint: string): void;
}

export interface DeliveryRules {
  messagesPerSecond: number;
  messagesAtOnce: number;
  /** Of one endpoint, beyond its rate or a budget. */
  heldAtMost: number;
  /** A broker that ends publishes the wills of all: one counts only if the session is still there after this time, ms. */
  willAfterMs: number;
}

export const deliveryRules: DeliveryRules = {
  ...{ messagesPerSecond: 100, messagesAtOnce: 1000 },
  heldAtMost: 64,
  willAfterMs: 2000,
};

const nothing = () => undefined;
/** From this size on a message costs more than one of the rate, as it does at the embedded broker. */
const costsMoreAbove = 16_384;

export function createDeliveries(
  parts: Pick<SourceParts, 'onMessage' | 'onSubscribe' | 'onHeld' | 'budgets' | 'barred' | 'sessionOf' | 'held'> & {
    clock: Clock;
    rules: DeliveryRules;
    window: AckWindow;
    refuse: Refuse;
    puback(messageId: number): void;
    onCount(connected: number): void;
  },
): Deliveries {
  const { clock, rules, window, refuse } = parts;
  const holding = createHoldingBack(parts);
  const rate = createAllowances({
    perSecond: rules.messagesPerSecond,
    burst: rules.messagesAtOnce,
    monotonic: clock.monotonic,
  });
  const sessionOf = (endpoint: string) => (parts.sessionOf ? parts.sessionOf(endpoint) : null);
  let hasHeard = false;
  const { willAfterMs } = rules;
  const endpoints = createBridgedEndpoints({ ...parts, sessionOf, willAfterMs });

  /** Whose it is; null, and counted with the reason: nobody's that may send it. */
  function admit(topic: string, payload: Buffer, retain: boolean): { sender: BridgedEndpoint; leaf: UpLeaf } | null {
    const parsed = parseTopic(topic);
    const leaf = parsed?.leaf as UpLeaf;
    if (!parsed || !upLeaves.includes(leaf)) return refused('topic', topic, 'not one of the topics of agents');
    const { endpoint, bucket } = parsed;
    if (bucketOf(endpoint) !== bucket) return refused('foreign_topic', endpoint, `its bucket is not ${bucket}`);
    if (parts.held?.holds(bucket) === false) return null;
    if (sessionOf(endpoint) === undefined) {
      // Replaced by another endpoint: whoever signs on under the old id is told.
      if (leaf === 'presence' && !retain) parts.onSubscribe(endpoint, 'ack');
      return refused(
        'unknown_endpoint',
        endpoint,
        'it is retired or was never enrolled here, and the broker lets it in',
      );
    }
    if (retain && leaf !== 'presence')
      return refused('retained', endpoint, 'only presence may be retained: what a broker kept is older than it looks');
    if (payload.length > limits.mqtt.publish)
      return refused('oversize', endpoint, `${payload.length} bytes, more than ${limits.mqtt.publish}`);
    return { sender: endpoints.of(endpoint, bucket), leaf };
  }

  function refused(reason: string, from: string, text: string): null {
    refuse(reason, from, text);
    return null;
  }

  /** ms that it must wait for. */
  function waitFor(sender: BridgedEndpoint, size: number): number {
    const { endpoint } = sender.address;
    const rateMs = rate.take(endpoint, 1 + size / costsMoreAbove);
    if (rateMs > 0) {
      refuse('rate', endpoint, `more than ${rules.messagesPerSecond} messages a second; slowed down`);
      parts.budgets?.hold(endpoint, 'messages', rateMs);
    }
    const waitMs = Math.max(rateMs, parts.budgets?.waitFor(endpoint) ?? 0, sender.heldUntil - clock.monotonic());
    if (waitMs > 0) sender.heldUntil = clock.monotonic() + waitMs;
    return waitMs;
  }

  return {
    take(topic, payload, messageId, retain) {
      if (!retain) hasHeard = true;
      const answer = messageId === null ? nothing : () => parts.puback(messageId);
      const admitted = admit(topic, payload, retain);
      if (!admitted) return answer();
      const { sender, leaf } = admitted;
      const { endpoint } = sender.address;
      const message = { ...{ endpoint, leaf, topic, payload, from: '?' }, acknowledge: nothing, refuse: nothing };
      if (leaf === 'presence') {
        const pass = () => holding.pass(sender, { ...message, crowded: false }, 0);
        endpoints.takePresence(sender, payload, retain, pass);
        return answer();
      }
      endpoints.passKept(sender);
      if (sender.bar !== null) return answer();
      if (sender.held.length >= rules.heldAtMost) {
        parts.onHeld?.(endpoint);
        refuse(
          'held',
          endpoint,
          `more than ${rules.heldAtMost} messages of it wait; dropped, to be sent again by its agent`,
        );
        return answer();
      }
      const waitMs = waitFor(sender, payload.length);
      const waits = waitMs > 0 || sender.held.length > 0 || sender.isAdmitting;
      const crowded = window.isFull();
      // Only what goes on to the store now may take up the window that all share.
      const isPaced = !waits && !crowded && messageId !== null && (leaf === 'report' || leaf === 'backlog');
      if (!isPaced) answer();
      const done = isPaced ? window.enter(messageId, payload.length) : nothing;
      holding.pass(sender, { ...message, crowded, acknowledge: done, refuse: done }, waitMs);
    },
    connected: endpoints.connected,
    hasHeard: () => hasHeard,
    started() {
      hasHeard = false;
    },
    ended: endpoints.ended,
    forget: endpoints.forget,
  };
}
