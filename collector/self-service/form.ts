/** What a person without an account has typed, as it may be kept. Pure. */
import { controls, disturbing, unseen } from '../../shared/safe-text.ts';
import { addressIn } from '../notify/address-in.ts';
import type { TicketLevel } from '../tickets/priority.ts';

/** As a form sends it; every field is a text, and may be missing. */
export type FormFields = Readonly<Record<string, string | undefined>>;

export interface ReportFields {
  problem: string;
  /** Who asks, as the desk sees it; never the name of a user, because nobody has shown to be one. */
  requester: string;
  urgency: TicketLevel;
  /** Where a mail is wanted. */
  mail: string | null;
  /** The browser keeps the link. */
  isKept: boolean;
}

export const problemAtMost = 4000;
export const answerAtMost = 4000;
const titleAtMost = 120;
const nameAtMost = 60;
const phoneAtMost = 40;

/** In words of who asks: it cannot make anybody be woken, as P1 and P2 do. */
export const urgencies = ['stopped', 'hindered', 'whenever'] as const;
export type UrgencyWord = (typeof urgencies)[number];
const levels: Readonly<Record<UrgencyWord, TicketLevel>> = { stopped: 1, hindered: 2, whenever: 3 };

export type FormFault = 'noProblem' | 'longProblem' | 'badMail' | 'noAnswer' | 'noRating';

/** Text over several lines, without what spoils it. */
export const prose = (text: string | undefined): string =>
  (text ?? '').replace(/\r\n?/g, '\n').replace(controls, ' ').trim();

/** On one line, without what could end a header, an address or a pair of brackets. */
const line = (text: string | undefined, atMost: number): string =>
  (text ?? '')
    .replace(disturbing, ' ')
    .replace(unseen, '')
    .replace(/[<>"(),;:\\@]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, atMost);

/**
 * `Mia Abe <mia@example.org>`; without an address `Mia Abe (…)`, so that it is never that of a user.
 * @param unverified stands for what nobody gave
 */
function requesterOf(given: { name: string; mail: string | null; phone: string }, unverified: string): string {
  const { name, mail, phone } = given;
  const shown = phone === '' ? name : `${name} ${phone}`.trim();
  if (mail !== null) return `${shown} <${mail}>`.trim();
  return shown === '' ? unverified : `${shown} (${unverified})`;
}

/** @returns what was typed, or what is wrong with it */
export function readReport(fields: FormFields, unverified: string): ReportFields | { fault: FormFault } {
  const problem = prose(fields.problem);
  if (problem === '') return { fault: 'noProblem' };
  if (problem.length > problemAtMost) return { fault: 'longProblem' };
  const typed = (fields.mail ?? '').trim();
  const mail = typed === '' ? null : addressIn(typed);
  if (typed !== '' && (mail === null || typed.length > 254 || typed !== mail)) return { fault: 'badMail' };
  const urgency = urgencies.find((one) => one === fields.urgency) ?? 'hindered';
  const phone = (fields.phone ?? '')
    .replace(/[^\d+()/ .-]/g, '')
    .trim()
    .slice(0, phoneAtMost);
  return {
    ...{ problem, mail, urgency: levels[urgency], isKept: fields.keep === 'yes' },
    requester: requesterOf({ name: line(fields.name, nameAtMost), mail, phone }, unverified),
  };
}

/** The first line. */
export function titleOf(problem: string): string {
  const first = problem.split('\n', 1)[0]?.replace(disturbing, ' ').trim() ?? '';
  return first.length <= titleAtMost ? first : `${first.slice(0, titleAtMost - 1)}…`;
}
