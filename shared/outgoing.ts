/**
 * Which machines a channel may reach: those on the internet, and what the admin allows; which ones a check from outside
 * may reach: only what the admin allows. Whoever chooses an address would otherwise borrow this machine's place in its
 * networks: a name changed in the DNS is enough. So the addresses themselves are looked at, each time, by the lookup of
 * the very connection they are for.
 */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { EvenkeelError, fail } from './errors.ts';

export interface Outgoing {
  /** An address needs no lookup, so it is looked at here. @throws EvenkeelError TARGET_NOT_ALLOWED, TARGET_NEVER_ALLOWED; so does `lookup` */
  check(host: string): void;
  /** For a socket: the addresses of a name that may be reached; an error where there is none. */
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

const isPublic = (address: string) =>
  !has(inside, address) && !isNever(address) && (isIP(address) === 4 || has(outside, address));

/** @param allow addresses, ranges, and names of hosts; see `outgoing.allow` in collector/settings/settings.ts */
export function createOutgoing(allow: readonly string[], system: typeof resolve = resolve): Outgoing {
  const { ranges, names } = divide(allow);
  const allowed = listOf(ranges);
  const isOpen = (address: string) => isPublic(address) || has(allowed, address);
  return outgoingOver((address, isNamed) => !isNever(address) && (isNamed || isOpen(address)), names, system);
}

/** Where clouds hand out the credentials of a machine, and what is valid on one cable only. */
const never = listOf(['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32', '168.63.129.16', '100.100.100.200']);
const isNever = (address: string): boolean => has(never, embedded(address));
/** An address or range that no setting opens, neither for channels nor for checks of targets. */
export const isNeverReached = (range: string): boolean => {
  const [address = ''] = range.split('/');
  return isIP(withoutZone(address)) !== 0 && isNever(withoutZone(address));
};
const loopback = listOf(['127.0.0.0/8', '0.0.0.0/8', '::1', '::']);
/** The word for every address of the internet. */
export const internet = 'internet';

/**
 * For checks from outside, whose addresses are set by people or come over the network: nothing but what is allowed. No
 * entry opens the addresses of `never`, as for channels; loopback needs one that begins there, so that `0.0.0.0/0` does not mean this machine.
 */
export function createReach(allow: readonly string[], system: typeof resolve = resolve): Outgoing {
  const { ranges, names } = divide(allow);
  const isOfLoopback = (range: string) => {
    const [address = '', bits = '128'] = range.split('/');
    return has(loopback, address) && Number(bits) >= 8;
  };
  const own = listOf(ranges.filter(isOfLoopback));
  const others = listOf(ranges.filter((range) => !isOfLoopback(range)));
  const hasInternet = allow.includes(internet);
  return outgoingOver(
    (address, isNamed) => {
      const plain = embedded(address);
      if (isNever(address)) return false;
      if (has(loopback, plain)) return isNamed || has(own, plain);
      return isNamed || has(others, plain) || (hasInternet && isPublic(address));
    },
    names,
    system,
  );
}

/** The address of IPv4 in one of IPv6 (`::ffff:a9fe:a9fe`), or the address itself. */
function embedded(address: string): string {
  if (isIP(address) !== 6 || !has(mapped, address)) return address;
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [high = 0, low = 0] = written
    .split(':')
    .slice(-2)
    .map((part) => Number.parseInt(part, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

const mapped = listOf(['::ffff:0:0/96', '64:ff9b::/96']);

function divide(allow: readonly string[]): { ranges: string[]; names: ReadonlySet<string> } {
  const ranges = allow.filter((entry) => isIP(entry.split('/', 1)[0] as string) !== 0);
  const names = allow.filter((entry) => !ranges.includes(entry) && entry !== internet);
  return { ranges, names: new Set(names.map(plainHost)) };
}

function outgoingOver(
  isOpenTo: (address: string, isNamed: boolean) => boolean,
  names: ReadonlySet<string>,
  system: typeof resolve,
): Outgoing {
  const isOpen = (written: string, isNamed: boolean) => isOpenTo(withoutZone(written), isNamed);
  return {
    check(host) {
      const address = plainHost(host);
      if (isIP(address) !== 0 && !isOpen(address, false)) throw notAllowed(address, [address]);
    },
    lookup(host, { all, ...options }, done) {
      system(host, { ...options, all: true }, (error: Error | null, found: LookupAddress[]) => {
        if (error) return done(error, '');
        const isNamed = names.has(plainHost(host));
        const open = found.filter(({ address }) => isOpen(address, isNamed));
        const [first] = open;
        const addresses = found.map(({ address }) => address);
        if (first === undefined) done(notAllowed(targetOf(host, addresses), addresses), '');
        else if (all) done(null, open);
        else done(null, first.address, first.family);
      });
    },
  };
}

/** An address is found as itself, and named once. */
const targetOf = (host: string, found: readonly string[]): string =>
  isIP(host) === 0 ? `${host} (${found.join(', ')})` : host;

/** Nobody is told to allow what no setting opens. */
const notAllowed = (target: string, addresses: readonly string[]) =>
  fail(addresses.every(isNeverReached) ? 'TARGET_NEVER_ALLOWED' : 'TARGET_NOT_ALLOWED', { target });

export const isNotAllowed = (thrown: unknown): thrown is EvenkeelError =>
  thrown instanceof EvenkeelError && (thrown.code === 'TARGET_NOT_ALLOWED' || thrown.code === 'TARGET_NEVER_ALLOWED');

/** Why a host may not be reached at present, and what to do. A name that is unknown now is left alone. */
export function problemOf({ lookup }: Pick<Outgoing, 'lookup'>, host: string): Promise<string | null> {
  return new Promise((done) => {
    lookup(plainHost(host), {}, (error) => done(isNotAllowed(error) ? `${error.message} ${error.hint}` : null));
  });
}
