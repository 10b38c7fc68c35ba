/**
 * The mailbox of the desk: looked at when its server says that something came, and each `poll_s` anyway; reached again with
 * growing pauses. What it keeps stands in the state alone, so any end of the process is one that it goes on from.
 */
import type { ImapFlow } from 'imapflow';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { AsideReason, MailInView, MailTrial, MailTrouble } from '../../shared/mail-in.ts';
import { imapClient, mailboxOf, makeFolders, takeAll, troubleOf } from './session.ts';
import { type MailInPlace, shownMailIn } from './settings.ts';
import { createTaking, type TakingParts } from './take.ts';

export interface MailIn {
  /** Null: none is set. */
  view(): Promise<MailInView | null>;
  /** Logs in and looks; changes nothing. Null: none is set. */
  test(): Promise<MailTrial | null>;
  start(): void;
  stop(): Promise<void>;
}

export interface MailInParts extends Omit<TakingParts, 'place'> {
  place: MailInPlace | null;
  log: Log;
  /** False once another collector may send in place of this one. */
  maySend(): boolean;
  /** It was restored, and a person is to look first. */
  isHeld(): boolean;
  /** 0 ≤ x < 1. */
  random?(): number;
}

const dayMs = 86_400_000;
const heldMs = 10_000;
const [firstPauseMs, longestPauseMs] = [1_000, 5 * 60_000];
/** A server that is asked too often with a wrong password locks the account. */
const deniedMs = 15 * 60_000;
/** The clocks of two machines. */
const beforeMs = 10 * 60_000;
const shownAside = 20;

interface MailInStatus {
  state: MailInView['state'];
  trouble: MailTrouble | null;
  said: string | null;
  troubleSince: number | null;
  checkedAt: number | null;
  waiting: number;
}

const off: MailIn = { view: async () => null, test: async () => null, start() {}, stop: async () => undefined };

export function createMailIn({ place, ...parts }: MailInParts): MailIn {
  if (place === null) return off;
  const { state, clock, log, random = Math.random } = parts;
  const taking = createTaking({ ...parts, place });
  const stopped = new AbortController();
  const status: MailInStatus = {
    ...{ state: 'starting', trouble: null, said: null, troubleSince: null, checkedAt: null, waiting: 0 },
  };
  let running: Promise<void> | undefined;
  let client: ImapFlow | undefined;

  const mayGoOn = () => !stopped.signal.aborted && parts.maySend() && !parts.isHeld();

  let wake = (): void => undefined;
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake(), stopped.signal.aborted ? 0 : ms);
      wake = () => {
        clearTimeout(timer);
        wake = () => undefined;
        resolve();
      };
    });
  }

  /** From when on messages are taken: what lay there before the first start stays. */
  async function since(): Promise<number> {
    const key = `mail_in_since/${mailboxOf(place as MailInPlace)}`.slice(0, 500);
    const row = state.selectFrom('settings').select('value').where('key', '=', key);
    const value = String(clock.now() - beforeMs);
    await state
      .insertInto('settings')
      .values({ key, value })
      .onConflict((clash) => clash.column('key').doNothing())
      .execute();
    return Number((await row.executeTakeFirstOrThrow()).value);
  }

  async function session(of: MailInPlace): Promise<void> {
    client = imapClient(of);
    try {
      await client.connect();
      await client.mailboxOpen(of.folder);
      await makeFolders(client, of);
      const from = await since();
      if (status.trouble !== null) log.info({ host: of.host }, 'The mailbox of the desk is read again');
      Object.assign(status, { state: 'connected', trouble: null, said: null, troubleSince: null });
      let hasNews = false;
      const reading = client;
      for (const event of ['exists', 'close'])
        reading.on(event, () => {
          hasNews = true;
          wake();
        });
      while (mayGoOn() && reading.usable) {
        hasNews = false;
        status.waiting = await takeAll(reading, { ...{ place: of, taking, log, since: from }, mayGoOn });
        status.checkedAt = clock.now();
        // What came meanwhile was not in the list.
        if (!hasNews) await pause(of.pollMs);
      }
      if (!client.usable && !stopped.signal.aborted)
        throw Object.assign(new Error('the server ended the connection'), { code: 'NoConnection' });
      await client.logout();
    } finally {
      client.close();
      client = undefined;
    }
  }

  async function run(of: MailInPlace): Promise<void> {
    let failures = 0;
    while (!stopped.signal.aborted) {
      if (!mayGoOn()) {
        status.state = parts.isHeld() ? 'held' : 'waiting';
        await pause(heldMs);
        continue;
      }
      try {
        const begun = status.checkedAt;
        await session(of);
        if (status.checkedAt !== begun) failures = 0;
      } catch (thrown) {
        if (stopped.signal.aborted) return;
        const { trouble, said } = troubleOf(thrown);
        // Each kind once: a server that is away for a night is one line.
        if (status.trouble !== trouble)
          log.warn({ host: of.host, trouble, said }, 'The mailbox of the desk cannot be read; it is tried again');
        if (status.state === 'connected') failures = 0;
        Object.assign(status, { state: 'waiting', trouble, said, troubleSince: status.troubleSince ?? clock.now() });
        const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** failures++);
        await pause(trouble === 'password' ? deniedMs : longest * (0.5 + random() / 2));
      }
    }
  }

  return {
    view: () => viewOf(parts, place, status),
    async test() {
      const trial = await trialOf(clock, place);
      // What stood still for a wrong password goes on.
      if (trial.trouble === null && status.trouble !== null) wake();
      return trial;
    },
    start() {
      running ??= run(place);
    },
    async stop() {
      stopped.abort();
      wake();
      client?.close();
      await running?.catch(() => undefined);
    },
  };
}

async function viewOf(
  { state, clock, notify }: Omit<MailInParts, 'place'>,
  of: MailInPlace,
  status: MailInStatus,
): Promise<MailInView> {
  const rows = state.selectFrom('mail_messages').where('mailbox', '=', mailboxOf(of));
  const counts = await rows
    .select(({ fn }) => ['outcome', fn.countAll<number>().as('n')])
    .where('at', '>', clock.now() - dayMs)
    .groupBy('outcome')
    .execute();
  const countOf = (outcome: string) => Number(counts.find((one) => one.outcome === outcome)?.n ?? 0);
  const last = await rows.select(({ fn }) => fn.max('at').as('at')).executeTakeFirst();
  const aside = await rows.selectAll().where('outcome', '=', 'aside').orderBy('id', 'desc').limit(shownAside).execute();
  return {
    ...status,
    settings: shownMailIn(of),
    lastMessageAt: last?.at == null ? null : Number(last.at),
    counts: {
      ...{ tickets: countOf('ticket'), comments: countOf('comment') },
      ...{ bounces: countOf('bounce'), aside: countOf('aside') },
    },
    aside: aside.map(({ at, sender, subject, size, why }) => ({
      at,
      sender,
      subject,
      size,
      why: why as AsideReason,
    })),
    canAnswer: notify.routes.some(({ channel }) => channel.kind === 'email'),
  };
}

async function trialOf(clock: Clock, of: MailInPlace): Promise<MailTrial> {
  const [at, begun] = [clock.now(), clock.monotonic()];
  const trial = imapClient(of);
  const none = { messages: null, folders: [], hasIdle: false };
  const result = async (): Promise<Omit<MailTrial, 'at' | 'ms'>> => {
    try {
      await trial.connect();
      const there = new Set((await trial.list({ listOnly: true })).flatMap(({ path, name }) => [path, name]));
      const folders = [of.folder, of.moveTo, of.asideTo].map((name) => ({ name, isThere: there.has(name) }));
      const mailbox = await trial.mailboxOpen(of.folder, { readOnly: true });
      const hasIdle = trial.capabilities.has('IDLE');
      return { trouble: null, said: null, messages: mailbox.exists, folders, hasIdle };
    } catch (thrown) {
      return { ...troubleOf(thrown), ...none };
    } finally {
      trial.close();
    }
  };
  const found = await result();
  return { at, ms: Math.round(clock.monotonic() - begun), ...found };
}
