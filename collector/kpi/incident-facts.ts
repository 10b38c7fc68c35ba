/** What tickets of incidents have to do with each other: reports of people that were merged into one, and repetitions. */
import type { State } from '../state/open.ts';
import { readScripts } from '../tickets/scripts.ts';
import { sourceOf } from './contact-facts.ts';
import type { KpiQuestion } from './question.ts';

export interface IncidentFacts {
  /** By the number of an incident: when a person reported the same, in a ticket that became part of it. */
  reportedAt: Readonly<Record<number, number>>;
  /** By the number of an incident: the one before it of the same endpoint, rule and instance, at most 30 days earlier. */
  repeats: Readonly<Record<number, number>>;
}

const day = 86_400_000;
const repeatMs = 30 * day;
/** A report is merged soon after it was made, or never. */
const mergedMs = 31 * day;

export async function readIncidents(state: State, { window }: KpiQuestion): Promise<IncidentFacts> {
  const reports = await state
    .selectFrom('ticket_links as l')
    .innerJoin('tickets as t', 't.id', 'l.ticket')
    .leftJoin('ticket_events as e', (join) => join.onRef('e.ticket', '=', 't.id').on('e.kind', '=', 'opened'))
    .select(['l.target', 't.opened_at', 't.kind', 't.channel', 'e.actor'])
    .where('l.kind', 'in', ['parent', 'duplicate'])
    .where('t.kind', '=', 'person')
    .where('t.opened_at', '>=', window.start - mergedMs)
    .where('t.opened_at', '<', window.end)
    .execute();
  const reportedAt: Record<number, number> = {};
  const scripts = await readScripts(state);
  // A script is not a person who noticed something.
  const ofPeople = reports.filter((row) => sourceOf(row, row.actor ?? undefined, scripts) === 'user');
  for (const { target, opened_at: at } of ofPeople)
    reportedAt[Number(target)] = Math.min(at, reportedAt[Number(target)] ?? at);
  const opened = await state
    .selectFrom('tickets')
    .select(['id', 'key', 'opened_at'])
    .where('opened_at', '>=', window.start - repeatMs)
    .where('opened_at', '<', window.end)
    .where('kind', '<>', 'person')
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
  const last = new Map<string, { id: number; at: number }>();
  const repeats: Record<number, number> = {};
  for (const { id, key, opened_at: at } of opened) {
    const before = last.get(key);
    if (before && at - before.at <= repeatMs) repeats[id] = before.id;
    last.set(key, { id, at });
  }
  return { reportedAt, repeats };
}
