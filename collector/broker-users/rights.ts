/** What each user of a broker may do there, in topics; every form of it is made of these. */
import {
  type Address,
  bucketOf,
  type DownLeaf,
  downLeaves,
  topicOf,
  type UpLeaf,
  upLeaves,
} from '../../shared/topics.ts';

export interface TopicRights {
  publish: string[];
  /** Filters: the collector's have wildcards. */
  subscribe: string[];
}

const topics = (address: Address, leaves: readonly (UpLeaf | DownLeaf)[]) =>
  leaves.map((leaf) => topicOf(address, leaf));

/** Its own topics, and no others. */
export function rightsOfEndpoint(endpoint: string): TopicRights {
  const address = { endpoint, bucket: bucketOf(endpoint) };
  return { publish: topics(address, upLeaves), subscribe: topics(address, downLeaves) };
}

/** The reverse, of all endpoints: of whichever buckets it serves. */
export function rightsOfCollector(): TopicRights {
  const every = { endpoint: '+', bucket: '+' };
  return { publish: topics(every, downLeaves), subscribe: topics(every, upLeaves) };
}
