/** Of the changes finished in the period, how many went as they should; each counts once. */
import { changeSuccess as successOf } from '../formulas/change-success.ts';
import { defineKpi, figureOf } from '../kpi.ts';

export const changeSuccess = defineKpi({
  id: 'change_success',
  unit: 'percent',
  of: 'count',
  formula: 'change_success/1: successful / implemented; without repairs, by what happened within 72 h',
  worst: 'lowest',
  needs: ['changes'],
  compute({ changes: { asOf, done, overdue } }, period) {
    const found = successOf({ period, asOf, changes: done });
    const at = new Map(done.map(({ id, implementedAt }) => [id, implementedAt as number]));
    const evidence = found.changes.map(({ id, outcome, reasons }) => ({
      change: { id: Number(id), outcome, reasons },
      ...{ at: at.get(id) as number, part: outcome === 'success' ? 1 : 0, whole: 1 },
    }));
    // Listed, so that it is seen what is not counted.
    const repairs = done.flatMap(({ id, repairs }) =>
      repairs
        ? [
            {
              change: { id: Number(id), outcome: 'repair' as const, reasons: [] },
              at: at.get(id) as number,
              part: 0,
              whole: 0,
            },
          ]
        : [],
    );
    const [low, high] = found.success.ci95 ?? [];
    return figureOf('percent', [...evidence, ...repairs], {
      ...{ low: low ?? null, high: high ?? null, isProvisional: found.provisional > 0 },
      beside: [
        { code: 'success', unit: 'count', value: found.success.count },
        { code: 'with_issues', unit: 'count', value: found.withIssues },
        { code: 'failed', unit: 'count', value: found.failed.count },
        {
          code: 'fail_rate',
          unit: 'percent',
          value: found.failed.pct,
          low: found.failed.ci95?.[0] ?? null,
          high: found.failed.ci95?.[1] ?? null,
        },
        { code: 'provisional', unit: 'count', value: found.provisional },
        { code: 'targets', unit: 'count', value: found.targets.n },
        { code: 'targets_failed', unit: 'count', value: found.targets.failed },
        { code: 'overdue', unit: 'count', value: overdue },
      ],
    });
  },
});
