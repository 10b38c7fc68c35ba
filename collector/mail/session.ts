/** One connection to the mailbox: what lies in it is taken message by message, and moved only after it was committed. */
import { type FetchMessageObject, ImapFlow } from 'imapflow';
import type { Log } from '../../shared/log.ts';
import type { MailTrouble } from '../../shared/mail-in.ts';
import type { MailPlace, Taken } from './books.ts';
import { readMail, UnreadableMail } from './read.ts';
import type { MailInPlace } from './settings.ts';
import type { createTaking } from './take.ts';

const MiB = 1024 * 1024;
/** Of a message that is too big: its head and the first text. */
const beginningBytes = 256 * 1024;
const atOnce = 50;
const dayMs = 86_400_000;

export function imapClient({ host, port, tls, user, password, sizeAtMost }: MailInPlace): ImapFlow {
  const client = new ImapFlow({
    ...{ host, port, secure: tls === 'tls', auth: { user, pass: password }, logger: false },
    ...(tls === 'tls' ? {} : { doSTARTTLS: tls === 'starttls' }),
    ...{ connectionTimeout: 15_000, greetingTimeout: 10_000, socketTimeout: 5 * 60_000 },
    // A server that announces more than was asked for is not believed.
    ...{ maxLiteralSize: sizeAtMost + MiB, maxResponseSize: sizeAtMost + 2 * MiB, maxLineLength: 4 * MiB },
    ...{ disableCompression: true, autoIdleDelay: 500, maxIdleTime: 4 * 60_000, clientInfo: { name: 'Evenkeel' } },
  });
  // What goes wrong ends the command that waits, or the connection; without a listener it would end the process.
  client.on('error', () => undefined);
  return client;
}

export const mailboxOf = ({ user, host, port, folder }: MailInPlace): string => `${user}@${host}:${port}/${folder}`;

interface SessionParts {
  place: MailInPlace;
  taking: ReturnType<typeof createTaking>;
  log: Log;
  /** Messages that came before are left where they are. */
  since: number;
  mayGoOn(): boolean;
}

/** @returns how many stay because the hour is full */
export async function takeAll(client: ImapFlow, parts: SessionParts): Promise<number> {
  const { place, since, mayGoOn } = parts;
  const { mailbox } = client;
  if (!mailbox) return 0;
  const found = await client.search({ since: new Date(since - dayMs) }, { uid: true });
  const uids = (found || []).sort((a, b) => a - b);
  for (let from = 0; from < uids.length; from += atOnce) {
    const some = uids.slice(from, from + atOnce).join(',');
    const messages = await client.fetchAll(
      some,
      { uid: true, size: true, internalDate: true, envelope: true },
      { uid: true },
    );
    for (const [n, message] of messages.sort((a, b) => a.uid - b.uid).entries()) {
      if (!mayGoOn()) return 0;
      if (instantOf(message.internalDate) < since) continue;
      const at = {
        mailbox: mailboxOf(place),
        validity: String(mailbox.uidValidity),
        uid: message.uid,
        size: message.size ?? 0,
      };
      const taken = await takeOne(client, parts, at, message);
      if (taken === 'waits') return uids.length - from - n;
      await moveTo(client, message.uid, taken === 'aside' ? place.asideTo : place.moveTo, parts.log);
    }
  }
  return 0;
}

const instantOf = (date: Date | string | undefined): number => new Date(date ?? 0).getTime() || 0;

async function takeOne(
  client: ImapFlow,
  { taking, place, log }: SessionParts,
  at: MailPlace,
  { envelope }: FetchMessageObject,
): Promise<Taken> {
  const before = await taking.known(at, '');
  if (before) return before.outcome === 'aside' || before.why === 'too_big' ? 'aside' : 'taken';
  const address = envelope?.from?.[0]?.address?.toLowerCase().slice(0, 320) ?? null;
  const head = { sender: address === null ? null : { name: '', address }, subject: envelope?.subject ?? '' };
  try {
    // Before it is fetched: a storm costs no more than its heads.
    if (address !== null && (await taking.isTooMany(address))) return await taking.putAside(at, head, 'too_many');
    if (await taking.isHourFull()) return 'waits';
    const isWhole = at.size <= place.sizeAtMost;
    const query = { source: { start: 0, maxLength: isWhole ? place.sizeAtMost : beginningBytes } };
    const fetched = await client.fetchOne(String(at.uid), query, { uid: true });
    // Somebody else has moved or deleted it meanwhile.
    if (!fetched || fetched.source === undefined) return 'taken';
    const source = { bytes: fetched.source, isWhole };
    const taken = await taking.take(at, await readMail(source), source);
    return isWhole ? taken : taken === 'taken' ? 'aside' : taken;
  } catch (thrown) {
    if (thrown instanceof UnreadableMail) return await taking.putAside(at, head, thrown.why);
    // The connection, or our own state: not the fault of the message.
    if (!client.usable || isOwnFailure(thrown)) throw thrown;
    log.error({ err: thrown, uid: at.uid, sender: address }, 'A message could not become a ticket, and was put aside');
    return await taking.putAside(at, head, 'refused');
  }
}

/** A state that does not answer would put every message aside. */
const isOwnFailure = (thrown: unknown): boolean => {
  const { code = '', errcode } = (thrown ?? {}) as { code?: unknown; errcode?: number };
  return errcode !== undefined || /^(?:E[A-Z]+|SQLITE|57|08|53|40|DISK_FULL)/.test(String(code));
};

async function moveTo(client: ImapFlow, uid: number, folder: string, log: Log): Promise<void> {
  const moved = await client.messageMove(String(uid), folder, { uid: true });
  if (moved === false) log.warn({ uid, folder }, 'A message that was taken could not be moved; it is tried again');
}

/** Those for what was taken and what was put aside. */
export async function makeFolders(client: ImapFlow, { moveTo: taken, asideTo }: MailInPlace): Promise<void> {
  for (const folder of [taken, asideTo]) await client.mailboxCreate(folder);
}

/** What it is that does not work. Pure. */
export function troubleOf(thrown: unknown): { trouble: MailTrouble; said: string | null } {
  const error = (thrown ?? {}) as {
    code?: unknown;
    message?: unknown;
    authenticationFailed?: boolean;
    mailboxMissing?: boolean;
    responseText?: unknown;
    serverResponseCode?: unknown;
  };
  const code = String(error.code ?? '');
  const said = [error.responseText, error.message].find((one) => typeof one === 'string' && one !== '') as
    | string
    | undefined;
  const trouble: MailTrouble =
    error.authenticationFailed === true
      ? 'password'
      : /^(?:ENOTFOUND|EAI_AGAIN)$/.test(code)
        ? 'host'
        : code === 'ECONNREFUSED'
          ? 'refused'
          : /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO|TLS|STARTTLS/i.test(`${code} ${said ?? ''}`)
            ? 'tls'
            : /TIMEOUT|ETIMEDOUT/i.test(code)
              ? 'timeout'
              : error.mailboxMissing === true || error.serverResponseCode === 'NONEXISTENT'
                ? 'folder'
                : /NoConnection|ECONNRESET|EPIPE|EConnectionClosed|ClosedAfterConnect/i.test(code)
                  ? 'gone'
                  : 'other';
  return { trouble, said: said?.slice(0, 300) ?? null };
}
