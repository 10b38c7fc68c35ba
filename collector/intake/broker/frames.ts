/**
 * How large one MQTT packet may be. aedes buffers a packet until it is whole, before and after authentication, so half
 * a CONNECT that announces 48 MB would be collected byte by byte. The announced length is refused as soon as it is read.
 */
import { maxWireBytes } from '../../../shared/wire.ts';

/** Ids, a 43-character password and a will fit several times. */
const connectFrameBytes = 4096;
/** Twice the largest payload, so that a slightly oversized message is still quarantined and acknowledged. */
const frameBytes = 2 * maxWireBytes;

/** The parts of mqtt-packet's parser (9.0.2) that this relies on; tested in test/collector/intake/bad-input.test.ts. */
interface Parser {
  packet: { length: number };
  _parseLength(): boolean;
  emit(event: 'error', error: Error): boolean;
  prependListener(event: 'packet', listener: (packet: { cmd: string }) => void): void;
  error: Error | null;
}

/** @param client an aedes client, just made; `isKnown`: whether it has authenticated */
export function limitFrames(client: object, isKnown: () => boolean): void {
  const parser = (client as { _parser: Parser })._parser;
  const parseLength = parser._parseLength;
  parser._parseLength = function (this: Parser) {
    if (!parseLength.call(this)) return false;
    const limit = isKnown() ? frameBytes : connectFrameBytes;
    if (this.packet.length <= limit) return true;
    this.error = new Error(`a packet of ${this.packet.length} bytes was announced; at most ${limit} are taken`);
    this.emit('error', this.error);
    return false;
  };
}

/** Called for each packet that is no PUBLISH, before aedes gets it: pings and subscriptions have a cost, too. */
export function onOtherPackets(client: object, count: () => void): void {
  (client as { _parser: Parser })._parser.prependListener('packet', ({ cmd }) => {
    if (cmd !== 'publish') count();
  });
}
