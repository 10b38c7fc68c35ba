/** Simulated people who plan changes: entered days before, finished or cancelled by the one who planned them. */
import type { State } from '../../../collector/state/open.ts';
import type { Api } from './api.ts';
import type { ScriptedChange } from './plan.ts';

interface Planner {
  /** When there is something to do next; Infinity when nothing is left. */
  next(): number;
  run(at: number): Promise<void>;
}

/** @param nameOf of a person at a site */
export function createPlanner(
  changes: readonly ScriptedChange[],
  api: Api,
  state: State,
  nameOf: (site: string) => string | undefined,
): Planner {
  const steps = changes.flatMap((change) => [
    { at: change.enteredAt, change, step: 'enter' as const },
    ...(change.end ? [{ at: change.end.at, change, step: 'end' as const }] : []),
  ]);
  steps.sort((a, b) => a.at - b.at);
  const numbers = new Map<ScriptedChange, number>();

  async function scopesOf({ site, hosts }: ScriptedChange) {
    if (!hosts) return [{ of: 'site', target: site }];
    const rows = await state.selectFrom('endpoints').select('id').where('name', 'in', hosts).orderBy('name').execute();
    return rows.map(({ id }) => ({ of: 'endpoint', target: id }));
  }

  async function enter(change: ScriptedChange): Promise<void> {
    const { site, title, description, from, to, repairs } = change;
    const repairOf = [...numbers].find(([other]) => other.title === repairs)?.[1] ?? null;
    const body = { title, description, scopes: await scopesOf(change), from, to, repairOf };
    const made = (await api.call('POST', '/api/v1/changes', body, nameOf(site))) as { row: { id: number } };
    numbers.set(change, made.row.id);
  }

  async function end({ site, end: how }: ScriptedChange, id: number): Promise<void> {
    if (!how) return;
    const { cancelled, at: _, ...outcome } = how;
    if (cancelled === undefined) await api.call('POST', `/api/v1/changes/${id}/outcome`, outcome, nameOf(site));
    else await api.call('POST', `/api/v1/changes/${id}/cancel`, { reason: cancelled }, nameOf(site));
  }

  return {
    next: () => steps[0]?.at ?? Infinity,
    async run(at) {
      for (let next = steps[0]; next && next.at <= at; next = steps[0]) {
        steps.shift();
        if (next.step === 'enter') await enter(next.change);
        else await end(next.change, numbers.get(next.change) as number);
      }
    },
  };
}
