/**
 * Brings one of our tickets and the one at a desk to the same. Both are looked at as they are now, and what differs is
 * mended: so every step can be repeated, and nothing is sent back to where it came from.
 *
 * Whoever differs from what both last agreed on has changed, and the other follows; of owners that both have changed ours holds. Before a
 * ticket is made, the desk is asked for its marker: a create whose answer nobody heard is found, not repeated.
 */
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import type { Language } from '../../shared/words/index.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { State } from '../state/open.ts';
import type { Tickets } from '../tickets/tickets.ts';
import { DeskBusy } from './client.ts';
import type { DeskTicket, RemoteComment, RemoteTicket, TicketDesk } from './desk.ts';
import { linkOf, ownTicket, type StoredLink, setLink } from './links.ts';
import { eventMarker, eventsIn, ticketMarker } from './marker.ts';
import { actorAt, agreedOf, clean, commentOf, isAt, type OwnTicket, textOf, titleOf } from './texts.ts';

export interface SyncParts {
  state: State;
  clock: Clock;
  tickets: Pick<Tickets, 'comment' | 'assign' | 'resolve' | 'reopen'>;
  ruleNamed(id: string): NamedRule;
  /** Without a slash at the end. */
  publicUrl(): string;
  zone: string;
}

/** One desk, as its settings have it. */
export interface SetDesk {
  name: string;
  desk: TicketDesk;
  /** Of its row: stands in all that is ours there. */
  marker: string;
  language: Language;
  /** Our users by their names there. */
  people: ReadonlyMap<string, string>;
}

interface SyncWork extends SyncParts {
  at: SetDesk;
  id: number;
  link: StoredLink;
  signal: AbortSignal;
}

const commentAtMost = 10_000;
/** While a create without an answer may still turn up. */
const looksWhileSettling = 8;
const leastLookMs = 5_000;

/** @throws EvenkeelError DESK_FAILED, DESK_REFUSED, DESK_DENIED; DeskBusy */
export async function syncTicket(parts: SyncParts, at: SetDesk, id: number, signal: AbortSignal): Promise<void> {
  const own = await ownTicket(parts.state, parts.ruleNamed, id);
  if (!own) return;
  const work: SyncWork = { ...parts, at, id, link: await linkOf(parts.state, at.name, id), signal };
  if (work.link.state === 'opening' && !(await establish(work, own))) return;
  if (at.desk.isOneWay) return tell(work, own);
  // What is marked while this one is read counts for the next.
  if (work.link.look === 1) await setLink(parts.state, work.link, { look: inWork });
  const remote = await at.desk.read(work.link.remote as string, signal);
  if (remote === null) return setLink(parts.state, work.link, { state: 'gone', look: 0, last_error: null });
  await pullComments(work, own, remote.comments);
  const wasPulled = await pullState(work, own, remote);
  const after = (await ownTicket(parts.state, parts.ruleNamed, id)) ?? own;
  await pushComments(work, after, remote.comments);
  const state = wasPulled ? remote.state : await pushState(work, after, remote);
  const assignee = await settleOwner(work, after, remote);
  await finish(work, after, { ...remote, state, assignee });
}

const inWork = 2;

export function ticketFor({ at, id, publicUrl, zone }: Omit<SyncWork, 'link' | 'signal'>, own: OwnTicket): DeskTicket {
  const url = `${publicUrl()}/tickets/${id}`;
  const { language, people } = at;
  return {
    ...{ marker: markerOf(at, own), title: titleOf(language, own), text: textOf(language, own, url, zone), url },
    ...{ priority: own.name.priority, impact: own.impact, urgency: own.urgency, openedAt: own.openedAt },
    assignee: (own.assignee !== null && people.get(own.assignee)) || null,
  };
}

const markerOf = ({ marker }: SetDesk, { name: { id }, openedAt }: OwnTicket) => ticketMarker(marker, { id, openedAt });

/** @returns whether it is there */
async function establish(work: SyncWork, own: OwnTicket): Promise<boolean> {
  const { state, clock, at, link, signal } = work;
  const { desk } = at;
  const ticket = ticketFor(work, own);
  const found = desk.isOneWay ? null : await desk.find(ticket.marker, own.openedAt, signal);
  if (found) return linked(work, own, found, null);
  const settledAt = (link.tried_at ?? Number.NEGATIVE_INFINITY) + desk.settleMs;
  if (clock.now() < settledAt) {
    const again = clock.now() + Math.max(leastLookMs, desk.settleMs / looksWhileSettling);
    await setLink(state, link, { next_at: Math.min(settledAt, again) });
    return false;
  }
  if (own.name.state === 'cancelled') {
    await setLink(state, link, { state: 'done', last_error: null });
    return false;
  }
  // Written down first: whatever ends us now, the next look knows that there may be one.
  await setLink(state, link, { tried_at: clock.now() });
  const made = await desk.open(ticket, signal).catch(async (thrown: unknown) => {
    if (wasRefused(thrown)) await setLink(state, link, { tried_at: null });
    throw thrown;
  });
  return linked(work, own, made, ticket.assignee);
}

/** An answer that says that nothing was made. */
const wasRefused = (thrown: unknown): boolean =>
  thrown instanceof DeskBusy || (thrown instanceof EvenkeelError && /^DESK_(?:REFUSED|DENIED)$/.test(thrown.code));

async function linked({ state, link }: SyncWork, own: OwnTicket, remote: RemoteTicket, assignee: string | null) {
  const opened = own.events.find(({ kind }) => kind === 'opened');
  await setLink(state, link, {
    ...{ state: 'linked', remote: remote.id, remote_name: remote.name, url: remote.url },
    ...{ agreed_state: 'open', agreed_assignee: assignee, sent_event: opened?.id ?? 0, look: 0 },
  });
  return true;
}

async function pullComments(work: SyncWork, own: OwnTicket, comments: readonly RemoteComment[]): Promise<void> {
  // A ticket that is closed here for good takes no further words.
  if (own.isFinal) return;
  const { at, id, tickets } = work;
  const known = new Set(own.events.flatMap(({ data }) => originIn(data)));
  for (const { id: remote, by, text, isPublic } of comments) {
    const origin = `${at.name}:${remote}`;
    const said = clean(text).trim().slice(0, commentAtMost);
    const isOurs = text.includes(markerOf(at, own));
    if (known.has(origin) || said === '' || isOurs) continue;
    const isShown = isPublic && own.requester !== null;
    await tickets.comment(id, actorAt(at.name, by), { text: said, isPublic: isShown, isFromRequester: false, origin });
  }
}

const originIn = (data: string | null): string[] => {
  const { origin } = (data === null ? {} : JSON.parse(data)) as { origin?: unknown };
  return typeof origin === 'string' ? [origin] : [];
};

/** @returns whether ours follows theirs */
async function pullState({ at, id, link, tickets }: SyncWork, own: OwnTicket, remote: RemoteTicket): Promise<boolean> {
  const hasChanged = remote.state !== (link.agreed_state ?? 'open');
  if (agreedOf(own.name) === remote.state || !hasChanged) return false;
  const by = actorAt(at.name, remote.by);
  if (remote.state === 'resolved') await tickets.resolve(id, by, null);
  else if (own.name.state === 'resolved') await tickets.reopen(id, by, null);
  // Closed here for good: what is opened again there is theirs alone.
  return true;
}

async function pushComments(work: SyncWork, own: OwnTicket, there: readonly RemoteComment[]): Promise<void> {
  const { at, link, signal, state } = work;
  const { desk, name, language } = at;
  const ticket = markerOf(at, own);
  const said = new Set(there.flatMap(({ text }) => eventsIn(text, ticket)));
  for (const event of own.events) {
    const marker = eventMarker(ticket, event);
    if (event.id <= link.sent_event || said.has(marker)) continue;
    const comment = commentOf(language, name, own, event, desk);
    if (comment === null) continue;
    const text = `${comment.text}\n${marker}`;
    await desk.comment(link.remote as string, { ...comment, text }, signal);
    // Nothing can be read there: what was said is known here alone.
    if (desk.isOneWay) await setLink(state, link, { sent_event: event.id });
  }
}

async function pushState({ at, link, signal }: SyncWork, own: OwnTicket, remote: RemoteTicket) {
  const wanted = agreedOf(own.name);
  if (wanted === remote.state) return wanted;
  if (wanted === 'resolved') await at.desk.resolve(link.remote as string, whyResolved(at, own), signal);
  else await at.desk.reopen(link.remote as string, signal);
  return wanted;
}

/** For desks that want a reason. */
function whyResolved({ language, name, desk }: SetDesk, own: OwnTicket): string {
  const last = own.events.findLast(({ kind, to_state }) => kind === 'state' && to_state !== 'on_hold');
  const said = last && commentOf(language, name, own, last, { ...desk, isOneWay: true });
  return said?.text.trim() || titleOf(language, own);
}

const ofOwner: ReadonlySet<string> = new Set(['assigned', 'handed_off', 'acknowledged']);

/** @returns who owns it there now */
async function settleOwner({ at, id, link, tickets, signal }: SyncWork, own: OwnTicket, remote: RemoteTicket) {
  const { desk, name, people } = at;
  const theirs = remote.assignee;
  const hasOursChanged = own.events.some(
    ({ id: event, kind, actor }) => event > link.sent_event && ofOwner.has(kind) && !isAt(name, actor),
  );
  // Undefined: a person of ours without a name there.
  const wanted = own.assignee === null ? null : people.get(own.assignee);
  if (hasOursChanged && desk.assign && wanted !== undefined) {
    if (wanted !== theirs) await desk.assign(link.remote as string, wanted, signal);
    return wanted;
  }
  if (theirs === link.agreed_assignee || own.isFinal) return theirs;
  const [mine] = [...people].find(([, there]) => there === theirs) ?? [];
  const next = theirs === null ? null : mine;
  // Somebody there without a name here is shown beside the ticket, and owns it there alone.
  const follows = next !== undefined && next !== own.assignee && (next !== null || wanted === link.agreed_assignee);
  if (follows) await tickets.assign(id, actorAt(name, remote.by ?? theirs), next);
  return theirs;
}

async function finish({ state, link }: SyncWork, own: OwnTicket, now: RemoteTicket): Promise<void> {
  const sent = own.events.at(-1)?.id ?? 0;
  const isOver = own.isFinal;
  await setLink(state, link, {
    ...{ remote_name: now.name, url: now.url, remote_state: now.word, remote_assignee: now.assignee, seen: now.seen },
    ...{ agreed_state: now.state, agreed_assignee: now.assignee, sent_event: sent, attempts: 0, last_error: null },
    ...{ next_at: 0, ...(isOver ? { state: 'done' as const } : {}) },
  });
  await state.updateTable('desk_links').set({ look: 0 }).where('id', '=', link.id).where('look', '=', inWork).execute();
}

/** To a desk that says nothing itself. */
async function tell(work: SyncWork, own: OwnTicket): Promise<void> {
  const { at, link, signal } = work;
  await pushComments(work, own, []);
  const wanted = agreedOf(own.name);
  if (wanted !== link.agreed_state) {
    if (wanted === 'resolved') await at.desk.resolve(link.remote as string, whyResolved(at, own), signal);
    else await at.desk.reopen(link.remote as string, signal);
  }
  const { remote, remote_name, url } = link;
  await finish(work, own, {
    ...{ id: remote as string, name: remote_name ?? '', url: url ?? '', state: wanted, word: wanted },
    ...{ assignee: null, seen: '' },
  });
}
