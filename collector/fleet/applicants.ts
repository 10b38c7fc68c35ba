/** Machines that wait for a person, by codes that want it. What was approved is what joins: it is kept as it first asked. */
import type { Fingerprint } from '../../shared/api.ts';
import type { Applicant } from '../../shared/applicant.ts';
import { waitingMs } from '../../shared/applicant-times.ts';
import { checkWordOf } from '../../shared/check-word.ts';
import { fail } from '../../shared/errors.ts';
import type { Reasons } from '../../shared/reason.ts';
import { shownInstant } from '../../shared/zone.ts';
import { hashSecret, makeId } from '../accounts/secret.ts';
import type { ApplicantRow } from '../state/applicant-row.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { EndpointKind } from './fleet.ts';

const mostWaiting = 1000;
/** That it still asks is written this often. */
const noteMs = 120_000;

/** What an agent reports about its machine when it enrols. */
export interface JoiningMachine {
  /** Host name of the machine, unchecked. */
  hostname: string;
  platform: string;
  arch: string;
  kind: EndpointKind;
  kindWhy: Reasons;
  version: string;
  /** Null where the agent sent none. */
  fingerprint: Fingerprint | null;
  /** Where it asked from. */
  address?: string;
  /** Random, of the agent: the same one again is a repeat after an answer that was lost. */
  attempt?: string | null;
  /** Version of the trust that its answer brings. */
  trust?: number | null;
}

export interface Applicants {
  /** Those that wait, the longest first; those that were approved and have not come for it; those refused lately. */
  list(): Promise<Applicant[]>;
  /** @throws EvenkeelError NOT_FOUND, BAD_STATE, JOIN_CODE_USED, JOIN_CODE_REVOKED */
  approve(id: string, by: string): Promise<void>;
  /** @throws EvenkeelError NOT_FOUND, BAD_STATE */
  refuse(id: string, by: string, reason: string): Promise<void>;
}

const living = (at: number) => at - waitingMs;

const machineOf = ({ fingerprint, kind_why, ...row }: ApplicantRow): JoiningMachine => ({
  ...{ hostname: row.hostname, platform: row.platform, arch: row.arch, version: row.version, address: row.address },
  kind: row.kind,
  kindWhy: JSON.parse(kind_why) as Reasons,
  fingerprint: fingerprint === null ? null : (JSON.parse(fingerprint) as Fingerprint),
});

interface JoinQuestion {
  enrollment: string;
  attempt: string;
  at: number;
  zone: string;
  /** Id of the endpoint whose credential it has; null: it has a join code. */
  copyOf?: string | null;
}

/**
 * Where this attempt stands. `mayBegin` says why it may not begin to wait, if so.
 * @returns what was approved; or until when it waits
 * @throws EvenkeelError JOIN_REFUSED, TOO_MANY_WAITING, or of `mayBegin`
 */
export async function askToJoin(
  db: StateTransaction,
  { enrollment, attempt, at, zone, copyOf = null }: JoinQuestion,
  applicant: JoiningMachine,
  mayBegin: () => void,
): Promise<{ approved: JoiningMachine } | { waiting: { checkWord: string; until: number; isNew: boolean } }> {
  const attempt_hash = hashSecret(attempt);
  await db.deleteFrom('applicants').where('asked_at', '<=', living(at)).execute();
  const row = await db
    .selectFrom('applicants')
    .selectAll()
    .where('enrollment', '=', enrollment)
    .where('attempt_hash', '=', attempt_hash)
    .executeTakeFirst();
  if (row?.state === 'refused')
    throw fail('JOIN_REFUSED', {
      by: row.decided_by ?? '?',
      at: shownInstant(row.decided_at ?? at, zone),
      reason: row.reason || 'no reason was given',
    });
  if (row?.state === 'approved') {
    await db.deleteFrom('applicants').where('id', '=', row.id).execute();
    return { approved: machineOf(row) };
  }
  if (row) {
    if (at - row.last_at >= noteMs)
      await db.updateTable('applicants').set({ last_at: at }).where('id', '=', row.id).execute();
    return { waiting: { checkWord: row.check_word, until: row.asked_at + waitingMs, isNew: false } };
  }
  mayBegin();
  const { n } = await db
    .selectFrom('applicants')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  if (Number(n) >= mostWaiting) throw fail('TOO_MANY_WAITING', { limit: mostWaiting });
  const { hostname, platform, arch, version, kind, fingerprint } = applicant;
  const checkWord = checkWordOf(attempt);
  await db
    .insertInto('applicants')
    .values({
      ...{ id: makeId('w'), enrollment, attempt_hash, check_word: checkWord },
      ...{ hostname, platform, arch, version, kind, kind_why: JSON.stringify(applicant.kindWhy) },
      fingerprint: fingerprint && JSON.stringify(fingerprint),
      ...{ address: applicant.address ?? '', asked_at: at, last_at: at },
      ...{ state: 'waiting', decided_at: null, decided_by: null, reason: null, copy_of: copyOf },
    })
    .execute();
  return { waiting: { checkWord, until: at + waitingMs, isNew: true } };
}

/** @param zone report zone, IANA, of the times in messages */
export function createApplicants(state: State, now: () => number, zone: string): Applicants {
  async function decide(db: StateTransaction, id: string, set: Partial<ApplicantRow>): Promise<ApplicantRow> {
    const row = await db
      .selectFrom('applicants')
      .selectAll()
      .where('id', '=', id)
      .where('asked_at', '>', living(now()))
      .executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'waiting machine', id });
    if (row.state !== 'waiting')
      throw fail('APPLICANT_DECIDED', { name: row.hostname, state: row.state, by: row.decided_by ?? '?' });
    await db
      .updateTable('applicants')
      .set({ ...set, decided_at: now() })
      .where('id', '=', id)
      .execute();
    return row;
  }

  return {
    async list() {
      const rows = await state
        .selectFrom('applicants')
        .innerJoin('enrollments', 'enrollments.id', 'applicants.enrollment')
        .leftJoin('endpoints', 'endpoints.id', 'applicants.copy_of')
        .selectAll('applicants')
        .select(['enrollments.label', 'endpoints.name as copy_name'])
        .where('applicants.asked_at', '>', living(now()))
        .where((where) => where.or([where('enrollments.revoked_at', 'is', null), where('copy_of', 'is not', null)]))
        .orderBy('applicants.asked_at')
        .execute();
      return rows.map((row) => ({
        ...{ id: row.id, enrollment: row.enrollment, label: row.label, hostname: row.hostname, address: row.address },
        ...{ platform: row.platform, arch: row.arch, version: row.version, kind: row.kind },
        fingerprint: row.fingerprint === null ? null : (JSON.parse(row.fingerprint) as Fingerprint),
        ...{ checkWord: row.check_word, askedAt: row.asked_at, lastAt: row.last_at },
        ...{ state: row.state, decidedBy: row.decided_by, reason: row.reason, copyOf: row.copy_name },
      }));
    },

    approve: (id, by) =>
      state.transaction().execute(async (db) => {
        const { enrollment, copy_of } = await decide(db, id, { state: 'approved', decided_by: by });
        // It has no code that could be used up or revoked.
        if (copy_of !== null) return;
        const code = await db
          .selectFrom('enrollments')
          .selectAll()
          .where('id', '=', enrollment)
          .executeTakeFirstOrThrow();
        if (code.revoked_at !== null)
          throw fail('JOIN_CODE_REVOKED', { at: shownInstant(code.revoked_at, zone), by: code.revoked_by ?? '?' });
        if (code.uses >= code.max_uses) throw fail('JOIN_CODE_USED', { uses: code.max_uses });
        // Here and not when it comes for it: what a person was told is kept.
        await db
          .updateTable('enrollments')
          .set({ uses: code.uses + 1 })
          .where('id', '=', enrollment)
          .execute();
      }),

    refuse: (id, by, reason) =>
      state.transaction().execute(async (db) => {
        await decide(db, id, { state: 'refused', decided_by: by, reason });
      }),
  };
}
