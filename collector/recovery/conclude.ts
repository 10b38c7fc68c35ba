/** What is written down of a request: entries of the audit log, and the ticket with the proof. */
import { fail } from '../../shared/errors.ts';
import { time } from '../../shared/words/format.ts';
import { defaultLanguage, findWord, type Language, languages } from '../../shared/words/index.ts';
import { type AuditEntry, writeAudit } from '../state/audit.ts';
import type { State, StateTransaction } from '../state/database.ts';
import type { RecoveryParts } from './parts.ts';
import { decide, type NamedPerson, type RecoveryRow } from './requests.ts';

/** Under whose name it stands in the history of a ticket. */
const desk = 'self-service';

const languageOf = (row: Pick<RecoveryRow, 'language'>): Language =>
  languages.find((one) => one === row.language) ?? defaultLanguage;

export type NoteRecovery = ReturnType<typeof createConclusion>['note'];

export function createConclusion({ state, clock, zone, tickets, rules }: RecoveryParts) {
  function note(
    db: State | StateTransaction,
    action: string,
    { name, id, from, reason = null }: { name: string | null; id: number; from: string | null; reason?: string | null },
  ): Promise<number> {
    const what = {
      object: 'recovery',
      object_id: String(id),
      name,
      action: `recovery_${action}`,
      before: null,
      after: null,
      reason,
    };
    const who: Pick<AuditEntry, 'kind' | 'actor' | 'address'> = { kind: 'stranger', actor: '', address: from };
    return writeAudit(db, { at: clock.now(), ...who, ...what, outcome: 'done' });
  }

  /** The ticket that says it, in one commit with what it says. */
  async function conclude(
    row: RecoveryRow,
    person: NamedPerson,
    as: 'verified' | 'refused',
    from: string,
    by: string | null,
  ) {
    const language = languageOf(row);
    const w = (key: string, values = {}) => findWord(language, `recovery.ticket.${key}`, values) ?? key;
    const at = `${time(clock.now(), language, 'moment', zone)} (${zone})`;
    const proof = as === 'refused' ? 'refused' : by === null ? 'byCode' : 'byPerson';
    const shown = { name: person.name, at, by: by ?? '', mail: person.mail ?? '', url: rules.resetUrl };
    const machines = state.selectFrom('directory_machines').select('endpoint').where('person', '=', person.id);
    const [only, another] = await machines.limit(2).execute();
    await tickets.create(
      {
        title: w(as === 'verified' ? 'title' : 'titleRefused', shown),
        text: [w('reach', { reach: row.reach }), w(proof, shown)].join('\n\n'),
        endpoint: row.endpoint ?? (another ? null : (only?.endpoint ?? null)),
        ...{ impact: 3, urgency: as === 'verified' ? 2 : 1, by: desk, channel: 'portal', category: 'request' },
        requester: person.mail === null ? `${person.name} (${desk})` : `${person.name} <${person.mail}>`.slice(-128),
      },
      async (db, ticket) => {
        if (!(await decide(db, Number(row.id), as, { ticket, now: clock.now() }))) throw fail('REPORT_LINK_UNKNOWN');
        await note(db, as === 'verified' ? 'verify' : 'refuse', {
          ...{ name: person.name, id: Number(row.id), from },
          reason: by === null ? 'by code' : `by ${by}`,
        });
      },
    );
  }

  return { note, conclude };
}
