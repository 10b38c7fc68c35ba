/** What a person asks for, checked: the bounds of changes stand here and nowhere else. Pure. */
import { type EvenkeelError, fail } from '../../shared/errors.ts';
import { nameKey, shownName } from '../../shared/place-name.ts';
import { controls, disturbing, unseen } from '../../shared/safe-text.ts';
import { shownInstant } from '../../shared/zone.ts';
import type { ChangeOutcome } from '../kpi/formulas/change-success.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';

export interface ChangeWish {
  title: string;
  description: string;
  scopes: readonly MaintenanceScope[];
  from: number;
  to: number;
  repairOf: number | null;
}

/** What a person says of a change that is over. */
export interface StatedOutcome {
  /** When it was finished, ms UTC. */
  at?: number | undefined;
  outcome: ChangeOutcome;
  reason: string;
  objectiveMet: boolean | null;
  rolledBack: boolean;
  emergencyFix: boolean;
}

const day = 86_400_000;
export const changeBounds = {
  title: 200,
  description: 5000,
  reason: 1000,
  scopes: 20,
  /** As long as maintenance may be. */
  lastsMs: 30 * day,
  aheadMs: 366 * day,
  pastMs: 400 * day,
} as const;
/** The clock of the browser may be ahead. */
const nowMs = 60_000;

type ChangeField = 'title' | 'description' | 'targets' | 'from' | 'to' | 'finished' | 'repair_of' | 'reason';

/** @param field which of what was given it is about */
export const badChange = (field: ChangeField, problem: string, todo: string): EvenkeelError =>
  fail('BAD_CHANGE', { problem, todo }, undefined, [{ at: field, problem }]);

/** `zone`: of the times in messages, IANA. */
interface AskedAt {
  now: number;
  zone: string;
}

/** Tidied. @throws EvenkeelError BAD_CHANGE */
export function checkedWish(wish: ChangeWish, { now, zone }: AskedAt): ChangeWish {
  const shown = (at: number) => shownInstant(at, zone);
  const { from, to, scopes, repairOf } = wish;
  const title = wish.title.replace(disturbing, ' ').replace(unseen, '').replace(/\s+/g, ' ').trim();
  // Out of a table it has passed no schema.
  const description = wish.description.replace(controls, '').trim();
  if (nameKey(title) === '')
    throw badChange('title', `its title ${shownName(wish.title)} is blank`, 'Give a title of one line.');
  limit('title', title, changeBounds.title);
  limit('description', description, changeBounds.description);
  if (scopes.length === 0)
    throw badChange('targets', 'it has no targets', 'Give at least one endpoint, tag, group or site.');
  if (scopes.length > changeBounds.scopes)
    throw badChange(
      'targets',
      `it has ${scopes.length} targets, the limit is ${changeBounds.scopes}`,
      'Give a group, a tag or a site instead of single endpoints.',
    );
  if (to <= from)
    throw badChange('to', `its end ${shown(to)} is not after its start ${shown(from)}`, 'Give a later end.');
  if (to - from > changeBounds.lastsMs)
    throw badChange('to', 'it lasts more than 30 days', 'Give an earlier end, or make it several changes.');
  if (from > now + changeBounds.aheadMs)
    throw badChange('from', `its start ${shown(from)} is more than a year away`, 'Give an earlier start.');
  if (from < now - changeBounds.pastMs)
    throw badChange('from', `its start ${shown(from)} is more than 400 days ago`, 'Give a later start.');
  const distinct = new Map(scopes.map((scope) => [`${scope.of} ${scope.target}`, scope]));
  return { title, description, scopes: [...distinct.values()], from, to, repairOf };
}

function limit(what: 'title' | 'description', text: string, most: number): void {
  if (text.length > most)
    throw badChange(what, `its ${what} has ${text.length} characters, the limit is ${most}`, 'Shorten it.');
}

const order: readonly ChangeOutcome[] = ['success', 'with_issues', 'failed'];
/** Whether a person's verdict is better than what was computed. */
export const isRaised = (stated: ChangeOutcome, computed: ChangeOutcome): boolean =>
  order.indexOf(stated) < order.indexOf(computed);

/** When it was finished. Where nobody says: now, at the end of its window at the latest. @throws EvenkeelError BAD_CHANGE */
export function finishedAt(
  at: number | undefined,
  window: { start: number; end: number },
  { now, zone }: AskedAt,
): number {
  const shown = (instant: number) => shownInstant(instant, zone);
  if (window.start > now)
    throw badChange(
      'from',
      `it begins at ${shown(window.start)} and has not begun`,
      'Wait for its start, move it, or cancel it.',
    );
  const end = at ?? Math.min(now, window.end);
  if (end < window.start)
    throw badChange(
      'finished',
      `its end ${shown(end)} is before its start ${shown(window.start)}`,
      'Give a time after its start.',
    );
  if (end > now + nowMs) throw badChange('finished', `its end ${shown(end)} is to come`, 'Give a time that is past.');
  return Math.min(end, now);
}
