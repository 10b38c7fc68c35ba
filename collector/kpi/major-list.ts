/** The major incidents of a period as a list: when each really began and ended, whom it hit, and what is known of its cause. */
import { peopleHit } from '../../shared/people-hit.ts';
import { readImpacts } from '../impact/impact.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { spanOf } from './incident-span.ts';
import type { EvidenceItem } from './kpi.ts';

export interface MajorIncident {
  ticket: number;
  /** Name. */
  site: string | null;
  from: number;
  /** Null while something of it lasts. */
  to: number | null;
  /** Null: not known. */
  people: number | null;
  /** Number of a change that its ticket is linked to. */
  change: number | null;
  /** What was written when it was resolved. */
  said: string | null;
}

/** @param evidence of the KPI that counts them, so that the list has the same incidents */
export async function majorIncidentsOf(state: State, evidence: readonly EvidenceItem[]): Promise<MajorIncident[]> {
  const found: MajorIncident[] = [];
  for (const ids of chunks(evidence.flatMap(({ ticket }) => ticket ?? []))) {
    const rows = await state
      .selectFrom('tickets as t')
      .leftJoin('endpoints as e', 'e.id', 't.endpoint')
      .select(['t.id', 't.kind', 't.site', 't.opened_at', 't.restored_at', 't.resolved_at', 'e.site as machine_site'])
      .where('t.id', 'in', ids)
      .orderBy('t.id')
      .execute();
    const impacts = new Map((await readImpacts(state, rows)).map((one) => [one.ticket, one]));
    const pending = await pendingOf(state, ids);
    const changes = await changesOf(state, ids);
    const said = await saidOf(state, ids);
    for (const row of rows) {
      const impact = impacts.get(row.id);
      found.push({
        ...{ ticket: row.id, site: row.site ?? row.machine_site },
        ...spanOf(row, [...(impact?.outages ?? []), ...(impact?.segments ?? [])], pending.get(row.id) ?? []),
        people: impact ? peopleHit(impact) : null,
        ...{ change: changes.get(row.id) ?? null, said: said.get(row.id) ?? null },
      });
    }
  }
  return found;
}

/** When alerts of each ticket, and of those merged into it, were first seen. */
async function pendingOf(state: State, ids: readonly number[]): Promise<Map<number, number[]>> {
  const merged = await state
    .selectFrom('ticket_links')
    .select(['ticket', 'target'])
    .where('kind', 'in', ['parent', 'duplicate'])
    .where('target', 'in', ids.map(String))
    .execute();
  const into = new Map([
    ...ids.map((id) => [id, id] as const),
    ...merged.map((one) => [one.ticket, Number(one.target)] as const),
  ]);
  const found = new Map<number, number[]>();
  for (const some of chunks([...into.keys()])) {
    const rows = await state
      .selectFrom('alerts')
      .select(['ticket', 'pending_at'])
      .where('ticket', 'in', some)
      .execute();
    for (const { ticket, pending_at: at } of rows) {
      const id = into.get(ticket ?? -1) ?? -1;
      found.set(id, [...(found.get(id) ?? []), at]);
    }
  }
  return found;
}

async function changesOf(state: State, ids: readonly number[]): Promise<Map<number, number>> {
  const rows = await state
    .selectFrom('ticket_links')
    .select(['ticket', 'target'])
    .where('kind', '=', 'change')
    .where('ticket', 'in', ids)
    .orderBy('id')
    .execute();
  // Of older versions a target may be any text.
  return new Map(
    rows.flatMap(({ ticket, target }) => (/^C-\d+$/.test(target) ? [[ticket, Number(target.slice(2))]] : [])),
  );
}

async function saidOf(state: State, ids: readonly number[]): Promise<Map<number, string>> {
  const rows = await state
    .selectFrom('ticket_events')
    .select(['ticket', 'text'])
    .where('ticket', 'in', ids)
    .where('to_state', '=', 'resolved')
    .orderBy('id')
    .execute();
  return new Map(rows.flatMap(({ ticket, text }) => (text ? [[ticket, text]] : [])));
}
