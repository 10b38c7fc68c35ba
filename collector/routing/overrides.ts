/** Overrides and swaps of schedules: who takes whose time. HeldOverride in memory; those that were removed stay as rows. */
import { fail } from '../../shared/errors.ts';
import type { OnCallOverrideRow } from '../../shared/on-call.ts';
import { shownName } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { shownInstant } from '../../shared/zone.ts';
import { makeId } from '../accounts/secret.ts';
import type { OnCallOverride } from '../on-call/schedule.ts';
import type { State } from '../state/open.ts';
import { overlapOf } from './check.ts';
import type { FileDocuments } from './documents.ts';

export interface OverrideWish {
  from: number;
  to: number;
  user: string;
  /** A swap. */
  replace?: string | undefined;
}

export interface OverridesStore {
  of(schedule: string): readonly (OnCallOverride & { id: string; createdBy: string })[];
  rows(schedule: string, from: number, to: number): OnCallOverrideRow[];
  /**
   * @param wins over others that it overlaps
   * @throws EvenkeelError BAD_ENTRY, CONFLICT where it overlaps another one
   */
  add(schedule: string, zone: string, wish: OverrideWish, by: string, wins: boolean): Promise<OnCallOverrideRow>;
  /** One that has begun ends now: what has been answered stays. @throws EvenkeelError NOT_FOUND, CONFLICT for one of the file */
  remove(id: string, by: string): Promise<void>;
  reload(): Promise<void>;
}

type HeldOverride = OnCallOverride & { id: string; schedule: string; createdBy: string };

const perScheduleAtMost = 1000;

export async function createOverrides(state: State, file: FileDocuments, now: () => number): Promise<OverridesStore> {
  // In their order, and older than what any page adds.
  const ofFile = file.overrides.map(
    (one, i): HeldOverride => ({
      ...{ ...one, id: `file-${i}`, created: i - file.overrides.length, createdBy: 'evenkeel.yaml' },
    }),
  );
  let held = new Map<string, HeldOverride[]>();

  async function reload(): Promise<void> {
    const rows = await state.selectFrom('on_call_overrides').selectAll().where('removed_at', 'is', null).execute();
    const all = rows.map(
      (row): HeldOverride => ({
        ...{ id: row.id, schedule: row.schedule, from: row.from_at, to: row.to_at, user: row.user_name },
        ...{ replace: row.replaces ?? undefined, created: row.created_at, createdBy: row.created_by },
      }),
    );
    held = Map.groupBy([...ofFile, ...all], ({ schedule }) => schedule);
  }

  const of = (schedule: string) => held.get(schedule) ?? [];
  const rowOf = ({
    id,
    schedule,
    from,
    to,
    user,
    replace = undefined,
    created,
    createdBy,
  }: HeldOverride): OnCallOverrideRow => ({
    ...{ id, schedule, from, to, user, replace: replace ?? null, createdAt: Math.max(0, created), createdBy },
  });

  await reload();
  return {
    of,
    rows: (schedule, from, to) =>
      of(schedule)
        .filter((one) => one.to > from && one.from < to)
        .sort((a, b) => a.from - b.from)
        .map(rowOf),
    async add(schedule, zone, { from, to, user, replace }, by, wins) {
      const what = `the override of ${shownName(schedule)}`;
      const refuse = (why: ReturnType<typeof reason>) => refusal('BAD_ENTRY', why, { what });
      const at = now();
      if (to <= from)
        throw refuse(reason('oncall_order', { from: shownInstant(from, zone), to: shownInstant(to, zone) }));
      if (to <= at) throw refuse(reason('oncall_past', { to: shownInstant(to, zone) }));
      const begin = Math.max(from, at);
      const others = of(schedule).filter((one) => one.to > at);
      if (others.length >= perScheduleAtMost)
        throw refuse(reason('oncall_many_overrides', { limit: perScheduleAtMost }));
      const other = wins ? null : overlapOf({ from: begin, to }, others);
      if (other)
        throw refusal(
          'CONFLICT',
          reason('oncall_overlap', {
            ...{ other: shownName(other.user), from: shownInstant(other.from, zone), to: shownInstant(other.to, zone) },
          }),
        );
      // Two in one millisecond have an order as well.
      const created = Math.max(at, ...others.map((one) => one.created + 1));
      const id = makeId('o');
      await state
        .insertInto('on_call_overrides')
        .values({
          ...{ id, schedule, from_at: begin, to_at: to, user_name: user, replaces: replace ?? null },
          ...{ created_at: created, created_by: by, removed_at: null, removed_by: null },
        })
        .execute();
      await reload();
      return rowOf(of(schedule).find((one) => one.id === id) as HeldOverride);
    },
    async remove(id, by) {
      if (ofFile.some((one) => one.id === id)) throw refusal('CONFLICT', reason('oncall_in_file', { name: id }));
      const row = [...held.values()].flat().find((one) => one.id === id);
      const at = now();
      if (!row || row.to <= at) throw fail('NOT_FOUND', { what: 'override', id });
      const change = row.from < at ? { to_at: at } : { removed_at: at, removed_by: by };
      await state.updateTable('on_call_overrides').set(change).where('id', '=', id).execute();
      await reload();
    },
    reload,
  };
}
