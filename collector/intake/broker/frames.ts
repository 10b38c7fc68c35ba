/**
 * How large one MQTT packet may be. aedes buffers a packet until it is whole, before and after authentication, so half
 * a CONNECT that announces 48 MB would be collected byte by byte. The announced length is refused as soon as it is read.
 */
import { limits } from '../../doors/limits.ts';

const { frame, publish } = limits.mqtt;

interface Packet {
  cmd: string;
  subscriptions?: unknown[];
  unsubscriptions?: unknown[];
}

/** The parts of mqtt-packet's parser (9.0.2) that this relies on; tested in test/collector/intake/bad-input.test.ts. */
interface Parser {
  packet: { cmd: string; length: number };
  _parseLength(): boolean;
  emit(event: 'error', error: Error): boolean;
  prependListener(event: 'packet', listener: (packet: Packet) => void): void;
  error: Error | null;
}

class OversizeError extends Error {}

export const isOversize = (error: unknown) => error instanceof OversizeError;

/** @param client an aedes client, just made; `isKnown`: whether it has authenticated */
export function limitFrames(client: object, isKnown: () => boolean): void {
  const parser = (client as { _parser: Parser })._parser;
  const parseLength = parser._parseLength;
  parser._parseLength = function (this: Parser) {
    if (!parseLength.call(this)) return false;
    const limit = this.packet.cmd === 'publish' && isKnown() ? publish : frame;
    if (this.packet.length <= limit) return true;
    this.error = new OversizeError(`a packet of ${this.packet.length} bytes was announced; at most ${limit} are taken`);
    this.emit('error', this.error);
    return false;
  };
}

/**
 * Calls with what each packet that is no PUBLISH costs, in messages, before aedes gets it: pings have a cost, too, and a
 * SUBSCRIBE has one for each of its topics.
 */
export function onOtherPackets(client: object, count: (cost: number) => void): void {
  (client as { _parser: Parser })._parser.prependListener('packet', (packet) => {
    if (packet.cmd !== 'publish') count((packet.subscriptions ?? packet.unsubscriptions ?? [null]).length);
  });
}
