/** How agents were before they took a release, and how they have been since, as series and state have it. */
import type { UpdateNumbers, UpdateRing } from '../../shared/update-choices.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import { orderOf, type StopReason, type Turn } from './rings.ts';
import { type AgentCondition, type BeforeAndAfter, worseThanBefore } from './worse.ts';

const day = 86_400_000;
const minute = 60_000;
/** A shorter time says nothing yet. */
const leastMs = 10 * minute;
/** So many say enough about a ring, and cost a second at most. */
const mostMachines = 100;

export interface WorseParts {
  state: State;
  series: Pick<SeriesStore, 'query'>;
  fleet: Pick<Fleet, 'get'>;
}

async function conditionOf(
  { state, series, fleet }: WorseParts,
  id: string,
  from: number,
  to: number,
): Promise<AgentCondition> {
  const values = async (metric: string, agg?: 'rate' | 'min') => {
    const { series: lines } = await series.query({
      ...{ endpoint: id, metrics: [metric], from, to, step: 5 * minute },
      ...(agg && { agg }),
    });
    return lines.flatMap(({ points }) => points.flatMap(([, value]) => value ?? []));
  };
  const births = await state
    .selectFrom('signals')
    .select('birth')
    .where('endpoint', '=', id)
    .where('kind', '=', 'online')
    .where('at', '>', from)
    .where('at', '<=', to)
    .execute();
  // One process may sign on several times.
  const starts = new Set(
    births.flatMap(({ birth }) =>
      birth === null ? [] : ((JSON.parse(birth) as { started_at?: number }).started_at ?? []),
    ),
  );
  const lost = await state
    .selectFrom('losses')
    .select(({ fn }) => fn.sum<number | null>('count').as('count'))
    .where('endpoint', '=', id)
    .where('received_at', '>', from)
    .where('received_at', '<=', to)
    .executeTakeFirst();
  const checks = await values('check.ok', 'min');
  return {
    ...{ hours: (to - from) / 3_600_000, restarts: starts.size },
    ...{ memory: await values('agent.rss'), cpu: await values('agent.cpu_ms', 'rate') },
    isFailing: checks.some((ok) => ok < 1),
    ...{ missing: Number(lost?.count ?? 0), expected: (to - from) / (fleet.get(id)?.intervalMs ?? 10_000) },
  };
}

/** Of those that have run the release long enough. */
export async function lookWhetherWorse(
  parts: WorseParts,
  {
    turns,
    ring,
    version,
    numbers,
    since,
    now,
  }: {
    turns: ReadonlyMap<string, Turn>;
    ring: UpdateRing;
    version: string;
    numbers: UpdateNumbers;
    /** A person has seen what was before. */
    since: number;
    now: number;
  },
): Promise<StopReason | null> {
  const old = [...turns]
    .filter(([, turn]) => turn.result === 'proven' && now - Math.max(turn.resultAt, since) >= leastMs)
    .sort(([a], [b]) => (orderOf(a, version) < orderOf(b, version) ? -1 : 1))
    .slice(0, mostMachines);
  const compared: BeforeAndAfter[] = [];
  for (const [id, { at, resultAt }] of old)
    compared.push({
      before: await conditionOf(parts, id, at - day, at),
      after: await conditionOf(parts, id, Math.max(resultAt, since, now - day), now),
    });
  return worseThanBefore(compared, numbers, ring);
}
