/** Messages to agents: acknowledgements, settings, and that another endpoint has replaced theirs. */
import type { Ack, AgentConfig, AskAnswer } from '../../shared/report.ts';
import type { DownLeaf } from '../../shared/topics.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { IntakeCounters } from './counters.ts';
import type { IntakeSource } from './source.ts';

export interface Downlink {
  /** The source that sends; nothing is sent before it is set. */
  through(source: IntakeSource): void;
  acknowledge(endpoint: string, ack: Ack): void;
  /** To what its agent has asked. */
  answer(endpoint: string, answer: AskAnswer): void;
  /** Sends the endpoint its settings, where there are any. */
  configure(endpoint: string): void;
  /** An empty message: a broker that keeps the last one forgets it. */
  forget(endpoint: string): void;
  /** The endpoint has subscribed: sends what it missed. */
  onSubscribe(endpoint: string, leaf: DownLeaf): void;
}

const coversNothing: Ack = { epoch: '0'.repeat(32), through: 0, also: [] };

export function createDownlink(parts: {
  fleet: Fleet;
  counters: IntakeCounters;
  now(): number;
  configOf?: ((endpoint: Endpoint) => AgentConfig | undefined) | undefined;
}): Downlink {
  const { fleet, counters } = parts;
  let source: IntakeSource | undefined;

  const send = (endpoint: string, leaf: DownLeaf, message: Ack | AgentConfig, retained = false): boolean =>
    source?.send(endpoint, leaf, Buffer.from(JSON.stringify(message), 'utf8'), retained) ?? false;

  function configure(id: string): void {
    const endpoint = fleet.get(id);
    const config = endpoint && parts.configOf?.(endpoint);
    if (config) send(id, 'config', config, true);
  }

  /** Sent at once, because messages under the old id are not accepted. */
  function publishMoved(id: string): void {
    const now = fleet.movedTo(id);
    if (!now) return;
    send(id, 'ack', { ...coversNothing, moved: { endpoint: now.id, bucket: now.bucket, name: now.name } });
  }

  return {
    through(opened) {
      source = opened;
    },
    acknowledge(endpoint, ack) {
      if (send(endpoint, 'ack', { ...ack, at: parts.now() })) counters.acks.inc();
    },
    answer: (endpoint, answer) => void send(endpoint, 'ack', { ...coversNothing, answer }),
    configure,
    forget: (id) => void source?.send(id, 'config', Buffer.alloc(0), true),
    onSubscribe(id, leaf) {
      if (leaf === 'config') configure(id);
      else publishMoved(id);
    },
  };
}
