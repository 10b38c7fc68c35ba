/**
 * What is promised for each priority, chosen by people. Every version stays, and a ticket keeps those under which it was
 * opened: a change never makes it late, nor in time.
 */
import { type Calendar, roundTheClock } from '../../shared/calendar.ts';
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';

export interface PriorityTarget {
  /** Business minutes until the first answer, and until it is resolved; null: nothing is promised. */
  response: number | null;
  resolution: number | null;
  /** Its clock runs day and night, whatever the support hours are. */
  always: boolean;
}
const priorityNames = ['P1', 'P2', 'P3', 'P4', 'P5'] as const;
export type TargetsByPriority = Readonly<Record<(typeof priorityNames)[number], PriorityTarget>>;

export interface TargetsVersion {
  version: number;
  /** Of tickets opened from then on, ms UTC. Null with the next three: what it begins with. */
  from: number | null;
  at: number | null;
  by: string | null;
  reason: string | null;
  targets: TargetsByPriority;
}

/** Around the clock is the same time in every zone; one object, because clocks are prepared once for each. */
const dayAndNight: Calendar = roundTheClock('UTC');
const hour = 60;
export const startingTargets: TargetsByPriority = {
  P1: { response: 15, resolution: 4 * hour, always: true },
  P2: { response: hour, resolution: 8 * hour, always: false },
  P3: { response: 4 * hour, resolution: 24 * hour, always: false },
  P4: { response: 8 * hour, resolution: 40 * hour, always: false },
  P5: { response: null, resolution: null, always: false },
};
const first: TargetsVersion = {
  ...{ version: 0, from: null, at: null, by: null, reason: null, targets: startingTargets },
};
const nothing: PriorityTarget = { response: null, resolution: null, always: false };

/** Newest first; the last one is what it begins with. */
export async function ticketTargets(db: Pick<State, 'selectFrom'>): Promise<TargetsVersion[]> {
  const rows = await db.selectFrom('ticket_targets').selectAll().orderBy('version', 'desc').execute();
  return [
    ...rows.map(({ version, from_at: from, at, by_user: by, reason, targets }) => ({
      ...{ version, from, at, by, reason },
      targets: JSON.parse(targets) as TargetsByPriority,
    })),
    first,
  ];
}

/** The version of tickets opened at an instant: the one that began last; of two with one beginning the later decision. */
export function targetsAt(versions: readonly TargetsVersion[], at: number): TargetsVersion {
  let found = first;
  for (const one of versions)
    if (one.from !== null && one.from <= at && one.from > (found.from ?? Number.NEGATIVE_INFINITY)) found = one;
  return found;
}

/** Later ones are forgotten before they come. */
const aheadAtMostMs = 366 * 86_400_000;

/** @param from from when on it holds; null: now @throws EvenkeelError BAD_REQUEST */
export function changeTicketTargets(
  state: State,
  { targets, from, by, reason }: { targets: TargetsByPriority; from: number | null; by: string; reason: string },
  now: number,
): Promise<void> {
  for (const name of priorityNames) {
    const { response, resolution } = targets[name];
    if (response !== null && resolution !== null && response > resolution)
      throw fail('BAD_REQUEST', {
        problem: `${name} would be answered within ${response} minutes and resolved within ${resolution}; an answer comes before the solution`,
      });
  }
  if (from !== null && (from < now || from > now + aheadAtMostMs)) {
    const why = from < now ? 'is over, and tickets keep what was promised then' : 'is more than a year away';
    throw fail('BAD_REQUEST', {
      problem: `targets cannot hold from ${new Date(from).toISOString()} on: that ${why}; leave it out for from now on`,
    });
  }
  return state.transaction().execute(async (db) => {
    const [last] = await ticketTargets(db);
    await db
      .insertInto('ticket_targets')
      .values({
        ...{ version: (last?.version ?? 0) + 1, at: now, by_user: by, reason, from_at: from ?? now },
        targets: JSON.stringify(targets),
      })
      .execute();
  });
}

/**
 * @param priorities each with the instant from which on it held
 * @param support hours of the desk, for what does not run day and night
 */
export const targetsFor = (
  kind: 'response' | 'resolution',
  targets: TargetsByPriority,
  priorities: readonly { at: number; priority: number }[],
  support: Calendar,
) =>
  priorities.map(({ at, priority }) => {
    const { [kind]: minutes, always } = targets[`P${priority}` as 'P1'] ?? nothing;
    return { at, target: { minutes, calendar: always ? dayAndNight : support } };
  });
