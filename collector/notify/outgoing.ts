/**
 * Which machines a channel may reach: those on the internet, and what the admin allows. A channel that could reach this
 * machine or the networks around it would lend its place in them to whoever chooses the address: a name changed in the
 * DNS is enough. So the addresses themselves are looked at, each time, by the lookup of the very connection they are for.
 */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { EvenkeelError, fail } from '../../shared/errors.ts';

export interface Outgoing {
  /** An address needs no lookup, so it is looked at here. @throws EvenkeelError TARGET_NOT_ALLOWED */
  check(host: string): void;
  /** For a socket: the addresses of a name that may be reached; TARGET_NOT_ALLOWED where there is none. */
  lookup: LookupFunction;
}

/** Not for the internet, by the registries of IANA for special purposes (RFC 6890). */
const inside4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
];
/** All but these is local, private or for many. The others have an address of IPv4 in them, which is looked at as well. */
const outside6 = ['2000::/3', '::ffff:0:0/96', '64:ff9b::/96'];
/** Documentation, and tunnels, which end at any address of IPv4. */
const inside6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const inside = listOf([...inside4, ...inside6, ...inside4.map(behindGateway)]);
const outside = listOf(outside6);

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

function behindGateway(range: string): string {
  const [address, bits] = range.split('/');
  return `64:ff9b::${address}/${96 + Number(bits)}`;
}

/** fe80::1%eth0 is an address of fe80::/10. */
const withoutZone = (address: string) => address.split('%', 1)[0] as string;
const has = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** `[::1]` of a URL, `mail.example.org.`, `Mail.example.org`: as `allow` has them. */
const plainHost = (host: string) =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

const isPublic = (address: string) => !has(inside, address) && (isIP(address) === 4 || has(outside, address));

/** @param allow addresses, ranges, and names of hosts; see `outgoing.allow` in settings.ts */
export function createOutgoing(allow: readonly string[], system: typeof resolve = resolve): Outgoing {
  const ranges = allow.filter((entry) => isIP(entry.split('/', 1)[0] as string) !== 0);
  const allowed = listOf(ranges);
  const names = new Set(allow.filter((entry) => !ranges.includes(entry)).map(plainHost));
  const isOpen = (written: string) => {
    const address = withoutZone(written);
    return isPublic(address) || has(allowed, address);
  };

  return {
    check(host) {
      const address = plainHost(host);
      if (isIP(address) !== 0 && !isOpen(address)) throw notAllowed(address);
    },
    lookup(host, { all, ...options }, done) {
      system(host, { ...options, all: true }, (error: Error | null, found: LookupAddress[]) => {
        if (error) return done(error, '');
        const open = names.has(plainHost(host)) ? found : found.filter(({ address }) => isOpen(address));
        const [first] = open;
        if (first === undefined) done(notAllowed(targetOf(host, found)), '');
        else if (all) done(null, open);
        else done(null, first.address, first.family);
      });
    },
  };
}

/** An address is found as itself, and named once. */
function targetOf(host: string, found: readonly LookupAddress[]): string {
  const addresses = found.map(({ address }) => address).join(', ');
  return isIP(host) === 0 ? `${host} (${addresses})` : host;
}

const notAllowed = (target: string) => fail('TARGET_NOT_ALLOWED', { target });

export const isNotAllowed = (thrown: unknown): thrown is EvenkeelError =>
  thrown instanceof EvenkeelError && thrown.code === 'TARGET_NOT_ALLOWED';

/** Why a host may not be reached at present, and what to do. A name that is unknown now is left alone. */
export function problemOf({ lookup }: Pick<Outgoing, 'lookup'>, host: string): Promise<string | null> {
  return new Promise((done) => {
    lookup(plainHost(host), {}, (error) => done(isNotAllowed(error) ? `${error.message} ${error.hint}` : null));
  });
}
