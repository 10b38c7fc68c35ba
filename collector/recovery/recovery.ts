/**
 * People who have lost their access: they show by a second way who they are, and are handed the reset link of the identity
 * provider. A password is neither seen nor set here, and nothing that is answered says whether somebody is known.
 */
import { fail, reasonOf } from '../../shared/errors.ts';
import type { Language } from '../../shared/words/index.ts';
import { makeSecret } from '../accounts/secret.ts';
import { prose } from '../self-service/form.ts';
import { createConclusion } from './conclude.ts';
import { createRecoveryLimits } from './limits.ts';
import type { RecoveryParts } from './parts.ts';
import { createPreparation } from './prepare.ts';
import {
  addRequest,
  codeIn,
  codeShown,
  isOpen,
  type NamedPerson,
  personById,
  type RecoveryRow,
  requestBy,
  type SecretKind,
  shownMs,
  spokenCode,
  tryCode,
} from './requests.ts';
import type { RecoveryRules, RecoveryWay } from './rules.ts';

export type RecoveryFault = 'noWho' | 'noReach' | 'badCode' | 'wrongCode' | 'over';
export type RecoveryFields = Readonly<Record<string, string | undefined>>;

export interface RecoveryView {
  way: RecoveryWay;
  state: 'waiting' | 'verified' | 'over';
  /** To be read to whoever confirms; null where a letter has the code. */
  spoken: string | null;
  /** Once verified, for a while. */
  resetUrl: string | null;
  ticket: number | null;
}

export interface ConfirmView {
  name: string;
  job: string | null;
  site: string | null;
  /** As the directory has it: the one to call. */
  phone: string | null;
  reach: string;
  isOpen: boolean;
}

/** Whatever takes a secret throws EvenkeelError REPORT_LINK_UNKNOWN, also where it is all off; what writes, REPORTS_MANY. */
export interface Recovery extends Pick<RecoveryRules, 'isOn' | 'ways'> {
  /** How the desk is reached otherwise. */
  contact: string | null;
  /** Whether letters can go out. */
  canMail(): boolean;
  ask(fields: RecoveryFields, from: string, language: Language): Promise<{ secret: string } | { fault: RecoveryFault }>;
  view(secret: string): Promise<RecoveryView>;
  enter(secret: string, code: string | undefined, from: string): Promise<RecoveryFault | null>;
  confirmView(secret: string): Promise<ConfirmView>;
  confirm(secret: string, code: string | undefined, from: string): Promise<RecoveryFault | null>;
  /** It is somebody else. */
  refuse(secret: string, from: string): Promise<void>;
  /** What goes on after an answer. */
  settle(): Promise<void>;
}

const whoAtMost = 254;
const reachAtMost = 500;

export function createRecovery(parts: RecoveryParts): Recovery {
  const { state, clock, log, rules, letters } = parts;
  const { note, conclude } = createConclusion(parts);
  const { canMail, confirmers, prepare } = createPreparation(parts, note);
  const limits = createRecoveryLimits(clock.monotonic);
  const working = new Set<Promise<void>>();

  function later(work: Promise<void>): void {
    const run = work
      .catch((thrown: unknown) =>
        log.warn({ reason: reasonOf(thrown) }, 'Could not write the letter of a recovery of access'),
      )
      .finally(() => working.delete(run));
    working.add(run);
  }

  const requireOn = (): void => {
    if (!rules.isOn) throw fail('REPORT_LINK_UNKNOWN');
  };
  async function rowOf(kind: SecretKind, secret: string): Promise<RecoveryRow> {
    requireOn();
    const row = await requestBy(state, kind, secret);
    if (!row) throw fail('REPORT_LINK_UNKNOWN');
    return row;
  }

  async function entered(row: RecoveryRow, secret: string, text: string | undefined, from: string, by: string | null) {
    limits.enter(from);
    const code = codeIn(text);
    if (code === null) return 'badCode';
    const tried = await tryCode(state, row, secret, code, clock.now());
    if (tried === null) return 'over';
    const person = row.person === null ? undefined : await personById(state, row.person);
    if (tried.isRight && person) {
      await conclude(row, person, 'verified', from, by);
      letters.forget(Number(row.id));
      return null;
    }
    if (tried.isLast)
      await note(state, 'wrong', {
        name: person?.name ?? null,
        id: Number(row.id),
        from,
        reason: 'every try was wrong',
      });
    return tried.isLast ? 'over' : 'wrongCode';
  }

  /** In whose name it is confirmed: the letter went to them. */
  async function confirmerOf(row: RecoveryRow, person: NamedPerson): Promise<string> {
    return (await confirmers(person, row.way, Number(row.made_at))).join(', ');
  }
  async function toConfirm(secret: string): Promise<{ row: RecoveryRow; person: NamedPerson }> {
    const row = await rowOf('confirm', secret);
    const person = row.person === null ? undefined : await personById(state, row.person);
    if (!person) throw fail('REPORT_LINK_UNKNOWN');
    return { row, person };
  }

  return {
    ...{ isOn: rules.isOn, ways: rules.ways, contact: parts.contact },
    canMail,
    async ask(fields, from, language) {
      requireOn();
      const who = (fields.who ?? '').normalize('NFKC').trim();
      const reach = prose(fields.reach).slice(0, reachAtMost);
      if (who === '' || who.length > whoAtMost) return { fault: 'noWho' };
      if (reach === '') return { fault: 'noReach' };
      const way = rules.ways.find((one) => one === fields.way) ?? rules.ways[0] ?? 'mail';
      limits.ask(from, who);
      const secret = makeSecret();
      const id = await addRequest(state, { secret, way, reach, endpoint: null, language, now: clock.now() });
      later(prepare(id, { secret, way, who, from, language }));
      return { secret };
    },
    async view(secret) {
      const row = await rowOf('own', secret);
      const now = clock.now();
      const isShown = row.state === 'verified' && (row.decided_at ?? 0) + shownMs > now;
      return {
        ...{ way: row.way, state: isShown ? 'verified' : isOpen(row, now) ? 'waiting' : 'over' },
        spoken: row.way === 'mail' ? null : codeShown(spokenCode(secret)),
        ...{ resetUrl: isShown ? rules.resetUrl : null, ticket: isShown ? row.ticket : null },
      };
    },
    async enter(secret, code, from) {
      const row = await rowOf('own', secret);
      return row.way === 'mail' ? entered(row, secret, code, from, null) : 'over';
    },
    async confirmView(secret) {
      const { row, person } = await toConfirm(secret);
      const site =
        person.site === null
          ? undefined
          : await state.selectFrom('sites').select('name').where('id', '=', person.site).executeTakeFirst();
      const { name, job, phone } = person;
      return { name, job, phone, site: site?.name ?? null, reach: row.reach, isOpen: isOpen(row, clock.now()) };
    },
    async confirm(secret, code, from) {
      const { row, person } = await toConfirm(secret);
      return entered(row, secret, code, from, await confirmerOf(row, person));
    },
    async refuse(secret, from) {
      const { row, person } = await toConfirm(secret);
      limits.enter(from);
      await conclude(row, person, 'refused', from, await confirmerOf(row, person));
      letters.forget(Number(row.id));
    },
    settle: async () => void (await Promise.all(working)),
  };
}
