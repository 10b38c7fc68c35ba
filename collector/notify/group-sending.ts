/**
 * A group is due: its message goes out now, is held by quiet hours or because its receiver has had enough, or comes later
 * to whoever works on the group already.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import { rankOf } from '../evaluate/book.ts';
import { draftOf, type GroupDraft, type GroupSeverity, isForOwner, messageAt, newsOf, wayKey } from './group.ts';
import type { createGroupChanges } from './group-changes.ts';
import { type DigestParts, digest } from './group-digest.ts';
import { dueKey, type GroupMemory, type MessageGroup, type TrackedAlert } from './group-memory.ts';
import type { GroupMessages } from './group-messages.ts';
import type { GroupRuns } from './group-runs.ts';
import type { GroupDefaults } from './group-settings.ts';
import type { Way } from './notification.ts';
import { waysOf } from './receivers.ts';

export interface SendingParts extends DigestParts {
  settings: GroupDefaults;
}

interface SendingRooms {
  memory: GroupMemory;
  messages: GroupMessages;
  runs: GroupRuns;
  change: ReturnType<typeof createGroupChanges>;
}

const policyPrefix = 'policy:';

/** Of each person the way that was taken last: the ones before it did not get through. */
const lastOfEach = (ways: readonly Way[]): Way[] => [
  ...new Map(ways.map((way) => [way.user ?? wayKey(way), way])).values(),
];
const hour = 3_600_000;

export function createGroupSending(parts: SendingParts, { memory, messages, runs, change }: SendingRooms) {
  const { receivers, settings } = parts;
  const { groups, recent, digests, held, later, due, put, assign, setDue, hold } = memory;

  /** Until when a receiver takes no message of this kind; null: now. */
  function heldUntil(group: MessageGroup, { at, severity, event }: GroupDraft<LiveAlert>): number | null {
    const { receiver, worst, wasHeld } = group;
    const quiet = quietUntil(receiver, severity, at);
    if (quiet !== null) return quiet;
    if (wasHeld && (group.heldUntil ?? Number.POSITIVE_INFINITY) <= at) return null;
    const isWorse = worst === null || rankOf[severity] > rankOf[worst];
    if (event !== 'resolved' && severity === 'critical' && isWorse) return null;
    const times = (recent.get(receiver) ?? []).filter((one) => at - one < hour);
    return times.length >= settings.hourly ? nextDigest(receiver, at) : null;
  }

  function nextDigest(receiver: string, at: number): number {
    const planned = digests.get(receiver) ?? at;
    if (planned > at) return planned;
    assign(digests, receiver, at + settings.digest);
    return at + settings.digest;
  }

  function quietUntil(receiver: string, severity: GroupSeverity, at: number): number | null {
    if (receiver.startsWith(policyPrefix)) return null;
    const ways = receivers.reach(receiver, severity, at);
    const untils = ways.flatMap(({ heldUntil: until }) => until ?? []);
    return ways.length > 0 && untils.length === ways.length ? Math.min(...untils) : null;
  }

  function flush(group: MessageGroup, at: number): void {
    if (!receivers.isFixed) rerouteAll(group, at);
    if (groups.get(group.id) !== group) return;
    const draft = messageAt(put, group, at);
    if (!draft || tellOwners(group, draft)) return;
    const until = heldUntil(group, draft);
    if (until !== null) {
      hold(group, until);
      return;
    }
    const others = group.wasHeld ? [...(held.get(group.receiver) ?? [])] : [];
    const drafts = others.flatMap((id) => {
      const other = id === group.id ? undefined : groups.get(id);
      const theirs = other && (other.heldUntil ?? Number.POSITIVE_INFINITY) <= at ? messageAt(put, other, at) : null;
      return other && theirs ? [{ group: other, draft: theirs }] : [];
    });
    if (drafts.length > 0) digest(parts, messages, [{ group, draft }, ...drafts]);
    else send(group, draft);
  }

  /**
   * What somebody has and keeps although it got worse is said to them alone, once over all groups. To all others it is as
   * before: what they were told last, and when, stays.
   * @returns false where there is other news, or an owner has no way of their own: then all hear of it
   */
  function tellOwners(group: MessageGroup, draft: GroupDraft<LiveAlert>): boolean {
    const news = newsOf(group);
    if (news.length === 0 || !news.every(isForOwner)) return false;
    const owners = [...new Set(news.map(({ alert }) => `person:${alert.owner}`))];
    const of = owners.map((owner) => waysOf(receivers, [owner], draft.severity, draft.at));
    if (of.some(({ length }) => length === 0)) return false;
    const unsaid = news.filter(({ alert }) => rankOf[alert.severity] > rankOf[alert.saidToOwner ?? 'info']);
    const severity = news.map(({ alert }) => alert.severity).reduce((a, b) => (rankOf[b] > rankOf[a] ? b : a));
    const own: GroupDraft<LiveAlert> = {
      ...{ at: draft.at, event: 'update', severity, firing: news.map(({ alert }) => alert), resolved: [] },
    };
    const { last, worst } = group;
    if (unsaid.length > 0) messages.emit(group, own, of.flat(), 'update', null);
    else messages.told(group, own, []);
    for (const { alert } of news) put(alert, { saidToOwner: alert.severity });
    if (last) put(group, { last, worst });
    return true;
  }

  /** Who hears of an alert is asked at its sending: the hours of a route may have ended in its wait. */
  function rerouteAll(group: MessageGroup, at: number): void {
    for (const { alert } of [...group.members.values()])
      if (alert.fires) change(alert as TrackedAlert, {}, at, { reroutes: true });
  }

  function send(group: MessageGroup, draft: GroupDraft<LiveAlert>): void {
    const { receiver, run } = group;
    const { at, event, severity } = draft;
    const number = event === 'repeat' ? group.repeats + 1 : null;
    const isPolicy = receiver.startsWith(policyPrefix);
    const policy = isPolicy ? receivers.policy(receiver.slice(policyPrefix.length)) : null;
    const known = [...group.ways.values()];
    if (event === 'resolved') messages.emit(group, draft, known, event, null);
    else if (policy && (!run || run.hasEnded)) runs.begin(group, policy, draft);
    else {
      if (event === 'firing') runs.standIns(group, [receiver], at);
      sendTo(group, draft, isPolicy ? lastOfEach(known) : waysOf(receivers, [receiver], severity, at), number);
    }
  }

  /** Of further members, whoever works on the group hears later. */
  function sendTo(
    group: MessageGroup,
    draft: GroupDraft<LiveAlert>,
    ways: readonly Way[],
    number: number | null,
  ): void {
    const { at, event, severity } = draft;
    const since = (user: string) => Math.max(group.awake.get(user) ?? 0, group.opened.get(user) ?? 0);
    const isWorking = ({ user }: Way) => user !== null && at - since(user) < settings.awake;
    const isWorse = group.worst === null || rankOf[severity] > rankOf[group.worst];
    if (event === 'update') runs.isAwake(group, severity, at);
    const working = event === 'update' && !isWorse ? ways.filter(isWorking) : [];
    if (working.length > 0) {
      assign(later, group.id, working);
      if (due.at(dueKey.later(group.id)) === null) setDue(dueKey.later(group.id), at + settings.digest);
    }
    const others = working.length > 0 ? ways.filter((way) => !isWorking(way)) : ways;
    if (others.length > 0 || working.length === 0) messages.emit(group, draft, others, event, number);
    else messages.told(group, draft, []);
  }

  /** Whoever works on a group hears now of what has joined it, if it still fires. */
  function sendLater(group: MessageGroup, at: number): void {
    const ways = later.get(group.id);
    assign(later, group.id, undefined);
    const draft = draftOf(group, at, 'update');
    if (!ways || draft.firing.length === 0) return;
    const { id, receiver, values } = group;
    // An end that they know the begin of is told with the next message to all of them.
    messages.push({ ...draft, resolved: [], event: 'digest', about: id, receiver, values, ways, number: null });
    messages.countMessage(receiver, at);
    messages.heardBy(group, draft.firing, ways);
  }

  return { flush, sendLater };
}
