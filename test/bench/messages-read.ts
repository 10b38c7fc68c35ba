/** What became of each change of an alert in a month: a message of its own, or the mechanism that saved one. */
import { familyOf } from '../../collector/evaluate/book.ts';
import { defaultRules } from '../../collector/evaluate/defaults.ts';
import { groupDefaults } from '../../collector/notify/group-settings.ts';
import type { Scene } from '../collector/alerts/scene.ts';
import { count, type Fault, startAt } from './messages-month.ts';

const hour = 3_600_000;

export interface Sent {
  id: number;
  /** ms since the start. */
  at: number;
  event: string;
  severity: string;
  rule: string;
  /** Names of endpoints and sites. */
  about: string[];
  alerts: string[];
  /** To how many people and channels. */
  copies: number;
}

interface HistoryRow {
  alert: string;
  at: number;
  code: string;
  severity: string;
}

export interface Read {
  sent: Sent[];
  history: HistoryRow[];
  /** By id. */
  endpoints: Map<string, { endpoint: string; family: string }>;
}

const family = (rule: string) => familyOf(defaultRules.find(({ id }) => id === rule) ?? { id: rule });

export async function readMonth({ state }: Scene): Promise<Read> {
  const rows = await state.selectFrom('notifications').selectAll().orderBy('id').execute();
  const members = Map.groupBy(
    await state.selectFrom('notification_alerts').selectAll().execute(),
    ({ notification }) => notification,
  );
  const copies = Map.groupBy(
    await state.selectFrom('deliveries').select(['id', 'notification']).execute(),
    ({ notification }) => notification,
  );
  const sent = rows.map(({ id, at, event, severity, facts }): Sent => {
    const said = JSON.parse(facts) as {
      endpoint: { name: string; site: string | null };
      members: { names: string[] } | null;
      rule: { id: string };
    };
    const about = [
      said.endpoint.name,
      ...(said.members?.names ?? []),
      ...(said.members ? [said.endpoint.site ?? ''] : []),
    ];
    return {
      ...{ id, at: at - startAt, event, severity, rule: family(said.rule.id), about },
      alerts: (members.get(id) ?? []).map(({ alert }) => alert),
      copies: copies.get(id)?.length ?? 0,
    };
  });
  const events = await state
    .selectFrom('alert_events')
    .select(['alert', 'at', 'code', 'severity'])
    .orderBy('id')
    .execute();
  const alerts = await state.selectFrom('alerts').select(['id', 'endpoint', 'rule']).execute();
  return {
    sent,
    history: events.map(({ at, ...one }) => ({ ...one, at: at - startAt })),
    endpoints: new Map(alerts.map(({ id, endpoint, rule }) => [id, { endpoint, family: family(rule) }])),
  };
}

/** Until when something may be said of a fault that is over: a backup is good again with its next run. */
const after = 26 * hour;

export function faultOf(faults: readonly Fault[], sites: ReadonlyMap<string, string>, { at, rule, about }: Sent) {
  return faults.find(({ endpoints, from, to, rules }) => {
    if (at < from || at > (to ?? Number.POSITIVE_INFINITY) + after) return false;
    if (!rules.includes(rule) && rule !== 'several') return false;
    return endpoints.some(
      (id) => about.includes(`${id}-name`) || (rule === 'site-down' && about.includes(sites.get(id) ?? '')),
    );
  });
}

// ── what saved messages ──

const suppressions: Readonly<Record<string, readonly [on: boolean, by: string]>> = {
  ...{ maintenance: [true, 'maintenance'], maintenance_ended: [false, 'maintenance'] },
  ...{ silenced: [true, 'silence'], silence_ended: [false, 'silence'] },
  ...{ inhibited: [true, 'inhibition'], inhibition_ended: [false, 'inhibition'] },
  ...{ held: [true, 'inhibition'], hold_over: [false, 'inhibition'] },
  ...{ in_site_incident: [true, 'site incident'], site_incident_left: [false, 'site incident'] },
  ...{ said_before: [true, 'said within 7 days'], said_before_over: [false, 'said within 7 days'] },
};
const worth = new Set(['firing', 'worse', 'resolved']);
const repeated = (severity: string) => groupDefaults.repeat[severity as 'critical'];

/** Of each change that would be a message without any of it: what became of it; and reminders that an owner stopped. */
export function savings({ sent, history }: Read) {
  const of = new Map<string, number>();
  const add = (what: string, n = 1) => of.set(what, (of.get(what) ?? 0) + n);
  const paid = new Set<number>();
  const by = new Map<string, Sent[]>();
  for (const one of sent) for (const alert of one.alerts) by.set(alert, [...(by.get(alert) ?? []), one]);
  let reminders = 0;
  for (const [alert, rows] of Map.groupBy(history, (row) => row.alert)) {
    const messages = by.get(alert) ?? [];
    const active = new Set<string>();
    let [flaps, owned, why] = [false, null as number | null, ''];
    for (const [n, { at, code, severity }] of rows.entries()) {
      const change = suppressions[code];
      if (change?.[0]) active.add(change[1]);
      else if (change) active.delete(change[1]);
      if (code === 'flapping' || code === 'stable') flaps = code === 'flapping';
      if (owned !== null && (code === 'acknowledgement_ended' || code === 'resolved')) {
        const every = repeated(severity);
        if (every) reminders += Math.floor((at - owned) / every);
        owned = null;
      }
      if (code === 'acknowledged') owned = at;
      if (!worth.has(code)) continue;
      const next = rows.slice(n + 1).find((row) => worth.has(row.code) && row.at > at);
      const message = messages.find((one) => one.at >= at && one.at <= (next?.at ?? Number.POSITIVE_INFINITY));
      if (severity === 'info') add('info: shown on pages only');
      else if (message && !paid.has(message.id)) {
        paid.add(message.id);
        add('sent');
        why = 'grouping';
      } else if (message) add(message.event === 'digest' ? 'digest' : 'grouping');
      else {
        // What begins at the same moment, or before the first message is due.
        const soon = rows.slice(n + 1).find((row) => suppressions[row.code]?.[0] && row.at - at <= 5 * 60_000);
        const [suppressed] = [...active];
        if (suppressed) why = suppressed;
        else if (soon) why = suppressions[soon.code]?.[1] ?? '';
        else if (flaps) why = 'flapping';
        else if (code !== 'resolved' && owned !== null) why = 'acknowledged';
        else if (code === 'firing') why = 'over before it was said: quiet hours, wait, an owner';
        add(why || 'grouping');
      }
    }
  }
  const beyond = Object.fromEntries(
    [
      ...Map.groupBy(
        sent.filter(({ id }) => !paid.has(id)),
        ({ event }) => event,
      ),
    ].map(([event, all]) => [event, all.length]),
  );
  return { of, beyond, reminders };
}

export const perEndpointWeek = (n: number, days: number) => (n / count / (days / 7)).toFixed(3);
