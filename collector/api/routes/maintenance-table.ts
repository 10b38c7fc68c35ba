/** Maintenance windows as CSV: all out, new and changed ones in. */
import type { TableRead } from '../../../shared/api.ts';
import { reason } from '../../../shared/reason.ts';
import { maintenanceTable, shownWindow, windowsIn } from '../../maintenance/table.ts';
import type { App, Context } from '../context.ts';
import { scopeCells } from '../scope-cells.ts';
import { tableRoutes } from '../tables.ts';

const example = 'target,reason,from,to\r\nsite:Osaka,New switches,2026-12-05T13:00+09:00,2026-12-05T16:00+09:00\r\n';

export function maintenanceTableRoutes(app: App, context: Context): void {
  const { maintenance, clock, zone } = context;
  tableRoutes(app, {
    ...{ url: '/api/v1/maintenance/table', tag: 'maintenance', what: 'Maintenance windows', file: 'maintenance' },
    example,
    write: async () => maintenanceTable(await maintenance.written()),
    async read(text, author): Promise<TableRead> {
      const by = author?.by ?? '';
      const { lines: found, faults } = await windowsIn(text, {
        ...{ now: clock.now(), zone, known: await maintenance.written(), ...scopeCells(context) },
        plan: (change) => maintenance.planned(change, by),
      });
      const changes = found.flatMap(({ before, after }) => (after ? [{ before, after }] : []));
      maintenance.requireRoom(changes.filter(({ before }) => before === null).length);
      const applied = author !== null && faults.length === 0;
      if (applied) await maintenance.enterAll(changes, by);
      const lines = found.map(({ line, name, before, after }): TableRead['lines'][number] => {
        if (after === null) return { line, name, does: 'same' };
        const warnings = maintenance.warningsOf(after).map((code) => reason(`maintenance_is_${code}`));
        return {
          ...{ line, name, does: before === null ? 'add' : 'change', warnings },
          before: before && shownWindow(before, zone),
          after: shownWindow(after, zone),
        };
      });
      return { applied, faults, lines };
    },
  });
}
