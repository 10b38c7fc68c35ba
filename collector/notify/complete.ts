/** What a message gets only when it is sent: its links, and texts that may have been erased meanwhile. */
import type { Selectable } from 'kysely';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { toRequester } from '../../shared/notification.ts';
import { isOutside } from '../../shared/words/names.ts';
import type { ActLinks } from '../act/links.ts';
import { changeMarks, spanBefore } from '../changes/marks.ts';
import { outsideTexts } from '../outside/texts.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { renewSecret } from '../tickets/ratings.ts';
import type { MemberAlert, Notification } from './channel.ts';
import { type AnswerAddress, threadOf } from './mail-thread.ts';
import type { NotificationFacts } from './notification.ts';

export interface CompletionParts {
  state: State;
  clock: Clock;
  /** Without a slash at the end; available once the collector listens. */
  publicUrl: () => string;
  /** Links by which the reader of a message acts at once, `/act/…`; without, messages have none. */
  act?: Pick<ActLinks, 'make'>;
  /** Where answers of requesters are read; without, nobody does. */
  answers?: AnswerAddress | null;
  /** Of a ticket, for whoever reported it without an account; null where there is no such page. */
  follow?(ticket: number, isFirst: boolean): Promise<string | null>;
}

type DeliveryColumns =
  | ('id' | 'channel' | 'about' | 'attempts' | 'next_at' | 'recipient' | 'user_name' | 'created_at')
  | ('notification' | 'named' | 'stands_in' | 'passed_on');
export type DeliveryRow = Pick<Selectable<Database['deliveries']>, DeliveryColumns> & {
  facts: string;
  ticket: number | null;
  alert: string | null;
};

/** Of so many alerts the machines are looked at: as many as a message names. */
const lookedAtMost = 20;

/** Messages by which somebody is asked to do something about an alert. */
const asksToAct: ReadonlySet<Notification['event']> = new Set([
  ...(['firing', 'update', 'repeat', 'flapping', 'escalation', 'exhausted', 'hand_over'] as const),
]);

export function createCompletion(parts: CompletionParts) {
  const { state, clock } = parts;

  /** The link is made when it is sent: the public address may have changed since, and no secret waits here. */
  async function complete(row: DeliveryRow, facts: NotificationFacts): Promise<Notification> {
    const { id, ticket, channel, recipient, alert } = row;
    const { rating, commentEvent, number, ...shared } = facts;
    // As a first message it counts nothing.
    const about =
      row.named === null ? { ...shared, ...(number === undefined ? {} : { number }) } : { ...shared, event: row.named };
    // Without a ticket: the alert itself, or all where there are several.
    const ofAlert = alert ? `/alerts/${encodeURIComponent(alert)}` : '/alerts';
    let path = ticket === null ? ofAlert : `/tickets/${ticket}`;
    if (facts.article) path = `/knowledge/${encodeURIComponent(facts.article.id)}`;
    if (rating !== undefined) {
      const secret = await renewSecret(state, rating, clock.now());
      if (secret === null) throw fail('CHANNEL_REFUSED', { channel, reason: 'another link has taken its place' });
      path = `/rate/${secret}`;
    }
    const follow = (await followed(row, facts.event)) ?? undefined;
    const written = commentEvent === undefined ? {} : { comment: await commentOf(commentEvent, channel, facts.event) };
    const said = { ...(await saidOutside(facts, alert)), ...(await saidOfMembers(facts)) };
    const of = {
      ...written,
      ...(follow && { follow }),
      ...said,
      ...(recipient === null ? {} : { recipient }),
      alert,
      sentAt: clock.now(),
    };
    const asked = {
      ...{ ...(await changedBefore(row, facts)), ...(await linksOf(row, facts)) },
      ...(await threadIn(row, facts)),
    };
    return { ...about, ...of, ...asked, id, ticket, url: parts.publicUrl() + path };
  }

  async function threadIn(
    { id, ticket }: DeliveryRow,
    { event }: NotificationFacts,
  ): Promise<Pick<Notification, 'thread' | 'language'>> {
    if (!parts.answers || ticket === null || !toRequester.has(event)) return {};
    const { language, ...thread } = await threadOf(state, parts.answers, ticket, id);
    return { thread, ...(language === null ? {} : { language }) };
  }

  async function followed({ ticket }: DeliveryRow, event: Notification['event']): Promise<string | null> {
    if (ticket === null || (event !== 'received' && event !== 'comment')) return null;
    const path = (await parts.follow?.(ticket, event === 'received')) ?? null;
    return path === null ? null : parts.publicUrl() + path;
  }

  /** The texts with which other monitoring sent it: read now, as what is erased meanwhile is not sent. */
  async function saidOutside(
    { rule }: NotificationFacts,
    alert: string | null,
  ): Promise<Partial<Pick<Notification, 'said' | 'runbook'>>> {
    if (alert === null || !isOutside(rule)) return {};
    const { summary = '', description = '', runbook } = (await outsideTexts(state, alert)) ?? {};
    return { said: { summary, description }, ...(runbook ? { runbook } : {}) };
  }

  /** Of each that a message about several names. */
  async function saidOfMembers({ members }: NotificationFacts): Promise<Partial<Pick<Notification, 'members'>>> {
    if (!members || ![...members.list, ...members.resolved].some(({ rule }) => isOutside(rule))) return {};
    const withTexts = async (one: MemberAlert): Promise<MemberAlert> => {
      const texts = isOutside(one.rule) ? await outsideTexts(state, one.alert) : null;
      return texts ? { ...one, said: { summary: texts.summary ?? '' } } : one;
    };
    const each = (all: readonly MemberAlert[]) => Promise.all(all.map(withTexts));
    return { members: { ...members, list: await each(members.list), resolved: await each(members.resolved) } };
  }

  /** Read now: what the machine did as it began is reported a little later. */
  async function changedBefore(
    row: DeliveryRow,
    { event, startedAt }: NotificationFacts,
  ): Promise<Pick<Notification, 'changed'>> {
    if (!asksToAct.has(event)) return {};
    const alerts = (await firingIn(row)).slice(0, lookedAtMost);
    if (alerts.length === 0) return {};
    const rows = await state
      .selectFrom('alerts')
      .innerJoin('endpoints', 'endpoints.id', 'alerts.endpoint')
      .select(['endpoints.id', 'endpoints.name'])
      .distinct()
      .where('alerts.id', 'in', alerts)
      .execute();
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    const [newest] = await changeMarks(state, [...names.keys()], spanBefore(startedAt));
    return newest ? { changed: { ...newest, endpoint: names.get(newest.endpoint) ?? newest.endpoint } } : {};
  }

  /** For the alerts that this message says are firing. */
  async function linksOf(row: DeliveryRow, { event }: NotificationFacts): Promise<Pick<Notification, 'links'>> {
    if (!parts.act || !asksToAct.has(event)) return {};
    const alerts = await firingIn(row);
    const made = Object.entries(await parts.act.make(alerts, row.user_name));
    if (made.length === 0) return {};
    return { links: Object.fromEntries(made.map(([purpose, path]) => [purpose, parts.publicUrl() + path])) };
  }

  /** All of them, also where the message lists the first only. Those that had ended by then are in it, too. */
  async function firingIn({ notification, alert }: DeliveryRow): Promise<string[]> {
    const rows = await state
      .selectFrom('notification_alerts')
      .innerJoin('alerts', 'alerts.id', 'notification_alerts.alert')
      .innerJoin('notifications', 'notifications.id', 'notification_alerts.notification')
      .select('alerts.id')
      .where('notification_alerts.notification', '=', notification)
      .where((is) => is.or([is('resolved_at', 'is', null), is('resolved_at', '>', is.ref('notifications.at'))]))
      .orderBy('alerts.pending_at')
      .orderBy('alerts.id')
      .execute();
    return rows.length === 0 && alert !== null ? [alert] : rows.map(({ id }) => id);
  }

  /** @throws EvenkeelError CHANNEL_REFUSED */
  async function commentOf(event: number, channel: string, kind: Notification['event']): Promise<string> {
    const found = state.selectFrom('ticket_events').select('text').where('id', '=', event);
    // Whoever watches the ticket is of the desk.
    const readable = kind === 'news' ? found : found.where('is_public', '=', 1);
    const text = (await readable.executeTakeFirst())?.text;
    if (!text) throw fail('CHANNEL_REFUSED', { channel, reason: 'the comment that it would bring is no longer there' });
    return text;
  }

  return complete;
}
