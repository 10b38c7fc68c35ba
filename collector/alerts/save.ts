/**
 * Saves what happened to alerts, what follows for tickets, and the notices about it: one transaction. Nobody is told of
 * anything that is not in it.
 */
import { randomBytes } from 'node:crypto';
import type { Transaction } from 'kysely';
import { fieldOf } from '../../shared/metrics.ts';
import type { EndpointKind } from '../fleet/fleet.ts';
import type { Notice } from '../notify/channel.ts';
import { type Route, routesFor } from '../notify/route.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { carryOut, type Outcome, type Subject } from '../tickets/automate.ts';
import { type Action, budgetKey } from '../tickets/policy.ts';
import { note } from '../tickets/tickets.ts';
import type { Active, Happening } from './alert.ts';

/** The end of an alert, in a word for the row: cleared, silent, gone, rule_removed, retired. */
export type Why = 'cleared' | 'silent' | 'gone' | 'rule_removed' | 'retired';

export interface Change {
  alert: Active;
  happened: readonly Happening[];
  at: number;
  why: Why | null;
  /** Told to nobody: it is one of a storm, of which people hear once. */
  quiet: boolean;
}

export interface Named {
  id: string;
  name: string;
  kind: EndpointKind;
  site: string | null;
}

export interface SaveParts {
  state: State;
  routes: readonly Route[];
  publicUrl: () => string;
  endpointOf(id: string): Named;
  ruleName(id: string): { en: string; ja: string };
  subjectOf(key: string): Subject | undefined;
  alertOf(key: string): Active | undefined;
}

type Db = Transaction<Database>;

/** @returns what the policy's actions did, and how many notices were queued */
export function saveChanges(
  parts: SaveParts,
  changes: readonly Change[],
  actions: readonly Action[],
): Promise<Outcome & { queued: number }> {
  return parts.state.transaction().execute(async (db) => {
    for (const change of changes) await saveAlert(db, change);
    const outcome = await carryOut(db, actions, parts.subjectOf);
    for (const [key, ticket] of outcome.ticketOf)
      await db.updateTable('alerts').set({ ticket }).where('active_key', '=', key).execute();
    let queued = 0;
    for (const change of changes) {
      if (change.happened.includes('escalated')) await raisePriority(db, change, outcome);
      queued += await tellOf(db, parts, change, outcome);
    }
    for (const action of actions) queued += await tellOfAction(db, parts, action, outcome);
    return { ...outcome, queued };
  });
}

async function saveAlert(db: Db, { alert, happened, at, why }: Change): Promise<void> {
  if (happened.includes('begun')) return insert(db, alert, at);
  if (happened.includes('dropped')) {
    await db.deleteFrom('alerts').where('id', '=', alert.id).execute();
    return;
  }
  const ended = why !== null;
  await db
    .updateTable('alerts')
    .set({
      ...columnsOf(alert),
      state: ended ? 'resolved' : alert.state === 'pending' ? 'pending' : 'firing',
      active_key: ended ? null : alert.key,
      resolved_at: ended ? at : null,
      resolved_why: why,
      updated_at: at,
    })
    .where('id', '=', alert.id)
    .execute();
}

async function insert(db: Db, alert: Active, at: number): Promise<void> {
  await db
    .insertInto('alerts')
    .values({
      id: alert.id,
      key: alert.key,
      active_key: alert.key,
      endpoint: alert.endpoint,
      metric: alert.metric,
      tags: JSON.stringify(alert.tags),
      pending_at: alert.pendingAt,
      state: alert.state === 'firing' ? 'firing' : 'pending',
      resolved_at: null,
      resolved_why: null,
      acknowledged_at: null,
      acknowledged_by: null,
      ticket: null,
      updated_at: at,
      ...columnsOf(alert),
    })
    .execute();
}

const columnsOf = ({ rule, value, threshold, firedAt }: Active) => ({
  rule: rule.id,
  severity: rule.severity,
  value,
  threshold,
  fired_at: firedAt,
});

async function raisePriority(db: Db, { alert, at }: Change, outcome: Outcome): Promise<void> {
  const id = outcome.ticketOf.get(alert.key) ?? alert.ticket;
  if (id === null) return;
  const ticket = await db
    .selectFrom('tickets')
    .select(['priority', 'impact', 'urgency'])
    .where('id', '=', id)
    .where('open_key', '=', alert.key)
    .executeTakeFirst();
  if (!ticket || ticket.urgency <= alert.rule.urgency) return;
  const priority = ticket.impact + alert.rule.urgency - 1;
  await db
    .updateTable('tickets')
    .set({ priority, urgency: alert.rule.urgency, updated_at: at })
    .where('id', '=', id)
    .execute();
  await note(db, id, at, 'monitor', 'priority', {
    from_state: `P${ticket.priority}`,
    to_state: `P${priority}`,
    data: JSON.stringify({ alert: alert.id, severity: alert.rule.severity }),
  });
  outcome.changed.add(id);
}

async function tellOf(db: Db, parts: SaveParts, change: Change, outcome: Outcome): Promise<number> {
  const { alert, happened, at, why, quiet } = change;
  const ticket = outcome.ticketOf.get(alert.key) ?? alert.ticket;
  if (happened.includes('fired') || happened.includes('escalated')) {
    if (quiet) return 0;
    return queue(
      db,
      routesFor(parts.routes, alert.rule.severity),
      noticeOf(parts, alert, 'firing', ticket),
      at,
      alert.id,
    );
  }
  // Nobody hears of the sleep: it is neither better nor worse, only unknown.
  if (why === null || why === 'silent') return 0;
  const notice = { ...noticeOf(parts, alert, 'resolved', ticket), endedAt: at, why: why === 'cleared' ? null : why };
  return queue(db, await toldAbout(db, alert.id), notice, at, alert.id);
}

/** Who has heard that it began is told that it ended, and nobody else. */
async function toldAbout(db: Db, alert: string): Promise<string[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('channel')
    .distinct()
    .where('alert', '=', alert)
    .where('dedupe_key', 'like', `${alert}/firing/%`)
    .execute();
  return rows.map((row) => row.channel);
}

async function tellOfAction(db: Db, parts: SaveParts, action: Action, outcome: Outcome): Promise<number> {
  const { key, at } = action;
  const alert = parts.alertOf(key);
  const ticket = outcome.ticketOf.get(key) ?? alert?.ticket ?? null;
  if (action.type === 'remind') {
    const last = await lastAlert(db, key);
    if (!last) return 0;
    const base = noticeOf(parts, { ...last, key }, 'reminder', last.ticket);
    return queue(db, routesFor(parts.routes, 'warning'), { ...base, why: 'restored' }, at, last.id);
  }
  if (action.type === 'open' && alert?.state === 'firing') {
    // It was held back as one of a storm that then was none.
    const told = await toldAbout(db, alert.id);
    if (told.length > 0) return 0;
    return queue(
      db,
      routesFor(parts.routes, alert.rule.severity),
      noticeOf(parts, alert, 'firing', ticket),
      at,
      alert.id,
    );
  }
  return key.startsWith('storm/') ? tellOfStorm(db, parts, action) : 0;
}

async function tellOfStorm(db: Db, parts: SaveParts, { type, key, at }: Action): Promise<number> {
  if (type !== 'open-parent' && type !== 'reopen' && type !== 'resolve') return 0;
  const ticket = await db
    .selectFrom('tickets')
    .select(['id', 'opened_at'])
    .where('key', '=', key)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (!ticket) return 0;
  const firing = stormNotice(parts, key, ticket);
  if (type !== 'resolve') return queue(db, routesFor(parts.routes, 'critical'), firing, at, key);
  return queue(db, await toldAbout(db, key), { ...firing, event: 'resolved', endedAt: at }, at, key);
}

type Told = Pick<Active, 'endpoint' | 'metric' | 'tags' | 'value' | 'threshold' | 'firedAt' | 'pendingAt' | 'key'> & {
  rule: { id: string; severity: Notice['severity'] };
};

async function lastAlert(
  db: Db,
  key: string,
): Promise<(Omit<Told, 'key'> & { id: string; ticket: number | null }) | null> {
  const row = await db
    .selectFrom('alerts')
    .selectAll()
    .where('key', '=', key)
    .orderBy('pending_at', 'desc')
    .executeTakeFirst();
  if (!row) return null;
  return {
    ...row,
    rule: { id: row.rule, severity: row.severity },
    tags: JSON.parse(row.tags) as Record<string, string>,
    firedAt: row.fired_at,
    pendingAt: row.pending_at,
  };
}

/** The notice about one alert, as it is now. */
export function noticeOf(
  parts: Pick<SaveParts, 'endpointOf' | 'ruleName' | 'publicUrl'>,
  alert: Told,
  event: Notice['event'],
  ticket: number | null,
): Notice {
  const endpoint = parts.endpointOf(alert.endpoint);
  const page = ticket === null ? `/endpoints/${encodeURIComponent(endpoint.id)}` : `/tickets/${ticket}`;
  return {
    id: '',
    event,
    key: alert.key,
    rule: { id: alert.rule.id, ...parts.ruleName(alert.rule.id) },
    severity: alert.rule.severity,
    endpoint,
    metric: alert.metric,
    tags: alert.tags,
    value: alert.value,
    threshold: alert.threshold,
    unit: fieldOf(alert.metric)?.unit ?? '',
    startedAt: alert.firedAt ?? alert.pendingAt,
    endedAt: null,
    why: null,
    ticket,
    url: parts.publicUrl() + page,
  };
}

/** A storm is about a site, not about one endpoint. */
function stormNotice(parts: SaveParts, key: string, ticket: { id: number; opened_at: number }): Notice {
  const [, site = '', check = ''] = key === budgetKey ? [] : key.split('/');
  const named = check
    ? parts.ruleName(check)
    : { en: 'More alerts than tickets', ja: 'アラート多数のためまとめました' };
  return {
    id: '',
    event: 'firing',
    key,
    rule: { id: check || 'storm', ...named },
    severity: 'critical',
    endpoint: { id: '', name: site || '*', kind: 'site', site: site || null },
    metric: '',
    tags: {},
    value: null,
    threshold: null,
    unit: '',
    startedAt: ticket.opened_at,
    endedAt: null,
    why: null,
    ticket: ticket.id,
    url: `${parts.publicUrl()}/tickets/${ticket.id}`,
  };
}

/** One row a channel. The same happening told again is the same row. */
async function queue(db: Db, channels: readonly string[], notice: Notice, at: number, about: string): Promise<number> {
  for (const channel of channels)
    await db
      .insertInto('outbox')
      .values({
        id: randomBytes(12).toString('hex'),
        channel,
        dedupe_key: `${about}/${notice.event}/${at}/${channel}`,
        notice: JSON.stringify(notice),
        state: 'queued',
        attempts: 0,
        next_at: at,
        last_error: null,
        created_at: at,
        sent_at: null,
        alert: about,
        ticket: notice.ticket,
      })
      .onConflict((clash) => clash.column('dedupe_key').doNothing())
      .execute();
  return channels.length;
}
