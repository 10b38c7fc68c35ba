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
  /** Of the days on which the fleet was looked at: none before this was kept. */
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
    const enrolled = await state.selectFrom('endpoints').select(['id', 'enrolled_at']).where('id', 'in', ids).execute();
    const since = new Map(enrolled.map(({ id, enrolled_at }) => [id, enrolled_at]));
    const rows = looked.length === 0 ? new Map<string, DayRow[]>() : await rowsOf(state, ids, first, end);
    for (const endpoint of slice) {
      const until = Math.min(endpoint.retired_at ?? window.end, window.end);
      const from = Math.max(since.get(endpoint.id) ?? window.start, window.start);
      const days = looked.filter(({ at }) => endpoint.retired_at === null || at < endpoint.retired_at);
      found.push({
        endpoint,
        months: Math.max(0, until - from) / monthMs,
        ...countOf(
          rows.get(endpoint.id) ?? [],
          days.map(({ day }) => day),
        ),
      });
    }
    await breathe();
  }
  return found;
}

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

function countOf(
  rows: readonly DayRow[],
  days: readonly string[],
): Pick<MachineFact, 'os' | 'model' | 'days' | 'last'> {
  const counts: MachineFact['days'] = { backup: {}, restore: {}, patches: {} };
  let [next, row] = [0, null as DayRow | null];
  for (const day of days) {
    while (rows[next] && (rows[next] as DayRow).day <= day) row = rows[next++] as DayRow;
    if (!row) continue;
    const { backup, restore, patches } = row;
    counts.backup[backup] = (counts.backup[backup] ?? 0) + 1;
    counts.restore[restore] = (counts.restore[restore] ?? 0) + 1;
    counts.patches[patches] = (counts.patches[patches] ?? 0) + 1;
  }
  return { os: row?.os ?? null, model: row?.model ?? null, days: counts, last: row };
}
