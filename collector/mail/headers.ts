/** What the head of a message says of who wrote it: a person, a program, or a mail server that gives one back. Pure. */

/** By lower-case name; of several the first. */
export type MailHead = ReadonlyMap<string, string>;

/**
 * person: it is answered · machine: a program began it, such as a scanner or a list: never answered · auto_reply: a program
 * answers, such as an absence: never answered, and no ticket of its own · bounce: a mail of ours came back.
 */
export type MailAuthor = 'person' | 'machine' | 'auto_reply' | 'bounce';

const daemon = /^(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon)@|^(?:mailer-daemon|postmaster)$/i;
const noReply =
  /^(?:no-?reply|do-?not-?reply|donotreply|bounces?|auto-?(?:reply|answer)|listserv|majordomo)(?:[+@-]|$)/i;
/** Subjects that Outlook and others put before an absence, where no header says so. */
const absence =
  /^(?:auto(?:matic)?[ -]?(?:reply|response|antwort)|out of (?:the )?office|abwesenheits|automatische antwort|réponse automatique|respuesta automática|自動(?:応答|返信)|不在)/i;

/** RFC 3834, RFC 5230, RFC 3464, and what is usual beside them. */
export function authorOf(head: MailHead, sender: string | null, subject: string): MailAuthor {
  const get = (name: string) => head.get(name)?.trim().toLowerCase() ?? '';
  const isReport =
    get('content-type').startsWith('multipart/report') && !/report-type="?disposition/.test(get('content-type'));
  const isNullPath = head.has('return-path') && /^<\s*>$/.test(get('return-path'));
  if (isReport || head.has('x-failed-recipients') || (sender !== null && daemon.test(sender))) return 'bounce';
  const submitted = get('auto-submitted').split(/[;\s]/, 1)[0] ?? '';
  const precedence = get('precedence');
  const isReply =
    submitted === 'auto-replied' ||
    submitted === 'auto-notified' ||
    precedence === 'auto_reply' ||
    get('content-type').includes('report-type=disposition') ||
    ['x-autoreply', 'x-autorespond', 'x-auto-reply-from', 'x-autoresponse'].some((name) => head.has(name)) ||
    absence.test(subject);
  if (isReply) return 'auto_reply';
  const isMachine =
    (submitted !== '' && submitted !== 'no') ||
    ['bulk', 'list', 'junk'].includes(precedence) ||
    ['list-id', 'list-unsubscribe', 'feedback-id', 'x-auto-response-suppress', 'x-evenkeel-key'].some((name) =>
      head.has(name),
    ) ||
    isNullPath ||
    (sender !== null && noReply.test(sender));
  return isMachine ? 'machine' : 'person';
}

/** Without `Re:`, `AW:` and our own mark, so that a title says what it is about. */
export function titleIn(subject: string): string {
  let title = subject;
  for (let before = ''; before !== title; ) {
    before = title;
    title = title
      .replace(/^\s*(?:re|fwd?|aw|wg|antw|sv|vs|tr|rv|返信|転送)\s*(?:\[\d+\])?\s*[:：]\s*/i, '')
      .replace(/\s*\[#\d{1,15}\]\s*/g, ' ');
  }
  return title.replace(/\s+/g, ' ').trim();
}

/** Numbers of tickets that a subject names: anybody can write one. */
export const ticketsNamed = (subject: string): number[] =>
  [...subject.matchAll(/\[#([1-9]\d{0,14})\]/g)].map(([, number]) => Number(number));
