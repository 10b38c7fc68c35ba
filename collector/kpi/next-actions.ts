/**
 * What to do next: at most five things that the facts of a period show, each with what it would win back. Pure. Gains differ in
 * kind (points of the index, hours, money, share of a KPI); each is set against the others as the points that it is about as much as.
 */
import type { NextAction, Stability } from '../../shared/api.ts';
import type { StabilityIndex } from './formulas/stability-index.ts';
import type { Figure } from './kpi.ts';
import type { Month } from './month.ts';

interface ActionFacts {
  month: Pick<Month, 'lost' | 'uncounted' | 'unknown' | 'parts'>;
  /** By the id of the KPI. */
  figures: Readonly<Record<string, Figure>>;
  index: Pick<StabilityIndex, 'pointsLost' | 'weight'>;
  causes: Stability['causes'];
  ticketNamed(id: number): NextAction['ticket'];
  endpointNamed(id: string): NonNullable<NextAction['endpoint']>;
  /** That will be full within 30 days, the first one first. */
  disks: readonly { endpoint: string; days: number }[];
}

const actionsShown = 5;
/** So many are about incidents before anything else is; more only where there is room. */
const repeatsFirst = 2;

interface Candidate {
  action: NextAction;
  /** About as many points. */
  worth: number;
}

export function nextActions(facts: ActionFacts): NextAction[] {
  const repeats = repeatsOf(facts);
  const others = [...unknownsOf(facts), ...otherParts(facts)].sort((a, b) => b.worth - a.worth);
  const room = Math.max(repeatsFirst, actionsShown - others.length);
  return [...repeats.slice(0, room), ...others]
    .slice(0, actionsShown)
    .sort((a, b) => b.worth - a.worth)
    .map(({ action }) => action);
}

const none = { ticket: null, endpoint: null, site: null, points: null, hours: null } as const;
const shareOfPoint = 10;

/** What is not answered late: a late answer is won back by answering, whatever broke. */
function repeatsOf({ causes }: ActionFacts): Candidate[] {
  return causes
    .flatMap(({ ticket, endpoint, points: all, byPart, hours }): Candidate[] => {
      const points = all - (byPart.response ?? 0);
      if (points < 0.05 || (!ticket && !endpoint)) return [];
      const code = ticket ? 'follow_up' : 'endpoint_down';
      const action = { ...none, code, ticket, endpoint, points, hours: hours > 0 ? hours : null } as const;
      return [{ action, worth: points }];
    })
    .sort((a, b) => b.worth - a.worth);
}

/** What is not known hides what was lost: it is worth at least a point. */
function unknownsOf({ month, index, ticketNamed, endpointNamed }: ActionFacts): Candidate[] {
  const found: Candidate[] = [];
  const [open] = month.lost.incidents
    .filter((one) => one.unconfirmed > 0)
    .sort((a, b) => b.unconfirmed - a.unconfirmed);
  const ticket = open && ticketNamed(open.ticket);
  if (open && ticket)
    found.push({
      action: { ...none, code: 'confirm_impact', ticket, hours: open.unconfirmed },
      worth: Math.max(1, pointsOf(open.unconfirmed, month, index)),
    });
  const [site] = month.uncounted;
  if (site !== undefined) found.push({ action: { ...none, code: 'people_of_site', site }, worth: 2 });
  const [endpoint] = month.unknown.flatMap(({ endpoints }) => endpoints);
  if (endpoint !== undefined)
    found.push({ action: { ...none, code: 'people_of_endpoint', endpoint: endpointNamed(endpoint) }, worth: 1 });
  return found;
}

/** Points that so many hours take of the index. */
function pointsOf(hours: number, { lost, parts }: ActionFacts['month'], { weight }: ActionFacts['index']): number {
  const { weight: own, target, floor } = parts.lost_hours;
  if (lost.scheduled <= 0 || weight <= 0 || target === floor) return 0;
  return ((100 * own) / weight) * Math.min(1, (100 * hours) / lost.scheduled / Math.abs(floor - target));
}

const beside = (figure: Figure | undefined, code: string) =>
  figure?.beside.find((one) => one.code === code)?.value ?? null;

function otherParts({ figures, index, month, disks, endpointNamed }: ActionFacts): Candidate[] {
  const found: Candidate[] = [];
  const late = beside(figures.response_in_target, 'breached') ?? 0;
  const points = index.pointsLost.response ?? 0;
  if (late > 0 && points >= 0.05)
    found.push({
      action: { ...none, code: 'answer_in_time', kpi: 'response_in_target', n: late, points },
      worth: points,
    });
  for (const [code, kpi] of [
    ['back_up', 'backup_coverage'],
    ['patch', 'patch_compliance'],
  ] as const) {
    const [good, not] = [beside(figures[kpi], 'at_end') ?? 0, beside(figures[kpi], 'not_at_end') ?? 0];
    if (not === 0) continue;
    const share = (100 * not) / (good + not);
    found.push({ action: { ...none, code, kpi, n: not, share }, worth: share / shareOfPoint });
  }
  const [failed, changes] = [beside(figures.change_success, 'failed') ?? 0, figures.change_success?.n ?? 0];
  if (failed > 0) {
    const share = (100 * failed) / changes;
    found.push({
      action: { ...none, code: 'review_changes', kpi: 'change_success', n: failed, share },
      worth: share / shareOfPoint,
    });
  }
  const [first] = disks;
  if (first)
    found.push({
      action: {
        ...{ ...none, code: 'free_disk', endpoint: endpointNamed(first.endpoint) },
        ...{ n: disks.length, days: Math.max(0, first.days) },
      },
      // Three points where it is full today, half of that in a week.
      worth: 21 / (7 + Math.max(0, first.days)),
    });
  const unused = beside(figures.software_utilisation, 'unused_cost') ?? 0;
  const currency = figures.software_utilisation?.currency;
  if (unused > 0 && currency !== undefined)
    found.push({
      action: { ...none, code: 'reclaim_licences', kpi: 'software_utilisation', money: unused, currency },
      worth: worthOfMoney(unused, figures.lost_hours, month, index),
    });
  return found;
}

/** As much as the hours that it would pay for; half a point where no price of an hour is stated. */
function worthOfMoney(
  cents: number,
  lost: Figure | undefined,
  month: ActionFacts['month'],
  index: ActionFacts['index'],
) {
  const [money, hours] = [beside(lost, 'money') ?? 0, lost?.value ?? 0];
  return money > 0 && hours > 0 ? pointsOf((cents * hours) / money, month, index) : 0.5;
}
