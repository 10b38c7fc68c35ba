/** The index of thirteen months in one line, with what it usually is: from closed months, and the open one. */
import type { IndexLine } from '../../shared/api.ts';
import { movedPeriod } from '../../shared/period.ts';
import type { State } from '../state/open.ts';
import { summariesOf } from './closed-months.ts';
import { ascending } from './formulas/numbers.ts';
import { median } from './median.ts';
import { monitoredIn } from './monitored.ts';
import { summaryOf } from './month-summary.ts';
import type { Months } from './months.ts';
import { periodOf, presentMonth } from './period.ts';
import type { KpiScope } from './question.ts';

const monthsShown = 13;
/** The definition is to be calibrated after three months: these are what later ones are compared with. */
const baselineMonths = 3;

export async function indexLine(
  state: State,
  months: Months,
  { scope, zone, now }: { scope: KpiScope; zone: string; now: number },
): Promise<IndexLine> {
  const last = presentMonth(now, zone);
  const closed = await summariesOf(state, scope.site);
  const items: IndexLine['months'] = [];
  for (let n = monthsShown - 1; n >= 0; n--) {
    const name = movedPeriod(last, -n);
    const kept = closed.get(name);
    const { provisional } = periodOf({ period: name, zone, now });
    // One that is over and was not closed has no facts, or is closed at night.
    const of = kept ?? (provisional ? summaryOf((await months.of(name, scope, zone)).month) : null);
    if (!of || of.endpoints === 0) continue;
    const { monitored } = await monitoredIn(state, { period: name, zone, now, scope });
    items.push({ ...{ name, closed: kept !== undefined, provisional, monitored }, ...of });
  }
  const first = [...closed].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, { index }]) => index ?? []);
  const baseline = first.length < baselineMonths ? null : median(first.slice(0, baselineMonths).sort(ascending));
  return { months: items, baseline };
}
