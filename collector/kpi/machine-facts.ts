/** How the endpoints of a period were, day by day: backups, restores, patches; and how long each was in the fleet. */
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { EndpointFact, KpiQuestion } from './question.ts';

type DayRow = Omit<Database['endpoint_days'], 'endpoint'>;
type DayName = 'backup' | 'restore' | 'patches';
/** How many days of each state. */
type DayCounts<Name extends DayName> = Partial<Record<DayRow[Name], number>>;

export interface MachineFact {
  endpoint: EndpointFact;
  /** Time in the fleet, in months of 30 days. */
  months: number;
  /** As last seen in the period; null: not known. */
  os: string | null;
  model: string | null;
  /**
   * Of the days of the period that have begun since it is monitored, in the report zone. Days on which the fleet was not
   * looked at are unknown.
   */
  days: { [Name in DayName]: DayCounts<Name> };
  /** On the last of these days; null without one. */
  last: DayRow | null;
}

const monthMs = 30 * 86_400_000;

export async function readMachines(state: State, { endpoints, window, zone }: KpiQuestion): Promise<MachineFact[]> {
  const dayOf = (at: number) =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString();
  const [first, end] = [dayOf(window.start), dayOf(Math.max(window.start, window.end - 1))];
  const looked = await state
    .selectFrom('state_days')
    .select(['day', 'at'])
    .where('day', '>=', first)
    .where('day', '<=', end)
    .orderBy('day')
    .execute();
  const found: MachineFact[] = [];
  for (const slice of chunks(endpoints)) {
    const ids = slice.map(({ id }) => id);
    const since = new Map((await startsOf(state, ids)).map(({ id, ...starts }) => [id, starts]));
    const rows = looked.length === 0 ? new Map<string, DayRow[]>() : await rowsOf(state, ids, first, end);
    for (const endpoint of slice) {
      const until = Math.min(endpoint.retired_at ?? window.end, window.end);
      const { enrolled_at = window.start, heard_at = null } = since.get(endpoint.id) ?? {};
      const from = Math.max(enrolled_at, heard_at ?? 0, window.start);
      const own = rows.get(endpoint.id) ?? [];
      const days = looked.filter(({ at }) => endpoint.retired_at === null || at < endpoint.retired_at);
      // A row tells that it was in the fleet, also where its first signals are no longer kept.
      const starts = [heard_at === null ? [] : dayOf(heard_at), own[0]?.day ?? []].flat().sort();
      const begun =
        starts[0] === undefined ? 0 : daysFrom(laterOf(starts[0], first), dayOf(Math.max(window.start, until - 1)));
      found.push({
        endpoint,
        months: Math.max(0, until - from) / monthMs,
        ...countOf(
          own,
          days.map(({ day }) => day),
          begun,
        ),
      });
    }
    await breathe();
  }
  return found;
}

const laterOf = (a: string, b: string) => (a > b ? a : b);

/** Both days included; 0 where the last one is the earlier. */
const daysFrom = (first: string, last: string): number =>
  Math.max(0, 1 + Temporal.PlainDate.from(first).until(last).days);

/** When each was enrolled, and when it was first heard of. */
const startsOf = (state: State, ids: readonly string[]) =>
  state
    .selectFrom('endpoints as e')
    .select(['e.id', 'e.enrolled_at'])
    .select(({ selectFrom }) =>
      selectFrom('signals as s')
        .select('s.at')
        .whereRef('s.endpoint', '=', 'e.id')
        .where('s.kind', '=', 'online')
        .orderBy('s.at')
        .limit(1)
        .as('heard_at'),
    )
    .where('e.id', 'in', ids)
    .execute();

/** Of each endpoint the row that held when the period began, and those of the period, in order. */
async function rowsOf(
  state: State,
  ids: readonly string[],
  first: string,
  end: string,
): Promise<Map<string, DayRow[]>> {
  const rows = await state
    .selectFrom('endpoint_days as d')
    .selectAll('d')
    .where('d.endpoint', 'in', ids)
    .where('d.day', '<=', end)
    .where('d.day', '>=', ({ selectFrom }) =>
      selectFrom('endpoint_days as b')
        .whereRef('b.endpoint', '=', 'd.endpoint')
        .where('b.day', '<', first)
        .select((eb) => eb.fn.coalesce(eb.fn.max('b.day'), eb.val(first)).as('day')),
    )
    .orderBy('d.day')
    .execute();
  const found = new Map<string, DayRow[]>();
  for (const { endpoint, ...row } of rows) {
    const own = found.get(endpoint);
    if (own) own.push(row);
    else found.set(endpoint, [row]);
  }
  return found;
}

/** @param begun how many days there are to know of */
function countOf(
  rows: readonly DayRow[],
  days: readonly string[],
  begun: number,
): Pick<MachineFact, 'os' | 'model' | 'days' | 'last'> {
  const counts: MachineFact['days'] = { backup: {}, restore: {}, patches: {} };
  let [next, row, seen] = [0, null as DayRow | null, 0];
  for (const day of days) {
    while (rows[next] && (rows[next] as DayRow).day <= day) row = rows[next++] as DayRow;
    if (!row) continue;
    seen++;
    const { backup, restore, patches } = row;
    counts.backup[backup] = (counts.backup[backup] ?? 0) + 1;
    counts.restore[restore] = (counts.restore[restore] ?? 0) + 1;
    counts.patches[patches] = (counts.patches[patches] ?? 0) + 1;
  }
  if (begun > seen) for (const count of Object.values(counts)) count.unknown = (count.unknown ?? 0) + begun - seen;
  return { os: row?.os ?? null, model: row?.model ?? null, days: counts, last: row };
}
