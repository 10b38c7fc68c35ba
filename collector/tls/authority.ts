/** The authority of this collector: how it begins, when the server certificate is made again, how one authority follows another. */
import { X509Certificate } from 'node:crypto';
import { fail } from '../../shared/errors.ts';
import { certificatesIn, leafMs, makeCertificate, makeKey, pinOf, rootMs, timesFrom } from './certificates.ts';
import { type AuthorityFile, folderOf, forgetKeys, readAuthority, readKey, writeAuthority, writeKey } from './store.ts';
import type { ServedTls } from './told.ts';

const day = 86_400_000;
/** Of the 90 days that a server certificate is valid. */
const renewAfterMs = 60 * day;
const serverKeyMs = 365 * day;
/** How long the authority before the current one is trusted beside it at least. */
export const keepOldMs = 45 * day;

export const expiresAt = (certificate: string) => new X509Certificate(certificate).validToDate.getTime();

async function issue(
  data: string,
  { current, server }: Pick<AuthorityFile, 'current'> & { server: { key: string } },
  names: readonly string[],
  now: number,
): Promise<string> {
  return makeCertificate({
    ...{ what: 'leaf', names, key: readKey(data, server.key, 'this server'), issuer: current },
    ...{ issuerKey: readKey(data, pinOf(current), 'the authority'), ...timesFrom(now, leafMs) },
  });
}

async function makeRoot(data: string, name: string, now: number): Promise<string> {
  const key = makeKey();
  const root = await makeCertificate({ what: 'root', name, key, ...timesFrom(now, rootMs) });
  writeKey(data, key);
  return root;
}

/**
 * @param given what a person named; it is kept
 * @param names of the server certificate
 * @throws EvenkeelError TLS_EXISTS, TLS_NOT_MADE, TLS_UNUSABLE
 */
export async function initAuthority(
  data: string,
  given: readonly string[],
  names: readonly string[],
  now: number,
): Promise<AuthorityFile> {
  if (readAuthority(data)) throw fail('TLS_EXISTS', { path: folderOf(data) });
  const about = names[0] as string;
  const [current, next] = [await makeRoot(data, about, now), await makeRoot(data, about, now)];
  const [key, nextKey] = [writeKey(data, makeKey()), writeKey(data, makeKey())];
  const server = { certificate: await issue(data, { current, server: { key } }, names, now), names: [...names] };
  const file: AuthorityFile = {
    ...{ v: 1, version: 1, names: [...given], current, next, old: null, cross: null },
    server: { ...server, issuedAt: now, key, nextKey, keySince: now },
  };
  try {
    writeAuthority(data, null, file);
  } catch (thrown) {
    // Another one was quicker: its keys stay, ours go.
    const other = readAuthority(data);
    if (!other) throw thrown;
    forgetKeys(data, pinsKept(other));
    throw fail('TLS_EXISTS', { path: folderOf(data) }, thrown);
  }
  return file;
}

/** Why the server certificate has to be made again now; null: it need not. */
export function dueFor(file: AuthorityFile, names: readonly string[], now: number): string | null {
  const { server } = file;
  if (JSON.stringify(server.names) !== JSON.stringify(names)) return 'names';
  if (!new X509Certificate(server.certificate).checkIssued(new X509Certificate(file.current))) return 'authority';
  return now >= server.issuedAt + renewAfterMs || now >= expiresAt(server.certificate) ? 'age' : null;
}

/** Another server certificate; the key stays, for lines that were copied, and changes with the prepared one after a year. */
export async function renewServer(
  data: string,
  file: AuthorityFile,
  names: readonly string[],
  now: number,
): Promise<AuthorityFile> {
  const keys =
    now < file.server.keySince + serverKeyMs
      ? file.server
      : { key: file.server.nextKey, nextKey: writeKey(data, makeKey()), keySince: now };
  const { key, nextKey, keySince } = keys;
  const certificate = await issue(data, { ...file, server: { key } }, names, now);
  const server = { certificate, names: [...names], issuedAt: now, key, nextKey, keySince };
  const renewed = { ...file, server };
  writeAuthority(data, file, renewed);
  forgetKeys(data, pinsKept(renewed));
  return renewed;
}

const pinsKept = ({ current, next, old, server }: AuthorityFile) => [
  ...[current, next, ...(old ? [old.root] : [])].map(pinOf),
  ...[server.key, server.nextKey],
];

/**
 * The next authority becomes the current one, below a certificate that the old one signs: who knows only the old one
 * accepts it, however long they were away.
 * @param missing agents that have not taken the change before, in words; null: it is not known
 * @throws EvenkeelError TLS_OLD_TRUSTED while a change is under way; TLS_UNUSABLE without the key of the next one
 */
export async function rotate(
  data: string,
  file: AuthorityFile,
  now: number,
  missing: string | null = null,
): Promise<AuthorityFile> {
  if (file.old && file.old.droppedAt === undefined) {
    const { since } = file.old;
    const from = since + keepOldMs;
    const against = [
      ...(now < from ? [`it is not over before ${dayOf(from)}`] : []),
      missing ?? 'agents take it from a collector that runs, and this one does not',
    ];
    throw fail('TLS_OLD_TRUSTED', { since: dayOf(since), against: against.join('; ') });
  }
  const names = file.server.names;
  readKey(data, pinOf(file.next), 'the next authority; it may lie offline');
  const cross = await makeCertificate({
    ...{ what: 'cross', root: file.next, issuer: file.current },
    ...{
      issuerKey: readKey(data, pinOf(file.current), 'the authority'),
      ...timesFrom(now, expiresAt(file.current) - now),
    },
  });
  const turned = await turn(data, file, now);
  const changed = { ...turned, old: { root: file.current, since: now }, cross };
  return finish(data, file, changed, names, now);
}

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** All agents have the new one: the old one is trusted no more, and what it signed stays for who was away. */
export function dropOld(data: string, file: AuthorityFile, now: number): AuthorityFile {
  if (!file.old) return file;
  const changed = { ...file, version: file.version + 1, old: { ...file.old, droppedAt: now } };
  writeAuthority(data, file, changed);
  return changed;
}

export const mayDropOld = ({ old }: AuthorityFile, now: number): boolean =>
  old !== null && old.droppedAt === undefined && now >= old.since + keepOldMs;

/**
 * The key of the current authority is in other hands: nothing that it signed counts any more. Agents find the next one by the
 * pin that they were given when all was well.
 */
export async function abandon(data: string, file: AuthorityFile, now: number): Promise<AuthorityFile> {
  const turned = await turn(data, file, now);
  // Whoever has the key of the authority may have had the folder.
  const server = { ...file.server, key: writeKey(data, makeKey()), nextKey: writeKey(data, makeKey()), keySince: now };
  return finish(data, file, { ...turned, abandonedAt: now, old: null, cross: null, server }, file.server.names, now);
}

async function turn(data: string, file: AuthorityFile, now: number): Promise<AuthorityFile> {
  readKey(data, pinOf(file.next), 'the next authority; it may lie offline');
  const next = await makeRoot(data, file.server.names[0] as string, now);
  return { ...file, version: file.version + 1, current: file.next, next };
}

async function finish(
  data: string,
  before: AuthorityFile,
  changed: AuthorityFile,
  names: readonly string[],
  now: number,
): Promise<AuthorityFile> {
  const server = { ...changed.server, certificate: await issue(data, changed, names, now), issuedAt: now };
  const file = { ...changed, server };
  writeAuthority(data, before, file);
  forgetKeys(data, pinsKept(file));
  return file;
}

/** @throws EvenkeelError TLS_UNUSABLE */
export function servedBy(data: string, file: AuthorityFile): ServedTls {
  return {
    cert: file.server.certificate + (file.cross ?? ''),
    key: readKey(data, file.server.key, 'this server'),
    roots: [file.current, ...(file.old && file.old.droppedAt === undefined ? [file.old.root] : [])],
    authorities: [file.current, ...(file.old ? [file.old.root] : [])],
    pins: [pinOf(file.current), pinOf(file.next)],
    serverPins: [file.server.key, file.server.nextKey],
    version: file.version,
  };
}

/** With a certificate from outside. */
export function servedFrom(tls: { cert: string; key: string; ca: string | null }): ServedTls {
  const roots = certificatesIn(tls.ca ?? '');
  return {
    ...{ cert: tls.cert, key: tls.key, roots, pins: roots.map(pinOf) },
    ...{ serverPins: [pinOf(tls.cert)], authorities: roots, version: 0 },
  };
}
