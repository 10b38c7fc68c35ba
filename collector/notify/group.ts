/**
 * One group of alerts and what its receiver was told of it: when the next message is due, and what it says. Pure: what
 * happened and the time go in, the next message comes out. There is no tick per group, only an instant.
 *
 * At sending the group is compared with what was last sent; where nothing differs there is no message. A member that is
 * suppressed starts no wait, and does not count as sent.
 */
import { rankOf } from '../evaluate/book.ts';
import type { EscalationRun } from '../on-call/escalation.ts';
import type { Way } from './notification.ts';

export type GroupSeverity = keyof typeof rankOf;

/** In ms. */
export interface GroupSettings {
  /** From the first member to the first message, and from a change to its update. */
  wait: number;
  /** Between two messages, unless one says worse. */
  interval: number;
  /** From the last message to the next one that says that it still fires; null: none. */
  repeat: Readonly<Record<GroupSeverity, number | null>>;
}

export interface EndpointOutage {
  silent: number;
  of: number;
  names: readonly string[];
  /** It had ended a short time before. */
  isReopened?: boolean;
}

/** What is known of an alert, for all groups that it is in. `about` is for the text of messages. */
export interface GroupedAlert<About = unknown> {
  key: string;
  about: About;
  severity: GroupSeverity;
  /** Or is unknown, or flaps. */
  fires: boolean;
  /** Its endpoint is gone. */
  isUnknown: boolean;
  flaps: boolean;
  /** Why no message may be sent about it. */
  suppressedBy: readonly string[];
  /** Who has acknowledged it. */
  owner: string | null;
  /** It is worse than when its owner took it, and stays theirs: only they are told. */
  gotWorse?: boolean;
  /** The level of which its owner was told since. */
  saidToOwner?: GroupSeverity | null;
  /** Why it has ended, and when. */
  why: string | null;
  endedAt?: number | null;
  /** Of an alert about many endpoints at once: how many are silent, of how many, and their names. */
  outage?: EndpointOutage | null;
}

/** What a receiver was last told about a member. */
export interface Told {
  severity: GroupSeverity;
  flaps: boolean;
}

/** The last message that said of a series that it is bad. */
export interface LastSaid {
  /** Id. */
  alert: string;
  at: number;
  rank: number;
}

export interface GroupMember<About = unknown> {
  alert: GroupedAlert<About>;
  /** The routes lead it to this receiver. */
  isRouted: boolean;
  /** When it fired, got worse, or began to flap. */
  changedAt: number;
  told: Told | null;
  /** By which ways it was told that it fires, by key; null: by all of its group, as far as is known. */
  heard: ReadonlySet<string> | null;
  /** Its acknowledgement ended while it was suppressed: to be said afterwards. */
  isOwed: boolean;
}

export interface Group<About = unknown> {
  id: string;
  receiver: string;
  /** Values of the labels by which it is grouped. */
  values: Readonly<Record<string, string>>;
  settings: GroupSettings;
  /** By key of the alert. */
  members: Map<string, GroupMember<About>>;
  /** How many members have news, by rank. */
  news: readonly number[];
  /** How many call for a person, by rank: they fire, nothing suppresses them, nobody has them. */
  calling: readonly number[];
  /** Those of them that do not flap: they are said again. */
  pressing: readonly number[];
  /** How many its receiver was told of; those of them that fire. */
  told: number;
  open: number;
  /** When news may be told: of any, and of what is worse than the last message. */
  waitAt: number | null;
  riseAt: number | null;
  /** When the end of all may be told. */
  endAt: number | null;
  /** When it is to be said once more that it fires. */
  owedAt: number | null;
  /** Its receiver takes no message before that. */
  heldUntil: number | null;
  /** It was held: what is sent now is a digest. */
  wasHeld: boolean;
  last: { at: number; severity: GroupSeverity } | null;
  /** Of all messages since the first. */
  worst: GroupSeverity | null;
  /** Messages that say that it still fires, since the first. */
  repeats: number;
  /** Who was told since the first message: by channel and address. */
  ways: ReadonlyMap<string, Way>;
  /** When a person last acknowledged one of its alerts, by user. */
  awake: ReadonlyMap<string, number>;
  /** When a person last opened one of them, which gives it to nobody, by user. */
  opened: ReadonlyMap<string, number>;
  run: EscalationRun | null;
}

export type GroupEvent = 'firing' | 'update' | 'repeat' | 'resolved' | 'flapping' | 'stable';

/** A message that is due, before anyone decides to whom it goes. */
export interface GroupDraft<About = unknown> {
  at: number;
  event: GroupEvent;
  severity: GroupSeverity;
  firing: GroupedAlert<About>[];
  resolved: GroupedAlert<About>[];
}

/**
 * Until it may be spoken of after the end of a suppression: ms, or the wait of its group. `reminders`: only what would have
 * been said again meanwhile waits; what nobody knows yet is said at once.
 */
export type Delay = number | 'wait' | 'reminders';

/** Changes an object, so that it can be taken back. */
export type Put = <T extends object>(object: T, columns: Partial<T>) => void;

const none: readonly number[] = [0, 0, 0];
const severityOf = (rank: number) => (['info', 'warning', 'critical'] as const)[rank] as GroupSeverity;
const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);
const worstOf = (counts: readonly number[]) => counts.findLastIndex((count) => count > 0);
const min = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b));

export function newGroup<About>(
  id: string,
  { receiver, values, settings }: Pick<Group, 'receiver' | 'values' | 'settings'>,
): Group<About> {
  return {
    ...{ id, receiver, values, settings, members: new Map(), news: none, calling: none, pressing: none },
    ...{ told: 0, open: 0, waitAt: null, riseAt: null, endAt: null, owedAt: null, heldUntil: null, wasHeld: false },
    ...{ last: null, worst: null, repeats: 0, ways: new Map(), awake: new Map(), opened: new Map(), run: null },
  };
}

// ── what a member is to its group ──

/** Fires, and may be spoken of. */
const isShown = ({ alert, isRouted }: GroupMember) =>
  alert.fires && !alert.isUnknown && alert.suppressedBy.length === 0 && isRouted;

/** What was last sent says something else of it. Of one that a person has already there is nothing to tell. */
function isNews(member: GroupMember): boolean {
  if (!isShown(member)) return false;
  const { alert, told } = member;
  if (told === null) return alert.owner === null || alert.gotWorse === true;
  return rankOf[alert.severity] > rankOf[told.severity] || alert.flaps !== told.flaps;
}

/** News that only concern whoever has it. */
export const isForOwner = (member: GroupMember): boolean => {
  const { alert, told } = member;
  if (alert.owner === null || !isNews(member)) return false;
  return told === null || rankOf[alert.severity] > rankOf[told.severity];
};

/** All news of a group. */
export const newsOf = <About>(group: Group<About>): GroupMember<About>[] => [...group.members.values()].filter(isNews);

export interface Standing {
  rank: number;
  isShown: boolean;
  isNews: boolean;
  isCalling: boolean;
  isPressing: boolean;
  isTold: boolean;
  isOpen: boolean;
}

export function standingOf(member: GroupMember): Standing {
  const { alert, told } = member;
  const shown = isShown(member);
  const isCalling = shown && alert.owner === null;
  return {
    rank: rankOf[alert.severity],
    isShown: shown,
    isNews: isNews(member),
    isCalling,
    isPressing: isCalling && !alert.flaps,
    isTold: told !== null,
    isOpen: told !== null && alert.fires,
  };
}

const moved = (counts: readonly number[], rank: number, by: number) =>
  counts.map((count, i) => (i === rank ? count + by : count));

/** @param by 1: it is counted from now on, -1: it no longer is */
export function count(put: Put, group: Group, standing: Standing, by: 1 | -1): void {
  const { rank, isNews, isCalling, isPressing, isTold, isOpen } = standing;
  put(group, {
    ...(isNews ? { news: moved(group.news, rank, by) } : {}),
    ...(isCalling ? { calling: moved(group.calling, rank, by) } : {}),
    ...(isPressing ? { pressing: moved(group.pressing, rank, by) } : {}),
    ...(isTold ? { told: group.told + by } : {}),
    ...(isOpen ? { open: group.open + by } : {}),
  });
}

// ── when the next message is due ──

/** Steps of an escalation are to come: nothing is said again meanwhile. */
const isEscalating = ({ run }: Pick<Group, 'run'>): boolean =>
  run !== null && !run.hasEnded && (run.stepAt !== null || run.restarts);

/** How often it is said that it still fires; null: not now. */
function repeatOf(group: Group): number | null {
  const rank = worstOf(group.pressing);
  if (rank < 0 || group.last === null || isEscalating(group)) return null;
  return group.settings.repeat[severityOf(rank)] || null;
}

function repeatAt(group: Group): number | null {
  const every = repeatOf(group);
  return every === null || group.owedAt !== null ? null : (group.last?.at ?? 0) + every;
}

/** Its worst news is worse than the last message said. */
const rises = ({ news, last }: Group) => last !== null && worstOf(news) > rankOf[last.severity];

/** When `messageAt` has to be asked; null: not before something happens. */
export function dueOf(group: Group): number | null {
  const { waitAt, riseAt, endAt, owedAt, heldUntil, last, settings } = group;
  if (heldUntil !== null) return min(heldUntil, riseAt);
  const floor = last === null ? Number.NEGATIVE_INFINITY : last.at + settings.interval;
  const notBefore = (at: number | null) => (at === null ? null : Math.max(at, floor));
  return [notBefore(waitAt), riseAt, notBefore(endAt), owedAt, repeatAt(group)].reduce(min, null);
}

/**
 * A member is another than before: starts what has to wait for a message.
 * @param release where a suppression has ended
 */
export function follow(
  put: Put,
  group: Group,
  member: GroupMember,
  before: Standing | null,
  at: number,
  release: Delay | null,
): void {
  const after = standingOf(member);
  const { wait } = group.settings;
  const delay = release === 'wait' ? wait : release === 'reminders' ? 0 : release;
  const again = release === 'reminders' ? wait : delay;
  if (after.isNews && (!before?.isNews || after.rank > before.rank)) {
    const due = delay === null ? at + wait : Math.max(at + delay, member.changedAt + wait);
    put(group, { waitAt: min(group.waitAt, due) });
    // What holds a message may let a worse one pass.
    const isWorse = group.last === null ? group.heldUntil !== null : after.rank > rankOf[group.last.severity];
    if (isWorse) put(group, { riseAt: min(group.riseAt, due) });
  }
  // What is suppressed does not wait; what has ended leaves its time to others.
  if (before?.isNews && !after.isNews && member.alert.fires && sum(group.news) === 0)
    put(group, { waitAt: null, riseAt: null });
  if (group.told > 0 && group.open === 0) put(group, { endAt: group.endAt ?? at + wait });
  else if (group.endAt !== null) put(group, { endAt: null });
  if (member.isOwed && after.isCalling) {
    put(member, { isOwed: false });
    if (after.isTold) owe(put, group, at + (again ?? 0));
  }
  if (worstOf(group.pressing) < 0) put(group, { owedAt: null });
  else {
    // It would have been said meanwhile: once, afterwards. What was to be said all the time is due by itself.
    const every = repeatOf(group);
    const wasKept = release !== null || !before?.isPressing;
    if (wasKept && group.owedAt === null && every !== null && (group.last?.at ?? at) + every <= at)
      owe(put, group, at + (again ?? wait));
  }
}

/** It is to be said once more. An escalation does so by itself. */
function owe(put: Put, group: Group, at: number): void {
  if (!isEscalating(group)) put(group, { owedAt: min(group.owedAt, at) });
}

/** The acknowledgement of a member has ended: said at once, or after its suppression. */
export function acknowledgementEnded(put: Put, group: Group, member: GroupMember, at: number): void {
  if (!isShown(member)) put(member, { isOwed: true });
  else if (member.told !== null) owe(put, group, at);
  else put(group, { waitAt: min(group.waitAt, Math.max(at, member.changedAt + group.settings.wait)) });
}

// ── the message ──

/** The message that is due at `at`; null where nothing differs from what was last sent. Takes out what is over. */
export function messageAt<About>(put: Put, group: Group<About>, at: number): GroupDraft<About> | null {
  const { last, settings, owedAt } = group;
  const mayUpdate = last === null || rises(group) || at >= last.at + settings.interval;
  const repeat = repeatAt(group);
  if (sum(group.news) > 0 && (mayUpdate || (owedAt ?? Infinity) <= at)) return draftOf(group, at, eventOf(group));
  if (sum(group.news) === 0 && group.open === 0 && group.told > 0) {
    if (mayUpdate) return draftOf(group, at, 'resolved');
  } else if ((owedAt ?? repeat ?? Infinity) <= at && worstOf(group.pressing) >= 0) return draftOf(group, at, 'repeat');
  if (sum(group.news) === 0) put(group, { waitAt: null });
  if ((group.riseAt ?? Infinity) <= at) put(group, { riseAt: null });
  if ((owedAt ?? Infinity) <= at) put(group, { owedAt: null });
  put(group, { heldUntil: null });
  return null;
}

/** News about flapping alone has a name of its own. */
function eventOf(group: Group): GroupEvent {
  const news = newsOf(group);
  const isWorse = ({ alert, told }: GroupMember) => told !== null && rankOf[alert.severity] > rankOf[told.severity];
  if (news.every(({ alert, told }) => alert.flaps && !told?.flaps)) return 'flapping';
  if (news.every((member) => member.told?.flaps && !member.alert.flaps && !isWorse(member))) return 'stable';
  return group.last === null ? 'firing' : 'update';
}

/** What a message says now, whatever is due. */
export function draftOf<About>(group: Group<About>, at: number, event: GroupEvent): GroupDraft<About> {
  const firing: GroupedAlert<About>[] = [];
  const resolved: GroupedAlert<About>[] = [];
  let worst = -1;
  for (const member of group.members.values()) {
    const { alert, told } = member;
    if (told !== null && !alert.fires) resolved.push(alert);
    else if (event !== 'resolved' && isShown(member)) {
      firing.push(alert);
      worst = Math.max(worst, rankOf[alert.severity]);
    }
  }
  return { at, event, severity: worst < 0 ? (group.worst ?? 'info') : severityOf(worst), firing, resolved };
}

const nobody: ReadonlySet<string> = new Set();

/** By which ways its receiver was told that an alert fires. */
export function hearersOf(group: Group, key: string): ReadonlySet<string> {
  const member = group.members.get(key);
  if (!member || member.told === null) return nobody;
  return member.heard ?? new Set(group.ways.keys());
}

/**
 * The ends that a message by these ways tells. While others who heard of an alert are not among them, its end waits for a
 * message to all of them: so each hears of it once.
 */
export function endsIn<About>(
  group: Group<About>,
  { event, resolved }: Pick<GroupDraft<About>, 'event' | 'resolved'>,
  ways: readonly Way[],
): GroupedAlert<About>[] {
  if (event === 'resolved') return [...resolved];
  const to = new Set(ways.map(wayKey));
  return resolved.filter(({ key }) => hearersOf(group, key).isSubsetOf(to));
}

/** A message was sent. @returns keys of the members that its receiver need not hear of again */
export function sent<About>(put: Put, group: Group<About>, draft: GroupDraft<About>, ways: readonly Way[]): string[] {
  const over = endsIn(group, draft, ways).map(({ key }) => key);
  for (const { key } of draft.firing) {
    const member = group.members.get(key) as GroupMember<About>;
    const { severity, flaps } = member.alert;
    const heard = hearersOf(group, key).union(new Set(ways.map(wayKey)));
    const isMilder = flaps && member.told?.flaps && rankOf[member.told.severity] > rankOf[severity];
    count(put, group, standingOf(member), -1);
    put(member, { told: { severity: isMilder ? (member.told?.severity ?? severity) : severity, flaps }, heard });
    count(put, group, standingOf(member), 1);
  }
  const isOver = draft.event === 'resolved';
  const worst = severityOf(Math.max(rankOf[draft.severity], group.worst === null ? -1 : rankOf[group.worst]));
  put(group, {
    ...{ waitAt: null, riseAt: null, owedAt: null, endAt: null, heldUntil: null, wasHeld: false },
    last: isOver ? null : { at: draft.at, severity: draft.severity },
    worst: isOver ? null : worst,
    repeats: isOver ? 0 : group.repeats + (draft.event === 'repeat' ? 1 : 0),
    ways: isOver ? new Map() : new Map([...group.ways, ...ways.map((way) => [wayKey(way), way] as const)]),
  });
  return over;
}

export const wayKey = ({ channel, recipient }: Pick<Way, 'channel' | 'recipient'>) => `${channel}\n${recipient ?? ''}`;
