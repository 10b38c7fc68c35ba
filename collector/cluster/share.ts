/**
 * Which collector is to serve which bucket. Pure: all that run see the same list, and come to the same answer without
 * asking each other. Nobody has more than an even share, and one that comes or goes moves little else.
 */
import { bucketOf } from '../../shared/topics.ts';

export const buckets: readonly string[] = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

/** Each collector's rank for a bucket: a hash of both names, so that a bucket's second choice does not depend on who is first. */
function rank(name: string, bucket: string): number {
  let hash = 0x811c9dc5;
  for (const part of `${bucket} ${name} ${bucketOf(name)}`)
    hash = Math.imul(hash ^ (part.codePointAt(0) as number), 0x01000193) >>> 0;
  // The last letters alone would decide the order of names that differ in nothing else.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** @param names of the collectors that run. @returns bucket → name */
export function sharesOf(names: readonly string[]): Map<string, string> {
  const room = Math.ceil(buckets.length / Math.max(1, names.length));
  const left = new Map(names.map((name) => [name, room]));
  const shares = new Map<string, string>();
  const pairs = buckets.flatMap((bucket) => names.map((name) => ({ bucket, name, rank: rank(name, bucket) })));
  pairs.sort((a, b) => b.rank - a.rank || (a.name < b.name ? -1 : 1));
  for (const { bucket, name } of pairs) {
    const free = left.get(name) as number;
    if (free === 0 || shares.has(bucket)) continue;
    shares.set(bucket, name);
    left.set(name, free - 1);
  }
  return shares;
}
