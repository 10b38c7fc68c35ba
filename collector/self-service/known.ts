/**
 * What monitoring knows of one machine, in words for whoever sits at it: kinds of trouble and whether somebody works on it. Never a
 * value, a rule, a name, or what is known of another machine.
 */
import type { State } from '../state/database.ts';

/** What people notice; of the rest nobody at the machine can say that this is their problem. */
const troubles = ['silent', 'disk', 'slow', 'hardware', 'network', 'backup', 'program'] as const;
export type KnownTrouble = (typeof troubles)[number];

export interface KnownNow {
  /** Worst first, each once. */
  troubles: { what: KnownTrouble; isTaken: boolean }[];
  /** Until when planned work lasts, ms UTC; null: there is none. */
  workUntil: number | null;
  /** Its whole site is disturbed. */
  isSiteDown: boolean;
}

/** By the first part of the metric that an alert is about. */
const ofMetric: Readonly<Record<string, KnownTrouble>> = {
  endpoint: 'silent',
  disk: 'disk',
  disk_forecast: 'disk',
  diskio: 'slow',
  cpu: 'slow',
  mem: 'slow',
  swap: 'slow',
  system: 'slow',
  pressure: 'slow',
  array: 'hardware',
  smart: 'hardware',
  temp: 'hardware',
  net: 'network',
  backup: 'backup',
  service: 'program',
};

/** Pure. */
function troublesIn(alerts: readonly { metric: string; isTaken: boolean }[]): KnownNow['troubles'] {
  const found = new Map<KnownTrouble, boolean>();
  for (const { metric, isTaken } of alerts) {
    const [start = '', rest = ''] = metric.split('.');
    const what = start === 'array' && rest.startsWith('used') ? 'disk' : ofMetric[start];
    if (what !== undefined) found.set(what, (found.get(what) ?? false) || isTaken);
  }
  return troubles.flatMap((what) => {
    const isTaken = found.get(what);
    return isTaken === undefined ? [] : [{ what, isTaken }];
  });
}

export async function knownOf(
  state: State,
  { id, site }: { id: string; site: string | null },
  now: number,
): Promise<KnownNow> {
  const alerts = await state
    .selectFrom('alerts')
    .leftJoin('tickets', 'tickets.id', 'alerts.ticket')
    .select(['alerts.metric', 'alerts.acknowledged_at', 'tickets.assignee'])
    .where('alerts.endpoint', '=', id)
    .where('alerts.state', '=', 'firing')
    .where('alerts.severity', 'in', ['warning', 'critical'])
    .limit(200)
    .execute();
  const work = await state
    .selectFrom('maintenance_members as m')
    .innerJoin('maintenance_occurrences as o', 'o.id', 'm.occurrence')
    .select(({ fn }) => fn.max('o.end_at').as('end'))
    .where('m.endpoint', '=', id)
    .where('o.start_at', '<=', now)
    .where('o.end_at', '>', now)
    .where((is) => is.or([is('m.to_at', 'is', null), is('m.to_at', '>', now)]))
    .executeTakeFirst();
  const outage =
    site === null
      ? undefined
      : await state
          .selectFrom('incidents')
          .select('id')
          .where('kind', '=', 'site')
          .where('site', '=', site)
          .where('ended_at', 'is', null)
          .executeTakeFirst();
  return {
    troubles: troublesIn(
      alerts.map(({ metric, acknowledged_at, assignee }) => ({
        metric,
        isTaken: acknowledged_at !== null || assignee !== null,
      })),
    ),
    workUntil: work?.end == null ? null : Number(work.end),
    isSiteDown: outage !== undefined,
  };
}
