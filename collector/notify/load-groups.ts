/** Reads back, after a restart, what receivers were told of the alerts that go on, and of those whose end is not sent yet. */
import type { LiveAlert } from '../alerts/alert.ts';
import { loadEnded } from '../alerts/load.ts';
import { rankOf } from '../evaluate/book.ts';
import type { EscalationRun } from '../on-call/escalation.ts';
import type { State } from '../state/open.ts';
import { type LastSaid, wayKey } from './group.ts';
import { standingNews } from './group-alerts.ts';
import type { AlertNews } from './group-memory.ts';
import type { SavedGroups } from './group-restore.ts';
import type { Way } from './notification.ts';
import { againOfRule, longestAgainMs } from './said.ts';

const hourMs = 3_600_000;

export interface LoadParts {
  state: State;
  /** All that go on. */
  alerts: readonly LiveAlert[];
  /** Why no message may be sent about an alert, by its id. */
  suppressedBy(alert: string): ReadonlySet<string>;
  bookOf: Parameters<typeof loadEnded>[2];
}

export async function loadGroups(
  { state, alerts, suppressedBy, bookOf }: LoadParts,
  now: number,
): Promise<SavedGroups> {
  const byKey = new Map(alerts.map((alert) => [alert.key, alert]));
  const [groups, members, ways, runs] = await Promise.all([
    state.selectFrom('alert_groups').selectAll().execute(),
    state.selectFrom('alert_group_members').selectAll().execute(),
    state.selectFrom('alert_group_ways').selectAll().execute(),
    state.selectFrom('escalation_runs').selectAll().execute(),
  ]);
  const heard = await hearers(state, ways);
  const over = members.filter((one) => !byKey.has(one.alert_key)).map(({ alert }) => alert);
  const ended = await loadEnded(state, [...new Set(over)], bookOf, now);
  const membersOf = Map.groupBy(members, ({ group_id }) => group_id);
  const waysOf = Map.groupBy(ways, ({ group_id }) => group_id);
  const newsOf = (key: string, id: string): AlertNews | undefined => {
    const current = byKey.get(key);
    if (current) return standingNews(current);
    const past = ended.get(id);
    return (
      past && { ...standingNews(past.alert), fires: false, isUnknown: false, why: past.why, endedAt: past.endedAt }
    );
  };
  const saved = groups.map((group): SavedGroups['groups'][number] => {
    const run = runs.find((one) => one.group_id === group.id);
    return {
      id: group.id,
      receiver: group.receiver,
      values: JSON.parse(group.label_values) as Record<string, string>,
      last: { at: group.last_at, severity: group.last_severity },
      worst: group.worst,
      repeats: group.repeats,
      ways: (waysOf.get(group.id) ?? []).map(({ channel, recipient, user_name }): Way => {
        return { channel, recipient: recipient || null, user: user_name };
      }),
      members: (membersOf.get(group.id) ?? []).flatMap((one) => {
        const news = newsOf(one.alert_key, one.alert);
        const told = { severity: one.severity, flaps: one.flaps === 1 };
        return news ? [{ key: one.alert_key, news, told, heard: heard.get(`${group.id} ${one.alert}`) ?? null }] : [];
      }),
      run: run ? (JSON.parse(run.run) as EscalationRun) : null,
    };
  });
  return {
    groups: saved,
    earlier: await toldBefore(state),
    alerts: alerts.map((alert) => {
      return { key: alert.key, news: standingNews(alert), suppressedBy: [...suppressedBy(alert.id)] };
    }),
    said: await lastSaid(state, bookOf, now),
    messages: await recentMessages(state, now),
  };
}

/**
 * Who was told that an alert fires, by group and id of the alert, as the messages have it. Of what is older than they are
 * kept nothing is known.
 */
async function hearers(
  state: State,
  ways: readonly { group_id: string; channel: string; recipient: string }[],
): Promise<Map<string, ReadonlySet<string>>> {
  const known = new Set(ways.map(({ group_id, ...way }) => `${group_id} ${wayKey(way)}`));
  const rows = await state
    .selectFrom('alert_group_members as member')
    .innerJoin('alert_groups as group', 'group.id', 'member.group_id')
    .innerJoin('alerts', 'alerts.id', 'member.alert')
    .innerJoin('notification_alerts as named', 'named.alert', 'member.alert')
    .innerJoin('notifications', 'notifications.id', 'named.notification')
    .innerJoin('deliveries', 'deliveries.notification', 'named.notification')
    .select(['member.group_id', 'member.alert', 'deliveries.channel', 'deliveries.recipient'])
    .distinct()
    // A digest of several groups is about none of them.
    .where((is) =>
      is.or([
        is('deliveries.about', '=', is.ref('member.group_id')),
        is('deliveries.receiver', '=', is.ref('group.receiver')),
      ]),
    )
    .where('notifications.event', 'not in', ['resolved', 'acknowledged'])
    .where((is) => is.or([is('resolved_at', 'is', null), is('notifications.at', '<=', is.ref('resolved_at'))]))
    .execute();
  const found = new Map<string, Set<string>>();
  for (const { group_id, alert, ...way } of rows) {
    if (!known.has(`${group_id} ${wayKey(way)}`)) continue;
    const key = `${group_id} ${alert}`;
    found.set(key, (found.get(key) ?? new Set()).add(wayKey(way)));
  }
  return found;
}

/** What was said lately of series of which that is not said again for a while. */
async function lastSaid(state: State, bookOf: LoadParts['bookOf'], now: number): Promise<Map<string, LastSaid>> {
  const rows = await state
    .selectFrom('notification_alerts')
    .innerJoin('notifications', 'notifications.id', 'notification_alerts.notification')
    .innerJoin('alerts', 'alerts.id', 'notification_alerts.alert')
    .select(['alerts.id', 'alerts.key', 'alerts.rule', 'alerts.endpoint', 'notifications.at'])
    .select(['alerts.severity as worst', 'notifications.severity', 'alerts.resolved_at'])
    .where('notifications.at', '>', now - longestAgainMs)
    .orderBy('notifications.at')
    .execute();
  const said = new Map<string, LastSaid>();
  for (const { id, key, rule, endpoint, at, worst, severity, resolved_at } of rows) {
    const again = againOfRule(bookOf(endpoint)?.rule(rule));
    if (again === null || at <= now - again || (resolved_at !== null && at >= resolved_at)) continue;
    // A message has the severity of its worst alert, and an alert may have got worse since.
    const rank = Math.min(rankOf[severity], rankOf[worst]);
    said.set(key, { alert: id, at, rank: Math.max(rank, said.get(key)?.rank ?? 0) });
  }
  return said;
}

/** Of alerts that go on, by a version that had no groups: each alert had messages of its own. */
async function toldBefore(state: State): Promise<SavedGroups['earlier']> {
  const rows = await state
    .selectFrom('deliveries')
    .innerJoin('alerts', 'alerts.id', 'deliveries.about')
    .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
    .select(['alerts.key', 'channel', 'notifications.at', 'notifications.severity', 'event'])
    .where('active_key', 'is not', null)
    .where('event', 'in', ['firing', 'flapping'])
    .orderBy('notifications.at')
    .execute();
  return rows.map(({ event, ...row }) => ({ ...row, flaps: event === 'flapping' }));
}

async function recentMessages(state: State, now: number): Promise<SavedGroups['messages']> {
  const rows = await state
    .selectFrom('deliveries')
    .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
    .select(['notifications.at', 'deliveries.receiver'])
    .distinct()
    .where('deliveries.created_at', '>', now - hourMs)
    .where('deliveries.receiver', 'is not', null)
    .execute();
  return rows.flatMap(({ at, receiver }) => (receiver === null ? [] : [{ at, receiver }]));
}
