/**
 * For a broker that asks about each log-in and topic: whether it may be. An answer costs one SHA-256 at most and no query, so nothing of
 * it needs to be kept.
 */
import { bucketOf, type DownLeaf, downLeaves, parseTopic, type UpLeaf, upLeaves } from '../../shared/topics.ts';
import { sameText } from '../accounts/secret.ts';
import type { Fleet } from '../fleet/fleet.ts';

/** `ignore`: not a user of ours; whoever the broker asks next decides. */
export type BrokerVerdict = 'allow' | 'deny' | 'ignore';

export interface AskedLogIn {
  username: string;
  clientid: string;
  password: string;
}

export interface AskedTopic {
  username: string;
  clientid: string;
  /** Of a subscription a filter. */
  topic: string;
  action: 'publish' | 'subscribe';
  retain: boolean;
}

export interface Verdicts {
  /** By which the broker shows that it is the one. */
  isBroker(secret: string): boolean;
  logIn(asked: AskedLogIn): BrokerVerdict;
  topic(asked: AskedTopic): BrokerVerdict;
}

/** As ids are made (../accounts/secret.ts), of endpoints that are known or not. */
const likeEndpoint = /^e[a-z2-9]{15}$/;
/** A filter of the collector: its buckets or all, all endpoints. */
const collectorFilter = /^ek\/v1\/(?:\+|[0-9a-f]{2})\/\+\/([a-z]+)$/;

const has = <T extends string>(leaves: readonly T[], leaf: string): leaf is T =>
  (leaves as readonly string[]).includes(leaf);

export function createVerdicts(parts: {
  fleet: Pick<Fleet, 'get' | 'movedTo' | 'authenticate'>;
  secret: string;
  collector: { username: string; password: string };
}): Verdicts {
  const { fleet, secret, collector } = parts;

  /** One that was replaced is told its new id under the old one. */
  function isIn(id: string): boolean {
    const endpoint = fleet.movedTo(id) ?? fleet.get(id);
    return endpoint !== undefined && endpoint.retiredAt === null && (endpoint.againAt ?? null) === null;
  }

  function ofCollector({ topic, action, retain }: AskedTopic): boolean {
    if (action === 'subscribe') return has<UpLeaf>(upLeaves, collectorFilter.exec(topic)?.[1] ?? '');
    const parsed = parseTopic(topic);
    return parsed !== undefined && has<DownLeaf>(downLeaves, parsed.leaf) && (!retain || parsed.leaf === 'config');
  }

  function ofEndpoint({ username, topic, action, retain }: AskedTopic): boolean {
    const parsed = parseTopic(topic);
    if (parsed?.endpoint !== username || parsed.bucket !== bucketOf(username)) return false;
    if (action === 'subscribe') return has<DownLeaf>(downLeaves, parsed.leaf);
    // What a broker keeps is older than it looks.
    return has<UpLeaf>(upLeaves, parsed.leaf) && (!retain || parsed.leaf === 'presence');
  }

  return {
    isBroker: (given) => sameText(given, secret),
    logIn({ username, clientid, password }) {
      if (username === collector.username) return sameText(password, collector.password) ? 'allow' : 'deny';
      if (!likeEndpoint.test(username)) return 'ignore';
      // Under another client id it could throw out somebody else.
      const isRight = fleet.authenticate(username, password);
      return isRight && clientid === username && isIn(username) ? 'allow' : 'deny';
    },
    topic(asked) {
      if (asked.username === collector.username) return ofCollector(asked) ? 'allow' : 'deny';
      if (!likeEndpoint.test(asked.username)) return 'ignore';
      return isIn(asked.username) && ofEndpoint(asked) ? 'allow' : 'deny';
    },
  };
}
