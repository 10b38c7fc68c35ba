/** Addresses and ranges such as 10.0.0.7, 10.0.0.0/24 and fd00::/8. */
import { BlockList, isIP } from 'node:net';

/** What is wrong with one; null: nothing. Addresses alone: a name could be made to mean another machine. */
export function rangeFault(text: string): string | null {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  const isLength = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
  return family !== 0 && isLength && more === undefined
    ? null
    : 'is not an address; write one like 10.0.0.7, or a range like 10.0.0.0/24';
}

/** @param ranges without a fault */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIP(bare);
  if (family === 0) return false;
  const list = new BlockList();
  for (const range of ranges) {
    const [first = '', bits] = range.split('/');
    const kind = isIP(first) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(first, kind);
    else list.addSubnet(first, Number(bits), kind);
  }
  return list.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}
