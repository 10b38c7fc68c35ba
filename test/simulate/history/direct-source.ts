/** Connections of simulated endpoints without a network between them and the collector: its clock is not the network's. */
import type { OpenSource, SourceParts } from '../../../collector/intake/source.ts';
import { type Address, topicOf, type UpLeaf } from '../../../shared/topics.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface DirectSource {
  open: OpenSource;
  /** @throws Error where the collector does not know them */
  connect(endpoint: string, secret: string): Address;
  publish(address: Address, leaf: UpLeaf, message: object): void;
  /** Everything published is durable. @throws Error when something was refused, or is not answered */
  settled(): Promise<void>;
}

/** Far more turns of the event loop than any message needs. */
const turnsAtMost = 10_000;

export function createDirectSource(time: VirtualTime): DirectSource {
  let collector: SourceParts | undefined;
  const connected = new Set<string>();
  const open = new Set<object>();
  let refused: string | null = null;

  return {
    async open(parts) {
      collector = parts;
      return {
        port: 0,
        connected: () => connected.size,
        // Acknowledgements and settings: nothing here is sent twice, and the rhythm is the script's.
        send: () => false,
        disconnect: (endpoint) => void connected.delete(endpoint),
        async close() {
          collector = undefined;
        },
      };
    },
    connect(endpoint, secret) {
      const address = collector?.authenticate(endpoint, secret);
      if (!address) throw new Error(`The collector does not accept the credential of ${endpoint}.`);
      connected.add(endpoint);
      return address;
    },
    publish(address, leaf, message) {
      const topic = topicOf(address, leaf);
      const payload = Buffer.from(JSON.stringify(message));
      const answered = { topic };
      open.add(answered);
      const answer = (problem: string | null) => () => {
        open.delete(answered);
        refused ??= problem;
      };
      collector?.onMessage({
        ...{ endpoint: address.endpoint, leaf, topic, payload, from: '127.0.0.1', crowded: false },
        ...{ acknowledge: answer(null), refuse: answer(`${topic} was refused`) },
      });
    },
    async settled() {
      await time.turn();
      for (let turns = 0; open.size > 0; turns++) {
        if (turns > turnsAtMost) throw new Error(`The collector has not answered ${open.size} messages.`);
        await time.turn();
      }
      // What follows from them for alerts and tickets.
      for (let turns = 0; turns < 4; turns++) await time.turn();
      if (refused !== null) throw new Error(`The collector keeps nothing of this: ${refused}`);
    },
  };
}
