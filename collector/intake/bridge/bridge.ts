/**
 * Messages of agents by an external broker (Mosquitto, EMQX, HiveMQ, any MQTT 3.1.1). Agents and wire are the same; only our
 * `ack` tells an agent that something is durable, because the PUBACK of such a broker only means that the broker has it, or,
 * in MQTT 3.1.1, that its ACL has thrown it away.
 *
 * The session is a clean one: what comes while no collector listens is dropped by the broker, and sent again by its agent, which
 * got no `ack`. A kept session would queue at the broker what agents keep anyway, up to a limit of its own, for buckets that
 * may be another collector's by then.
 */
import { randomBytes } from 'node:crypto';
import { reasonOf } from '../../../shared/errors.ts';
import { bucketOf, topicOf, upLeaves } from '../../../shared/topics.ts';
import { createRefusals } from '../broker/refusals.ts';
import type { IntakeSource, OpenSource, SourceParts } from '../source.ts';
import { createDeliveries, type DeliveryRules, deliveryRules } from './deliveries.ts';
import { type BrokerPlace, type BrokerSession, openSession } from './session.ts';
import { createAckWindow } from './window.ts';

export interface BridgeSettings extends BrokerPlace {
  /** Where agents connect. */
  agentsUrl: string;
  rules?: Partial<DeliveryRules>;
  /** Between tries, ms: the longest. */
  retryAtMostMs?: number;
  /** Connected, and nothing comes from those that were online: after this it is said, ms. */
  silentAfterMs?: number;
}

const sweepMs = 500;
/** Buckets per SUBSCRIBE, six topics each: a packet of 10 kB. */
const bucketsAtOnce = 64;
const firstRetryMs = 1000;
/** Of a connection that held this long the next try is again the first. */
const stableMs = 60_000;

const defaults = { retryAtMostMs: 30_000, silentAfterMs: 120_000 };

/** The source at a broker of somebody else. It opens although the broker is away: what is said then is in `onTrouble`. */
export const bridgeTo =
  (settings: BridgeSettings): OpenSource =>
  async (parts) =>
    createBridge({ ...defaults, ...settings }, parts);

const topicsOf = (bucket: string): string[] => upLeaves.map((leaf) => `ek/v1/${bucket}/+/${leaf}`);

/** All 256 buckets are one subscription per leaf: a broker matches each message against those that there are. */
const every = '+';

function createBridge(settings: BridgeSettings & typeof defaults, parts: SourceParts): IntakeSource {
  const { clock, log, counters, held } = parts;
  const { url, username } = settings;
  const shown = `${url.protocol}//${url.host}`;
  let session: BrokerSession | null = null;
  let openedAt: number | null = null;
  let isListening = false;
  let failures = 0;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;
  let trouble: string | null = null;

  const puback = (messageId: number) => session?.puback(messageId);
  const window = createAckWindow({ puback, monotonic: clock.monotonic, counters });
  const refuse = createRefusals({ clock, log, counters });
  const deliveries = createDeliveries({
    ...parts,
    ...{ rules: { ...deliveryRules, ...settings.rules }, window, refuse, puback },
    onCount: (connected) => counters.connections.set(connected),
  });

  function say(problem: string | null): void {
    if (problem === trouble) return;
    trouble = problem;
    if (problem === null) log.info({ broker: shown }, 'Messages come by the external broker');
    else log.error({ broker: shown, trouble: problem }, 'No messages come by the external broker');
    parts.onTrouble?.(problem);
  }

  function connect(): void {
    // Random: two collectors with one id would throw each other out for ever.
    const clientId = `evenkeel-${randomBytes(8).toString('hex')}`;
    const current = openSession(settings, clientId, {
      onOpen() {
        openedAt = clock.monotonic();
        deliveries.started();
        void listen(current);
      },
      onMessage: (topic, payload, messageId, retain) => deliveries.take(topic, payload, messageId, retain),
      onEnd: (reason) => end(current, reason),
    });
    session = current;
  }

  async function listen(current: BrokerSession): Promise<void> {
    try {
      const refused = await subscribe(current, held ? held.all() : [every]);
      if (current !== session) return;
      if (refused.length > 0) throw new Error(refusedWords(refused));
      isListening = true;
      say(null);
    } catch (thrown) {
      if (current !== session) return;
      // In this order: what is said is the reason, not the end that follows from it.
      end(current, reasonOf(thrown));
      current.close();
    }
  }

  /** @returns topics that the broker does not let this user read */
  async function subscribe(current: BrokerSession, buckets: readonly string[]): Promise<string[]> {
    const refused: string[] = [];
    for (let n = 0; n < buckets.length; n += bucketsAtOnce)
      refused.push(...(await current.subscribe(buckets.slice(n, n + bucketsAtOnce).flatMap(topicsOf))));
    return refused;
  }

  const refusedWords = (topics: readonly string[]) =>
    `it does not let the user "${username}" subscribe to ${topics[0]}${topics.length > 1 ? ` and ${topics.length - 1} more` : ''}; see its ACL, and \`broker-config\``;

  function end(ended: BrokerSession, reason: string): void {
    if (ended !== session) return;
    session = null;
    isListening = false;
    const stood = openedAt === null ? 0 : clock.monotonic() - openedAt;
    openedAt = null;
    window.reset();
    deliveries.ended();
    if (isClosed) return;
    if (stood >= stableMs) failures = 0;
    const most = Math.min(settings.retryAtMostMs, firstRetryMs * 2 ** Math.min(failures++, 20));
    // Never at once: whatever refuses is asked again and again.
    const waitMs = most / 2 + (Math.random() * most) / 2;
    say(`the broker ${shown} is not usable: ${reason}`);
    retry = setTimeout(connect, waitMs);
    retry.unref();
  }

  function sweep(): void {
    window.sweep();
    if (!isListening || openedAt === null) return;
    if (deliveries.hasHeard()) {
      say(null);
      return;
    }
    const expected = parts.expected?.() ?? 0;
    if (expected === 0 || clock.monotonic() - openedAt < settings.silentAfterMs) return;
    say(
      `the broker ${shown} takes the subscriptions of the user "${username}", and in ${Math.round(settings.silentAfterMs / 1000)} s nothing has come of ${expected} endpoints that were online: its ACL may not let "${username}" read ek/v1/+/+/report, or endpoints publish there; or they connect elsewhere than ${settings.agentsUrl}`,
    );
  }

  const stopFollowing = held?.onChange(({ gained, lost }) => {
    const current = session;
    if (!current || openedAt === null) return;
    for (const bucket of lost) current.unsubscribe(topicsOf(bucket));
    if (gained.length === 0) return;
    subscribe(current, gained).then(
      (refused) => {
        if (refused.length > 0) say(`the broker ${shown} is not usable: ${refusedWords(refused)}`);
      },
      (thrown: unknown) => {
        if (current !== session) return;
        end(current, reasonOf(thrown));
        current.close();
      },
    );
  });

  const timer = setInterval(sweep, sweepMs);
  timer.unref();
  connect();

  return {
    port: portOf(settings.agentsUrl),
    connected: deliveries.connected,
    hears: () => isListening,
    send(endpoint, leaf, payload, retained = false) {
      const bucket = bucketOf(endpoint);
      // To those of other collectors as well: settings come from whoever decides about the whole fleet.
      if (!session) return false;
      // What is kept must arrive; of acks the next one says all of this one.
      const qos = retained ? 1 : 0;
      const isTaken = session.publish(topicOf({ endpoint, bucket }, leaf), payload, { qos, retain: retained });
      if (!isTaken && leaf === 'ack') counters.droppedAcks.inc();
      return isTaken;
    },
    disconnect: deliveries.forget,
    async close() {
      isClosed = true;
      clearInterval(timer);
      clearTimeout(retry);
      stopFollowing?.();
      session?.close();
      session = null;
    },
  };
}

function portOf(address: string): number {
  const { port, protocol } = new URL(address);
  return port === '' ? (protocol === 'mqtts:' ? 8883 : 1883) : Number(port);
}
