/**
 * A desk that makes tickets out of mails. Nothing can be read there: a mail goes out for each ticket, comment and end, in one thread. Each has an id of its own
 * (RFC 5322, `Message-ID`) that is the same whenever it is sent again, so that a server that looks at it drops the second one; a crash between the sending and its note costs that one repeat.
 */
import { type Static, Type } from 'typebox';
import { EvenkeelError, reasonOf } from '../../../shared/errors.ts';
import { addressFault, email as channel } from '../../notify/channels/email.ts';
import type { DeskReach, DeskType, TicketDesk } from '../desk.ts';
import { htmlOf } from '../plain.ts';
import { name, secret } from '../settings.ts';

const mailAddress = Type.String({ ...{ minLength: 3, maxLength: 300, want: 'a mail address' }, check: addressFault });
const settings = Type.Object({
  host: name('the host of a mail server'),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  secure: Type.Optional(Type.Boolean()),
  require_tls: Type.Optional(Type.Boolean()),
  user: Type.Optional(name('a name')),
  password: Type.Optional(secret),
  from: mailAddress,
  to: mailAddress,
});
type MailDeskSettings = Static<typeof settings>;

export const email: DeskType = {
  kind: 'email',
  settings,
  check: ({ user, password }: MailDeskSettings) =>
    (user === undefined) === (password === undefined)
      ? []
      : [{ path: ['user'], problem: 'and password_file belong together' }],
  create: createMailDesk,
};

function createMailDesk(
  desk: string,
  given: MailDeskSettings,
  { outgoing, deadlineMs, maySend }: DeskReach,
): TicketDesk {
  const { host, port, secure, require_tls, user, password, from, to } = given;
  const way = JSON.parse(JSON.stringify({ host, port, secure, require_tls, user, password, from, to })) as never;
  const { mail } = channel.create(desk, way, outgoing, { send: () => Promise.reject(new Error('no device')) } as never);

  async function send(id: string, thread: string, subject: string, text: string, signal: AbortSignal): Promise<void> {
    const letter = { to, subject, text, html: `<p>${htmlOf(text)}</p>`, attachment: null };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    if (!maySend())
      throw new EvenkeelError('DESK_FAILED', { desk, what: `the mail ${id}`, reason: 'another collector does it now' });
    try {
      await mail?.({ ...letter, ...(id === thread ? {} : { answers: thread }) }, id, limit);
    } catch (thrown) {
      const isFinal = thrown instanceof EvenkeelError && !thrown.retryable;
      const reason = reasonOf(thrown);
      throw new EvenkeelError(isFinal ? 'DESK_REFUSED' : 'DESK_FAILED', { desk, what: `the mail ${id}`, reason });
    }
  }
  return {
    kind: 'email',
    isOneWay: true,
    hidesInternal: false,
    settleMs: 60_000,
    check: async () => [{ what: 'write', result: 'unknown', detail: `${host} → ${to}` }],
    find: async () => null,
    async open({ title, text, marker }, signal) {
      await send(marker, marker, `${title} [${marker}]`, text, signal);
      return { id: marker, name: marker, url: '', state: 'open', word: 'open', assignee: null, seen: '' };
    },
    read: async () => null,
    async comment(id, { text }, signal) {
      const marker = text.split('\n').at(-1) ?? id;
      await send(marker, id, `Re: [${id}]`, text, signal);
    },
    // The mail about the event says it.
    resolve: async () => undefined,
    reopen: async () => undefined,
  };
}
