/** Changes as CSV: those of the shown filter out, plans and work of the past in. */

import type { TableRead } from '../../../shared/api.ts';
import { csvFault } from '../../../shared/csv.ts';
import { reason } from '../../../shared/reason.ts';
import { changesIn, changeTable, type ReadChange, type WrittenChange } from '../../changes/table.ts';
import { sameName } from '../../evaluate/scope.ts';
import type { MaintenanceScope } from '../../maintenance/window.ts';
import type { App, Context } from '../context.ts';
import { allChanges, ChangeFilter } from '../read-changes.ts';
import { scopeNamed } from '../rule-scope.ts';
import { tableRoutes } from '../tables.ts';

const example = 'title,targets,from,to\r\nNew switches,site:Osaka,2026-12-05T13:00+09:00,2026-12-05T16:00+09:00\r\n';

export function changeTableRoutes(app: App, context: Context): void {
  const { state, clock, zone, changes, fleet } = context;

  async function named(scope: MaintenanceScope): Promise<MaintenanceScope | null> {
    const { of, target } = scope;
    if (of === 'endpoint') {
      const own = fleet.get(target);
      const found = own ? [own] : [...fleet.all()].filter(({ name }) => sameName(name, target));
      const [one] = found.filter(({ retiredAt }) => retiredAt === null);
      return one && found.length === 1 ? { of, target: one.id } : null;
    }
    // A spelling that is not there is a fault of its line, not of the request.
    return scopeNamed(context, scope).then(
      (found) => found as MaintenanceScope,
      () => null,
    );
  }

  const namesOf = async (of: MaintenanceScope['of']): Promise<string[]> => {
    const living = [...fleet.all()].filter(({ retiredAt }) => retiredAt === null);
    if (of === 'endpoint') return living.map(({ name }) => name);
    if (of === 'tag') return [...new Set(living.flatMap(({ tags }) => tags))];
    return (await context[of === 'site' ? 'sites' : 'groups'].list()).map(({ name }) => name);
  };

  const isKnown = async ({ title, from, to }: { title: string; from: number; to: number }) => {
    const own = state.selectFrom('changes').select('id').where('kind', '=', 'planned').where('title', '=', title);
    return (await own.where('start_at', '=', from).where('end_at', '=', to).executeTakeFirst()) !== undefined;
  };

  async function enter(rows: readonly ReadChange[], by: string, why: string): Promise<void> {
    const reasoned = rows.map(({ line, wish, outcome }) => ({
      line,
      wish,
      outcome: outcome && { ...outcome, reason: outcome.reason || why },
    }));
    await changes.createAll(reasoned, by);
  }

  tableRoutes(app, {
    ...{ url: '/api/v1/changes/table', tag: 'changes', what: 'Changes', file: 'changes', example, query: ChangeFilter },
    async write(filter) {
      const written: WrittenChange[] = await allChanges(context, filter as ChangeFilter);
      return changeTable(written);
    },
    async read(text, author): Promise<TableRead> {
      const { rows, same, faults } = await changesIn(text, {
        now: clock.now(),
        zone,
        scopeNamed: named,
        namesOf,
        isKnown,
      });
      for (const { line, wish } of rows) {
        const { repairOf } = wish;
        const own = state
          .selectFrom('changes')
          .select('id')
          .where('id', '=', repairOf ?? 0);
        if (repairOf !== null && !(await own.executeTakeFirst()))
          faults.push(csvFault(line, 'repair_of', `C-${repairOf}`, reason('change_repaired')));
      }
      const lines = [
        ...rows.map(({ line, wish }) => ({ line, name: wish.title, does: 'add' as const })),
        ...same.map((one) => ({ ...one, does: 'same' as const })),
      ].sort((a, b) => a.line - b.line);
      const applied = author !== null && faults.length === 0;
      if (applied) await enter(rows, author.by, author.reason);
      return { applied, faults, lines };
    },
  });
}
