/** What an agent may do on the wire, and why something is refused. Pure: packets in, a reason or null out. */
import type { IConnectPacket, IPublishPacket, ISubscription } from 'mqtt-packet';
import { quoted } from '../../../shared/safe-text.ts';
import { downLeaves, parseTopic, type UpLeaf, upLeaves } from '../../../shared/topics.ts';
import { limits } from '../../doors/limits.ts';

export interface Refusal {
  /** Label of a counter, so of low cardinality. */
  reason: string;
  /** The whole sentence, for the log. */
  text: string;
  /** CONNACK return code [MQTT-3.2.2-4]: 2 identifier rejected, 3 unavailable, 4 bad user name or password, 5 not authorised. */
  returnCode?: 2 | 3 | 4 | 5;
}

const { keepAlive, password } = limits.mqtt;

/** A CONNECT before its password is looked at. `packet` is as mqtt-packet parsed it. */
export function refuseConnect(packet: IConnectPacket): Refusal | null {
  const { clientId, username } = packet;
  const refusal = (reason: string, text: string, returnCode: 2 | 4 | 5 = 5) => ({ reason, text, returnCode });
  if (!clientId || clientId !== username)
    return refusal('client_id', 'the client id must be the id of the endpoint, and so must the user name', 2);
  if (!packet.password || packet.password.length > password)
    return refusal('no_password', `a password of at most ${password} bytes is needed`, 4);
  if (packet.clean !== true) return refusal('not_clean', 'only clean sessions are taken');
  // Not needed for liveness, but a session without a keep-alive would hold memory for ever.
  if (!packet.keepalive || packet.keepalive > keepAlive)
    return refusal('keep_alive', `the keep-alive must be 1 to ${keepAlive} s, it is ${packet.keepalive}`);
  if (packet.will) return refuseWill(clientId, packet.will);
  return null;
}

/** Of the presence that the broker would publish for it; null: none that can be read. */
export function sessionIn({ will }: IConnectPacket): string | null {
  try {
    const { session } = JSON.parse(String(will?.payload)) as { session?: unknown };
    return typeof session === 'string' ? session : null;
  } catch {
    return null;
  }
}

function refuseWill(endpoint: string, will: NonNullable<IConnectPacket['will']>): Refusal | null {
  const address = parseTopic(String(will.topic));
  if (address?.endpoint !== endpoint || address.leaf !== 'presence' || will.qos !== 1)
    return { reason: 'will', text: 'a will is taken for the own topic presence at QoS 1 only', returnCode: 5 };
  return null;
}

/** The leaf topic, or why publishing is refused. */
export function admitPublish(
  address: { endpoint: string; bucket: string },
  packet: Pick<IPublishPacket, 'topic' | 'qos' | 'retain'>,
): { leaf: UpLeaf } | Refusal {
  const topic = parseTopic(packet.topic);
  const refusal = (reason: string, text: string) => ({ reason, text });
  if (!topic) return refusal('topic', `the topic ${shown(packet.topic)} is not one of ours`);
  if (topic.endpoint !== address.endpoint || topic.bucket !== address.bucket)
    return refusal('foreign_topic', `the topic ${shown(packet.topic)} belongs to somebody else`);
  if (!isUp(topic.leaf)) return refusal('topic', `agents do not publish on ${topic.leaf}`);
  if (packet.qos === 2) return refusal('qos2', 'QoS 2 is not taken');
  if (packet.retain && topic.leaf !== 'presence') return refusal('retained', 'only presence may be retained');
  return { leaf: topic.leaf };
}

const shown = (topic: string) => quoted(topic.slice(0, 120));
const isUp = (leaf: string): leaf is UpLeaf => (upLeaves as readonly string[]).includes(leaf);

export function refuseSubscribe(
  address: { endpoint: string; bucket: string },
  { topic, qos }: Pick<ISubscription, 'topic' | 'qos'>,
): Refusal | null {
  const parsed = parseTopic(topic);
  const own = parsed?.endpoint === address.endpoint && parsed.bucket === address.bucket;
  if (own && (downLeaves as readonly string[]).includes(parsed.leaf) && qos <= 1) return null;
  return {
    reason: 'subscription',
    text: `a subscription to ${shown(topic)} at QoS ${qos} is not taken: only the own ack and config are`,
  };
}
