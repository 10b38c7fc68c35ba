/** One of our tickets, and what happened to it, in the words of a desk. Pure. */
import type { Selectable } from 'kysely';
import type { TicketName } from '../../shared/api.ts';
import { controls } from '../../shared/safe-text.ts';
import { actorIn } from '../../shared/words/actors.ts';
import { time } from '../../shared/words/format.ts';
import { findWord, type Language, word } from '../../shared/words/index.ts';
import { endpointName, ticketTitle } from '../../shared/words/names.ts';
import { oneLine } from '../notify/notification-text.ts';
import type { Database } from '../state/database.ts';
import type { AgreedState, OutgoingComment } from './desk.ts';

export type DeskEvent = Pick<
  Selectable<Database['ticket_events']>,
  'id' | 'at' | 'actor' | 'kind' | 'from_state' | 'to_state' | 'text' | 'data' | 'is_public'
>;

/** Our ticket as a desk looks at it. */
export interface OwnTicket {
  name: TicketName;
  impact: number;
  urgency: number;
  assignee: string | null;
  requester: string | null;
  openedAt: number;
  /** Closed or cancelled: nothing of it can be changed any more. */
  isFinal: boolean;
  events: readonly DeskEvent[];
}

export const agreedOf = ({ state }: Pick<TicketName, 'state'>): AgreedState =>
  state === 'resolved' || state === 'closed' || state === 'cancelled' ? 'resolved' : 'open';

/** Under whose name the words of somebody at a desk stand here. */
export const actorAt = (desk: string, who: string | null | undefined): string =>
  who ? `${oneLine(who, 80)} (${desk})` : desk;
export const isAt = (desk: string, actor: string): boolean => actor === desk || actor.endsWith(` (${desk})`);

const titleAtMost = 200;
const textAtMost = 20_000;

export const titleOf = (language: Language, { name }: OwnTicket): string =>
  oneLine(ticketTitle(language, name), titleAtMost);

/** What it is about, and where it stands here. */
export function textOf(language: Language, own: OwnTicket, url: string, zone: string): string {
  const { name, requester, openedAt, events } = own;
  const { endpoint, site, priority } = name;
  const opened = events.find(({ kind }) => kind === 'opened');
  const fact = (key: string, value: string | null) =>
    value === null ? [] : [`${findWord(language, key) ?? key}: ${oneLine(value)}`];
  const facts = [
    ...fact('desk.endpoint', endpoint && endpointName(language, endpoint)),
    ...fact('desk.site', site),
    ...fact('desk.priority', `P${priority}`),
    ...fact('desk.requester', requester),
    ...fact('desk.opened', time(openedAt, language, 'moment', zone)),
    ...fact('desk.record', url),
  ];
  const written = opened?.text ? [clean(opened.text), ''] : [];
  return [...written, ...facts].join('\n').slice(0, textAtMost);
}

/** Kinds of events that people at the desk should read; states and owners go as such. */
const told: ReadonlySet<string> = new Set(['comment', 'reopened', 'handed_off', 'cleared', 'flapping']);

/** What an event says there; null: nothing. The desk's own words are not said to it again. */
export function commentOf(
  language: Language,
  desk: string,
  own: OwnTicket,
  event: DeskEvent,
  { hidesInternal, isOneWay = false }: { hidesInternal: boolean; isOneWay?: boolean },
): OutgoingComment | null {
  const { kind, actor, text, to_state, is_public } = event;
  if (isAt(desk, actor)) return null;
  // Where a state is no more than words, all of them are said.
  const isState = kind === 'state' && (to_state === 'on_hold' || text !== null || isOneWay);
  if (!isState && !told.has(kind)) return null;
  if (kind === 'comment' && !text) return null;
  const isPublic = kind === 'comment' && is_public === 1;
  // Where everybody there may read all, what the requester must not read stays here.
  if (!isPublic && !hidesInternal && own.requester !== null && kind === 'comment') return null;
  const said = `${sayingOf(language, event)}${text ? `\n\n${clean(text)}` : ''}`;
  return { text: said.slice(0, textAtMost), isPublic };
}

function sayingOf(language: Language, event: DeskEvent): string {
  const actor = actorIn(language, event.actor);
  const data = (event.data === null ? {} : JSON.parse(event.data)) as Record<string, unknown>;
  const state = (one: string | null) => findWord(language, `ticket.state.${one}`) ?? '—';
  switch (event.kind) {
    case 'comment':
      return word(language, event.is_public === 1 ? 'story.publicComment' : 'story.comment', { actor });
    case 'state': {
      const moved = word(language, 'story.state', { actor, from: state(event.from_state), to: state(event.to_state) });
      const { reason, until } = data;
      if (event.to_state !== 'on_hold' || typeof reason !== 'string' || typeof until !== 'number') return moved;
      const why = findWord(language, `ticket.hold.${reason}`) ?? reason;
      return `${moved} (${word(language, 'story.heldUntil', { why, until: time(until, language) })})`;
    }
    case 'handed_off': {
      const tier = findWord(language, `ticket.tiers.${data.toTier}`) ?? String(data.toTier);
      return word(language, 'story.handedOff', { actor, tier });
    }
    default:
      return `${actor}: ${findWord(language, `story.kind.${event.kind}`) ?? event.kind}`;
  }
}

/** Text of people without what would disturb a line. */
export const clean = (text: string): string => text.replace(/\r\n?/g, '\n').replace(controls, '');
