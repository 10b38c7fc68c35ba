/**
 * The only place with topic strings: `ek/v1/<bucket>/<endpoint>/<leaf>`.
 *
 * The endpoint id equals the MQTT client id and user name. The bucket is two hex digits of a hash of the id, so that
 * several collectors can share a fleet by subscribing to the buckets that each has leased.
 */
export const upLeaves = ['report', 'backlog', 'presence', 'inventory', 'ask', 'applied'] as const;
export const downLeaves = ['ack', 'config'] as const;
export type UpLeaf = (typeof upLeaves)[number];
export type DownLeaf = (typeof downLeaves)[number];

export interface Address {
  bucket: string;
  endpoint: string;
}

const shape = /^ek\/v1\/([0-9a-f]{2})\/([a-z0-9]{8,32})\/([a-z]+)$/;

export function topicOf(address: Address, leaf: UpLeaf | DownLeaf): string {
  return `ek/v1/${address.bucket}/${address.endpoint}/${leaf}`;
}

/** The parts of one of our topics, or undefined for anything else (wildcards and `$SYS` included). */
export function parseTopic(topic: string): (Address & { leaf: UpLeaf | DownLeaf }) | undefined {
  const match = shape.exec(topic);
  if (!match) return undefined;
  const leaf = match[3] as UpLeaf | DownLeaf;
  if (!(upLeaves as readonly string[]).includes(leaf) && !(downLeaves as readonly string[]).includes(leaf))
    return undefined;
  return { bucket: match[1] as string, endpoint: match[2] as string, leaf };
}

/** FNV-1a over the id: spreads evenly, needs no library, and is the same on both sides and in other languages. */
export function bucketOf(endpoint: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < endpoint.length; i++) hash = Math.imul(hash ^ endpoint.charCodeAt(i), 0x01000193) >>> 0;
  return (hash & 0xff).toString(16).padStart(2, '0');
}
