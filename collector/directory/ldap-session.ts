/**
 * One look into a directory server. It is read whole or not at all: who is missing in a part of it would be taken for
 * somebody who has left. Nothing that people typed is ever part of a filter, and referrals are not followed.
 */
import { connect, isIP, type NetConnectOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import {
  Client,
  FilterParser,
  PagedResultsControl,
  type SearchEntry,
  SearchRequest,
  type SearchResponse,
  StatusCodeParser,
} from 'ldapts';
import { LdapFault, type LdapStep, ldapRefusal } from './ldap-refusals.ts';
import type { LdapPlace } from './ldap-settings.ts';

/** As it stands there: text or bytes, by names in small letters. */
export interface LdapEntry {
  dn: string;
  values(attribute: string): readonly Buffer[];
}

export interface LdapRead {
  people: LdapEntry[];
  /** Null: they are not asked for. */
  computers: LdapEntry[] | null;
  /** Parts that other servers keep. */
  referrals: number;
}

/**
 * On the wire, of one page and of all: the attributes that are asked for take some hundred bytes per person. The library
 * copies a message once more for each piece of it that comes, so that a long one would cost minutes.
 */
const bytesAtMost = { page: 8 * 1024 * 1024, whole: 64 * 1024 * 1024 } as const;
const pageSize = 500;
/** A server may send a page without entries and go on; one that never ends is stopped. */
const pagesAtMost = 1000;
/** Of all pages together. */
const wholeMs = 5 * 60_000;

/** @throws EvenkeelError LDAP_FAILED */
export async function readLdapServer(place: LdapPlace, signal: AbortSignal): Promise<LdapRead> {
  const at: { step: LdapStep } = { step: 'connect' };
  const link = linkTo(place, AbortSignal.any([signal, AbortSignal.timeout(wholeMs)]));
  const { client } = link;
  const tlsOptions = tlsOf(place);
  async function work(): Promise<LdapRead> {
    if (place.tls === 'starttls') {
      at.step = 'starttls';
      await client.startTLS(tlsOptions);
    }
    at.step = 'bind';
    // Without a name: a server that wants one says so here.
    await client.bind(place.bind?.name ?? '', place.bind?.password ?? '');
    at.step = 'search';
    const { attributes, computers } = place;
    const found = await search(link, { ...place, attributes: ['cn', ...Object.values(attributes)] });
    if (found.entries.length === 0) throw new LdapFault('nobody');
    const machines =
      computers === null
        ? null
        : await search(link, { ...place, ...computers, attributes: [computers.name, computers.person] }).catch(
            (thrown: unknown) => Promise.reject(new LdapFault('computers', thrown)),
          );
    const referrals = found.referrals + (machines?.referrals ?? 0);
    return { people: found.entries, computers: machines?.entries ?? null, referrals };
  }
  try {
    return await Promise.race([work(), link.broken]);
  } catch (thrown) {
    throw ldapRefusal(thrown, place, at.step);
  } finally {
    link.close();
  }
}

/** What the certificate must be for. */
const tlsOf = ({ host, ca }: LdapPlace): ConnectionOptions => ({
  host,
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(ca === null ? {} : { ca }),
  minVersion: 'TLSv1.2',
});

/**
 * One connection and never another: the library connects anew by itself, without encryption after StartTLS and without a
 * log-in. What comes is counted before it takes it in.
 */
function linkTo(place: LdapPlace, signal: AbortSignal) {
  const sockets: (Socket | TLSSocket)[] = [];
  let [whole, page, messages] = [0, 0, 1000];
  let fail: (why: unknown) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  broken.catch(() => undefined);
  function end(why: unknown): void {
    fail(why);
    for (const socket of sockets) socket.destroy();
  }
  function watched<Opened extends Socket>(socket: Opened): Opened {
    sockets.push(socket);
    socket.on('data', (chunk: Buffer) => {
      whole += chunk.length;
      page += chunk.length;
      if (page > bytesAtMost.page || whole > bytesAtMost.whole) end(new LdapFault('bytes'));
    });
    return socket;
  }
  function onlyOnce(): void {
    if (sockets.length > 0) throw new LdapFault('gone');
  }
  const onAbort = () => end(new LdapFault('timeout'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const client = new Client({
    ...{ url: place.url, timeout: place.timeoutMs, connectTimeout: place.timeoutMs },
    ...(place.tls === 'tls' ? { tlsOptions: tlsOf(place) } : {}),
    createConnection: ((port: number, host: string) => {
      onlyOnce();
      return watched(connect({ port, host } satisfies NetConnectOpts));
    }) as typeof connect,
    createSecureConnection: ((first: number | ConnectionOptions, host?: string, options?: ConnectionOptions) => {
      if (typeof first !== 'number') return watched(connectTls(first));
      onlyOnce();
      return watched(connectTls(first, host, options));
    }) as typeof connectTls,
  });
  return {
    ...{ client, broken },
    /** @returns the number of its message, beyond those that the library counts for the log-in */
    nextPage(): number {
      page = 0;
      return ++messages;
    },
    close() {
      signal.removeEventListener('abort', onAbort);
      for (const socket of sockets) socket.on('error', () => undefined).destroy();
    },
  };
}

type LdapLink = ReturnType<typeof linkTo>;

interface LdapQuery {
  base: string;
  filter: string;
  attributes: readonly string[];
  atMost: number;
  timeoutMs: number;
}

/**
 * Page by page, until the server says that it was the last: the library's own paging ends at the first page without
 * entries, which servers may send before the end, and takes a cut list for a whole one where a limit was given.
 */
async function search({ client, nextPage }: LdapLink, { base, filter, attributes, atMost, timeoutMs }: LdapQuery) {
  const wire = client as unknown as { _send(request: SearchRequest): Promise<SearchResponse> };
  const entries: LdapEntry[] = [];
  let referrals = 0;
  let cookie = Buffer.alloc(0);
  for (let page = 0; page < pagesAtMost; page++) {
    const control = new PagedResultsControl({ value: { size: pageSize, cookie } });
    const request = new SearchRequest({
      ...{ messageId: nextPage(), baseDN: base, scope: 'sub', derefAliases: 'never' },
      ...{ filter: FilterParser.parseString(filter), attributes: [...new Set(attributes)], controls: [control] },
      ...{ sizeLimit: 0, timeLimit: Math.ceil(timeoutMs / 1000), returnAttributeValues: true },
      explicitBufferAttributes: [],
    });
    const response = await wire._send(request);
    if (response.status !== 0) throw StatusCodeParser.parse(response);
    entries.push(...response.searchEntries.map(entryOf));
    referrals += response.searchReferences.length;
    if (entries.length > atMost) throw new LdapFault('many');
    const answered = response.controls?.find((one) => one instanceof PagedResultsControl)?.value?.cookie;
    if (!answered?.length) return { entries, referrals };
    cookie = Buffer.from(answered);
  }
  throw new LdapFault('timeout');
}

function entryOf({ name, attributes }: SearchEntry): LdapEntry {
  const of = new Map(attributes.map((one) => [one.type.toLowerCase(), one.parsedBuffers]));
  return { dn: name, values: (attribute) => of.get(attribute.toLowerCase()) ?? [] };
}
