/** How much of the software that was bought is in use. */
import { wholeCents } from '../formulas/cents.ts';
import { softwareUtilisation as utilisationOf } from '../formulas/software.ts';
import { defineKpi, figureOf, type SideFigure } from '../kpi.ts';

export const softwareUtilisation = defineKpi({
  id: 'software_utilisation',
  unit: 'percent',
  of: 'count',
  formula: 'software_utilisation/1: Σ used in 90 days ÷ Σ owned, without those of unknown use',
  worst: 'lowest',
  needs: ['software'],
  compute({ software }) {
    if (software === null) return figureOf('percent', [], { isForgotten: true });
    const { products, installs, currency } = software;
    const { bySeats, byCost, products: uses, classes } = utilisationOf({ products, installs });
    const nameOf = new Map(products.map(({ id, name }) => [id, name]));
    const evidence = uses.map(({ id, used, known }) => ({
      ...{ named: { id, name: nameOf.get(id) ?? id }, part: used, whole: known },
    }));
    const sum = (key: 'installedUnused' | 'unallocated' | 'overDeployed') =>
      uses.reduce((total, use) => total + use[key], 0);
    const costOf = new Map(products.map(({ id, unitCost }) => [id, unitCost]));
    const unusedCost = uses.reduce((all, { id, used, known }) => all + (known - used) * (costOf.get(id) ?? 0), 0);
    const share = (code: string, value: number | null): SideFigure => ({ code, unit: 'percent', value });
    const beside: SideFigure[] = [
      { ...share('by_cost', byCost.pct), low: byCost.lowPct, high: byCost.highPct },
      { code: 'installed_unused', unit: 'count', value: sum('installedUnused') },
      { code: 'unallocated', unit: 'count', value: sum('unallocated') },
      { code: 'over_deployed', unit: 'count', value: sum('overDeployed') },
      { code: 'unused_cost', unit: 'money', value: wholeCents(unusedCost) },
      share('approved', classes.pct.licensed),
      share('free', classes.pct.freeware),
      share('high_risk', classes.pct.high_risk),
      share('unwanted', classes.pct.malware),
      share('unclassified', classes.n > 0 ? (100 * classes.unclassified) / classes.n : null),
    ];
    // Of unknown use alone there is a range and no value.
    const range = bySeats.lowPct === bySeats.highPct ? {} : { low: bySeats.lowPct, high: bySeats.highPct };
    return figureOf('percent', evidence, { ...range, currency, beside });
  },
});
