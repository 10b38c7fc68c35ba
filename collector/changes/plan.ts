/** What a person asks for, checked: the bounds of changes stand here and nowhere else. Pure. */
import type { EvenkeelError } from '../../shared/errors.ts';
import { nameKey, shownName } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { controls, disturbing, unseen } from '../../shared/safe-text.ts';
import { refusal } from '../../shared/words/refusal.ts';
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
export const badChange = (field: ChangeField, why: Reason): EvenkeelError =>
  refusal('BAD_CHANGE', why, {}, [{ at: field }]);

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
  if (nameKey(title) === '') throw badChange('title', reason('change_blank', { title: shownName(wish.title) }));
  limit('title', title, changeBounds.title);
  limit('description', description, changeBounds.description);
  if (scopes.length === 0) throw badChange('targets', reason('change_no_targets'));
  if (scopes.length > changeBounds.scopes)
    throw badChange('targets', reason('change_many_targets', { count: scopes.length, limit: changeBounds.scopes }));
  if (to <= from) throw badChange('to', reason('change_order', { start: shown(from), end: shown(to) }));
  if (to - from > changeBounds.lastsMs) throw badChange('to', reason('change_long'));
  if (from > now + changeBounds.aheadMs) throw badChange('from', reason('change_far', { start: shown(from) }));
  if (from < now - changeBounds.pastMs) throw badChange('from', reason('change_old', { start: shown(from) }));
  const distinct = new Map(scopes.map((scope) => [`${scope.of} ${scope.target}`, scope]));
  return { title, description, scopes: [...distinct.values()], from, to, repairOf };
}

function limit(what: 'title' | 'description', text: string, most: number): void {
  if (text.length > most) throw badChange(what, reason(`change_long_${what}`, { count: text.length, limit: most }));
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
  if (window.start > now) throw badChange('from', reason('change_not_begun', { start: shown(window.start) }));
  const end = at ?? Math.min(now, window.end);
  if (end < window.start)
    throw badChange('finished', reason('change_end_early', { start: shown(window.start), end: shown(end) }));
  if (end > now + nowMs) throw badChange('finished', reason('change_end_future', { end: shown(end) }));
  return Math.min(end, now);
}
