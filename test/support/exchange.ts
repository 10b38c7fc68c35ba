/** A broker for collectors of this process: hands each message to the one that holds its bucket, as an external broker does by subscriptions. */
import type { OpenSource, SourceParts } from '../../collector/intake/source.ts';
import { bucketOf, type DownLeaf, topicOf, type UpLeaf } from '../../shared/topics.ts';

export interface Exchange {
  open: OpenSource;
  /** Resolves with what became of it; null where nobody holds its bucket. */
  publish(endpoint: string, leaf: UpLeaf, message: object): Promise<'acknowledged' | 'refused' | null>;
  /** What agents were sent. */
  sent: { endpoint: string; leaf: DownLeaf; message: unknown }[];
}

export function createExchange(): Exchange {
  const collectors = new Set<SourceParts>();
  const sent: Exchange['sent'] = [];
  return {
    sent,
    async open(parts) {
      collectors.add(parts);
      return {
        port: 0,
        connected: () => 0,
        send(endpoint, leaf, payload) {
          sent.push({ endpoint, leaf, message: payload.length === 0 ? null : JSON.parse(payload.toString('utf8')) });
          return true;
        },
        disconnect: () => undefined,
        close: async () => void collectors.delete(parts),
      };
    },
    publish(endpoint, leaf, message) {
      const bucket = bucketOf(endpoint);
      const to = [...collectors].filter(({ held }) => held?.holds(bucket));
      if (to.length > 1) throw new Error(`${to.length} collectors hold bucket ${bucket}`);
      const payload = Buffer.from(JSON.stringify(message), 'utf8');
      return new Promise((resolve) => {
        if (!to[0]) return resolve(null);
        to[0].onMessage({
          ...{ endpoint, leaf, payload, topic: topicOf({ endpoint, bucket }, leaf), from: '?', crowded: false },
          acknowledge: () => resolve('acknowledged'),
          refuse: () => resolve('refused'),
        });
      });
    },
  };
}
