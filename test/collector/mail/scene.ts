/** The desk's mailbox beside our own tickets: Dovecot, Exim, and what reads and sends between them. */
import { createAttachments } from '../../../collector/attachments/attachments.ts';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { createMailIn } from '../../../collector/mail/mail-in.ts';
import { type MailInPlace, mailInPlace } from '../../../collector/mail/settings.ts';
import { createOutbox } from '../../../collector/notify/outbox.ts';
import { createChannels } from '../../../collector/notify/route.ts';
import { openState } from '../../../collector/state/open.ts';
import { createTickets } from '../../../collector/tickets/tickets.ts';
import { silentLog } from '../../../shared/log.ts';
import { dovecotMissing, mailPassword, openDovecot } from '../../support/dovecot.ts';
import { mailServerMissing, openRealMailServer } from '../../support/mail-server.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { freshPlace } from '../../support/state.ts';
import { until } from '../../support/until.ts';
import { loopback } from '../notify/receiver.ts';

export const mailMissing = process.env.CI ? null : (dovecotMissing ?? mailServerMissing);

/** Who has a mailbox. */
const people = [...'mia nora otto paul quinn rita sven tina uwe vera desk desk2 mallory boss bomber'.split(' ')];

export type MailServers = Awaited<ReturnType<typeof openMailServers>>;

export async function openMailServers() {
  const dovecot = await openDovecot();
  const exim = await openRealMailServer(undefined, { maildirs: dovecot.maildirs, people });
  return {
    dovecot,
    exim,
    async close() {
      await exim.stop();
      await dovecot[Symbol.asyncDispose]();
    },
  };
}

interface SceneOptions {
  user?: string;
  more?: Record<string, unknown>;
}

/** @param more settings of `mail_in` */
export async function openMailScene({ dovecot, exim }: MailServers, { user = 'desk', more = {} }: SceneOptions = {}) {
  const folder = temporaryFolder();
  const state = await openState(freshPlace());
  // Moved by hand, and never still: events of one moment have no order.
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };
  const changeFeed = createChangeFeed();
  const address = `${user}@keel.test`;
  const settings = { host: '127.0.0.1', port: exim.port, from: address, to: 'ops@keel.test' };
  const routes = createChannels([{ name: 'mail', kind: 'email', settings }], loopback);
  const notify = { routes, ruleNamed: (id: string) => ({ id }), wake: () => void outbox.wake() };
  const tickets = createTickets({ state, clock, changeFeed, zone: 'Europe/Berlin', notify });
  const given = { host: '127.0.0.1', port: dovecot.port, tls: 'none' as const, user, address, poll_s: 10, ...more };
  const place = mailInPlace(given, (more.password as string | undefined) ?? mailPassword);
  const attachments = createAttachments({ state, clock, changeFeed, data: folder.path, note: async () => undefined });
  const outbox = createOutbox({
    ...{ state, clock, routes, changeFeed, log: silentLog, publicUrl: () => 'https://keel.test', answers: place },
    mailOf: () => Promise.reject(new Error('no report here')),
  });
  const make = (of: MailInPlace = place) =>
    createMailIn({
      ...{ state, clock, log: silentLog, tickets, notify, attachments, place: of },
      ...{ maySend: () => true, isHeld: () => false, random: () => 0 },
    });
  let mailIn = make();
  mailIn.start();
  outbox.start();

  const rows = () => state.selectFrom('mail_messages').selectAll().orderBy('id').execute();
  return {
    ...{ state, tickets, place, address, rows, attachments, outbox, clock },
    mailIn: () => mailIn,
    move(ms: number) {
      ahead += ms;
    },
    /** As after a crash: nothing but the state is left. */
    async again(of: MailInPlace = place) {
      await mailIn.stop();
      mailIn = make(of);
      mailIn.start();
    },
    /** Puts a message into the mailbox, and waits until it is dealt with and moved. */
    async receive(...messages: (string | Buffer)[]) {
      const before = (await rows()).length;
      for (const message of messages) dovecot.deliver(user, message);
      await until(async () => (await rows()).length >= before + messages.length, 30_000, 'the messages to be taken');
      await until(() => dovecot.mails(user).length === 0, 30_000, 'the mailbox to be empty');
      return (await rows()).slice(before);
    },
    ticket: (id: number) => state.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    count: async () => (await state.selectFrom('tickets').select('id').execute()).length,
    events: (id: number) =>
      state.selectFrom('ticket_events').selectAll().where('ticket', '=', id).orderBy('id').execute(),
    /** What lies in somebody's mailbox, once so many are there. */
    async sent(to: string, n: number) {
      await until(() => dovecot.mails(to).length >= n, 20_000, `${n} mails to ${to}`);
      return dovecot.mails(to);
    },
    async close() {
      await mailIn.stop();
      await outbox.stop();
      await state.destroy();
      folder.remove();
    },
  };
}

export interface Written {
  from?: string;
  to?: string;
  subject?: string;
  text?: string;
  id?: string;
  headers?: readonly string[];
}

let written = 0;
export function mail({
  from = 'Mia Abe <mia@client.test>',
  subject = 'Printer',
  text = 'It is on fire.',
  ...more
}: Written = {}) {
  const { id = `<m${++written}.${process.pid}@client.test>`, to = 'desk@keel.test', headers = [] } = more;
  const date = new Date().toUTCString();
  const type = headers.some((one) => /^content-type:/i.test(one)) ? [] : ['Content-Type: text/plain; charset=utf-8'];
  const head = [`From: ${from}`, `To: ${to}`, `Subject: ${subject}`, `Date: ${date}`, `Message-ID: ${id}`, ...type];
  return `${[...head, ...headers].join('\r\n')}\r\n\r\n${text}\r\n`;
}

/** A header without its folding. */
export function headerOf(message: string, name: string): string {
  const head = message.slice(0, message.search(/\r?\n\r?\n/)).replace(/\r?\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
}
