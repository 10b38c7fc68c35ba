/** Changes as CSV: those of the shown filter out, plans and work of the past in. */

import type { TableRead } from '../../../shared/api.ts';
import { csvFault } from '../../../shared/csv.ts';
import { reason } from '../../../shared/reason.ts';
import { changesIn, changeTable, type ReadChange, type WrittenChange } from '../../changes/table.ts';
import type { App, Context } from '../context.ts';
import { allChanges, ChangeFilter } from '../read-changes.ts';
import { scopeCells } from '../scope-cells.ts';
import { tableRoutes } from '../tables.ts';

const example = 'title,targets,from,to\r\nNew switches,site:Osaka,2026-12-05T13:00+09:00,2026-12-05T16:00+09:00\r\n';

export function changeTableRoutes(app: App, context: Context): void {
  const { state, clock, zone, changes } = context;

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
        ...scopeCells(context),
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
