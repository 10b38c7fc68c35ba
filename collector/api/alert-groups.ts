/** Active alerts by rule and site, for the page on which people decide what to do next. */
import { type Static, Type } from 'typebox';
import type { AlertGroup, AlertGroups } from '../../shared/alert-groups.ts';
import type { Alert } from '../../shared/api.ts';
import { alertViews } from '../../shared/choices.ts';
import { weightOf } from '../../shared/level.ts';
import { isOutside } from '../../shared/words/names.ts';
import type { State } from '../state/open.ts';
import { type AlertRead, alertOf, alertRows, type RuleNamed } from './read-alerts.ts';
import { closed } from './shapes.ts';

export const AlertGroupQuery = Type.Object(
  {
    show: Type.Optional(Type.Enum([...alertViews], { default: 'all', description: 'which of them; see `counts`' })),
  },
  closed,
);
export type AlertGroupQuery = Static<typeof AlertGroupQuery>;

/** More at once are one outage, or a rule that fires everywhere: the first of them say so. */
const readAtMost = 5000;
const groupsAtMost = 200;
const shownInGroup = 12;
const namedInGroup = 3;

const isOpen = ({ state }: Alert) => state === 'firing' || state === 'unknown';
const isHeard = (alert: Alert) => isOpen(alert) && alert.suppressedBy.length === 0;
const isOwned = ({ acknowledgedAt }: Alert) => acknowledgedAt !== null;

/** Whether an alert belongs to a view. */
const belongs: Readonly<Record<(typeof alertViews)[number], (alert: Alert, me: string) => boolean>> = {
  needs: (alert) => isHeard(alert) && !isOwned(alert),
  mine: (alert, me) => isHeard(alert) && (alert.acknowledgedBy === me || alert.handedTo === me),
  all: isHeard,
  pending: ({ state }) => state === 'pending',
  hidden: (alert) => isOpen(alert) && alert.suppressedBy.length > 0,
};

/** Critical ones that need somebody, whatever they are about: the number in the menu of every page. */
export async function waitingAlerts(state: State): Promise<number> {
  const { n } = await state
    .selectFrom('alerts')
    .select((is) => is.fn.countAll<number | string>().as('n'))
    .where('active_key', 'is not', null)
    .where('state', 'in', ['firing', 'unknown'])
    .where('severity', '=', 'critical')
    .where('acknowledged_at', 'is', null)
    .where('suppressed_by', '=', '')
    .where('suppressed', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(n);
}

export async function alertGroups(
  state: State,
  ruleNamed: RuleNamed,
  { show = 'all' }: AlertGroupQuery,
  me: string,
): Promise<AlertGroups> {
  const rows = await alertRows(state)
    .select('endpoints.site as site')
    .where('alerts.active_key', 'is not', null)
    .orderBy('alerts.updated_at', 'desc')
    .limit(readAtMost)
    .execute();
  const sites = new Map(rows.map(({ id, site }) => [id, site]));
  const alerts = rows.map((row: AlertRead) => alertOf(row, ruleNamed));
  const countOf = (view: keyof typeof belongs) => alerts.filter((alert) => belongs[view](alert, me)).length;
  const needs = alerts.filter((alert) => belongs.needs(alert, me));
  const groups = grouped(
    alerts.filter((alert) => belongs[show](alert, me)),
    sites,
    ruleNamed,
  );
  return {
    counts: {
      critical: needs.filter(({ severity }) => severity === 'critical').length,
      needs: needs.length,
      owned: countOf('all') - needs.length,
      ...{ mine: countOf('mine'), all: countOf('all'), pending: countOf('pending'), hidden: countOf('hidden') },
    },
    groups: groups.slice(0, groupsAtMost),
    more: Math.max(0, groups.length - groupsAtMost),
    cutAt: rows.length < readAtMost ? null : readAtMost,
  };
}

const sinceOf = ({ firedAt, pendingAt }: Alert) => firedAt ?? pendingAt;
const byUrgency = (a: Alert, b: Alert) =>
  Number(isOwned(a)) - Number(isOwned(b)) || weightOf(b.severity) - weightOf(a.severity) || sinceOf(a) - sinceOf(b);

function grouped(alerts: readonly Alert[], sites: ReadonlyMap<string, string | null>, ruleNamed: RuleNamed) {
  const familyOf = ({ rule }: Alert) => rule.level_of ?? rule.id;
  // All alerts of other monitoring are of one rule: what its sender calls them tells them apart.
  const nameOf = ({ rule, tags }: Alert) => (isOutside(rule) ? (tags.alertname ?? null) : null);
  const keyOf = (alert: Alert) => JSON.stringify([familyOf(alert), sites.get(alert.id) ?? null, nameOf(alert)]);
  return [...Map.groupBy(alerts, keyOf)]
    .map(([key, some]) => groupOf(key, some.toSorted(byUrgency), ruleNamed))
    .sort(
      (a, b) =>
        Number(a.unowned === 0) - Number(b.unowned === 0) ||
        weightOf(b.severity) - weightOf(a.severity) ||
        a.since - b.since,
    );
}

function groupOf(key: string, alerts: readonly Alert[], ruleNamed: RuleNamed): AlertGroup {
  const [family, site] = JSON.parse(key) as [string, string | null];
  const some = <T>(values: readonly (T | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].slice(0, namedInGroup);
  const worst = alerts.toSorted((a, b) => weightOf(b.severity) - weightOf(a.severity))[0] as Alert;
  return {
    ...{ key, site, severity: worst.severity, rule: ruleNamed(family) },
    count: alerts.length,
    endpoints: new Set(alerts.map(({ endpoint }) => endpoint.id)).size,
    unowned: alerts.filter((alert) => !isOwned(alert)).length,
    since: Math.min(...alerts.map(sinceOf)),
    owners: some(alerts.map(({ acknowledgedBy }) => acknowledgedBy)),
    tickets: some(alerts.map(({ ticket }) => ticket)),
    ids: alerts.map(({ id }) => id),
    alerts: alerts.slice(0, shownInGroup),
  };
}
