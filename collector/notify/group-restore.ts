/**
 * Groups as they were saved before a restart. What was not yet sent waits anew; of what was due meanwhile only the last is
 * sent, at once.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import { rankOf } from '../evaluate/book.ts';
import type { EscalationRun } from '../on-call/escalation.ts';
import { count, type GroupSeverity, type LastSaid, newGroup, standingOf, wayKey } from './group.ts';
import type { createGroupChanges } from './group-changes.ts';
import { type AlertMember, type AlertNews, dueKey, type GroupMemory, type MessageGroup } from './group-memory.ts';
import type { GroupMessages } from './group-messages.ts';
import type { GroupRuns } from './group-runs.ts';
import type { GroupDefaults } from './group-settings.ts';
import type { Way } from './notification.ts';
import { saidBefore, saidDue, saidUntil } from './said.ts';

/** What is read back after a restart. */
export interface SavedGroups {
  groups: {
    id: string;
    receiver: string;
    values: Readonly<Record<string, string>>;
    last: MessageGroup['last'];
    worst: MessageGroup['worst'];
    repeats: number;
    ways: readonly Way[];
    members: { key: string; news: AlertNews; told: NonNullable<AlertMember['told']>; heard: AlertMember['heard'] }[];
    run: EscalationRun | null;
  }[];
  /** Those that fire. */
  alerts: { key: string; news: AlertNews; suppressedBy: readonly string[] }[];
  /** What channels were told of single alerts by a version without groups, oldest first. */
  earlier: { key: string; channel: string; at: number; severity: GroupSeverity; flaps: boolean }[];
  /** The last messages about series of which nothing is said again for a while, by key. */
  said: ReadonlyMap<string, LastSaid>;
  /** Messages of the last hour. */
  messages: { receiver: string; at: number }[];
}

interface RestoreRooms {
  memory: GroupMemory;
  messages: GroupMessages;
  runs: GroupRuns;
  change: ReturnType<typeof createGroupChanges>;
  settings: GroupDefaults;
}

export function restoreGroups(
  { memory, messages, runs, change, settings }: RestoreRooms,
  { groups: saved, alerts: current, earlier, messages: recently, said }: SavedGroups,
  at: number,
): void {
  const { groups, alerts, put, track } = memory;
  for (const [key, one] of said) memory.said.set(key, one);
  for (const one of saved) {
    const { id, receiver, values, last, worst, repeats, ways, members, run } = one;
    const group = newGroup<LiveAlert>(id, { receiver, values, settings });
    const known = new Map(ways.map((way) => [wayKey(way), way]));
    Object.assign(group, { last, worst, repeats, ways: known, run: run && runs.overdueLast(run, at) });
    groups.set(id, group);
    for (const { news, key, told: said, heard } of members) {
      const alert = alerts.get(key) ?? { ...news, key, suppressedBy: [], groups: [] };
      alerts.set(key, alert);
      alert.groups = [...alert.groups, id];
      const member: AlertMember = { alert, isRouted: true, changedAt: at, told: said, heard, isOwed: false };
      group.members.set(key, member);
      count(put, group, standingOf(member), 1);
    }
  }
  for (const { key, news, suppressedBy } of current) {
    const alert = track(key, news);
    const until = saidUntil(said.get(key), news.about, at);
    if (until !== null) memory.setDue(saidDue(key), until);
    const hidden = until === null ? suppressedBy : [...suppressedBy, saidBefore];
    change(alert, { ...news, suppressedBy: hidden }, at, { release: 0, reroutes: true });
  }
  for (const alert of [...alerts.values()]) if (!alert.fires) change(alert, {}, at);
  for (const one of earlier) markTold(memory, one);
  for (const { receiver, at: one } of recently) messages.countMessage(receiver, one);
  for (const group of groups.values()) resumeLater(memory, group, settings, at);
  memory.keep();
}

/** Whoever works on a group, and was to hear of further members in a digest that was not sent yet, still does. */
function resumeLater(
  { assign, later, setDue }: GroupMemory,
  group: MessageGroup,
  { awake, digest }: GroupDefaults,
  at: number,
): void {
  if (!group.last || group.last.at <= at - awake) return;
  const open = [...group.members.values()].filter((member) => standingOf(member).isShown && member.told !== null);
  const ways = [...group.ways.entries()].flatMap(([key, way]) =>
    way.user !== null && open.some(({ heard }) => heard !== null && !heard.has(key)) ? [way] : [],
  );
  if (ways.length === 0) return;
  assign(later, group.id, ways);
  setDue(dueKey.later(group.id), group.last.at + digest);
}

function markTold(
  { groups, alerts, put, arm }: GroupMemory,
  { key, channel, at, severity, flaps }: SavedGroups['earlier'][number],
): void {
  const groupsOf = (alerts.get(key)?.groups ?? []).flatMap((id) => groups.get(id) ?? []);
  const group = groupsOf.find(({ receiver }) => receiver === `channel:${channel}`);
  const member = group?.members.get(key);
  if (!group || !member) return;
  const way: Way = { channel, recipient: null, user: null };
  count(put, group, standingOf(member), -1);
  put(member, { told: { severity, flaps } });
  count(put, group, standingOf(member), 1);
  const worst = rankOf[severity] > rankOf[group.worst ?? 'info'] ? severity : (group.worst ?? severity);
  put(group, { last: { at, severity }, worst, ways: new Map([[wayKey(way), way]]) });
  arm(group);
}
