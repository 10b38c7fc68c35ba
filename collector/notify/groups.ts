/**
 * The groups of alerts that fire, by receiver, and what each receiver was told: the room of the step `group`. What
 * happens to an alert goes in, messages come out when they are due. Work grows with what changes: an alert knows its
 * groups, a group its counts, and due times are in a heap.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import type { Labels } from '../alerts/labels.ts';
import { acknowledgementEnded, type Delay, wayKey } from './group.ts';
import { createGroupChanges } from './group-changes.ts';
import {
  type AlertMember,
  type AlertNews,
  createGroupMemory,
  type MessageGroup,
  type TrackedAlert,
} from './group-memory.ts';
import { createGroupMessages, type GroupMessage, type OnNobody } from './group-messages.ts';
import { restoreGroups, type SavedGroups } from './group-restore.ts';
import { createGroupRuns } from './group-runs.ts';
import { createGroupSending } from './group-sending.ts';
import type { GroupDefaults } from './group-settings.ts';
import { createToldBy } from './group-told.ts';
import { createGroupWays } from './group-ways.ts';
import { createLooks } from './looks.ts';
import { type Receivers, waysOf } from './receivers.ts';
import { followSaid, saidBefore } from './said.ts';

export interface GroupsParts {
  labelsOf(alert: LiveAlert): Labels;
  receivers: Receivers;
  settings: GroupDefaults;
  /** Nobody is behind a receiver, or a step of an escalation. */
  onNobody?: OnNobody;
  /** This channel has a message for it. */
  takesAcknowledgement?(channel: string): boolean;
  /** What this channel was told of stays open there until it is told of the end. */
  keepsState?(channel: string): boolean;
}

export type MessageGroups = ReturnType<typeof createGroups>;

export function createGroups(parts: GroupsParts) {
  const { onNobody = () => undefined, takesAcknowledgement = () => false } = parts;
  const memory = createGroupMemory(parts.settings);
  const messages = createGroupMessages(memory, onNobody);
  const runs = createGroupRuns(parts, memory, messages);
  const change = createGroupChanges(parts, memory, runs);
  const sending = createGroupSending(parts, { memory, messages, runs, change });
  const passOn = createGroupWays({ receivers: parts.receivers, memory, messages, runs });
  const { groups, alerts, unsaved, due, put, note, arm, track } = memory;

  /** It is no longer suppressed by this. */
  function hear(key: string, kind: string, at: number, release: Delay): void {
    const alert = alerts.get(key);
    if (!alert?.suppressedBy.includes(kind)) return;
    const suppressedBy = alert.suppressedBy.filter((one) => one !== kind);
    change(alert, { suppressedBy }, at, { release, reroutes: true });
  }

  return {
    /** @param news what the alert is now; by its key it may be another one than before */
    set(key: string, news: AlertNews, at: number, more: { release?: Delay; isChange?: boolean } = {}): void {
      if (!news.fires && !alerts.has(key)) return;
      const alert = track(key, news);
      const reroutes = alert.groups.length === 0 || news.severity !== alert.severity || more.isChange === true;
      const suppressedBy = followSaid(memory, alert, news, at, (until) =>
        messages.remarkOn(news.about, 'said_before', at, { until }),
      );
      change(alert, { ...news, suppressedBy }, at, { ...more, reroutes });
    },
    suppress(key: string, kind: string, at: number): void {
      const alert = alerts.get(key);
      if (!alert || alert.suppressedBy.includes(kind)) return;
      change(alert, { suppressedBy: [...alert.suppressedBy, kind] }, at);
    },
    release: hear,
    toldBy: createToldBy(parts.labelsOf, memory),
    acknowledgementEnded(key: string, news: AlertNews, at: number, isSaid: boolean): void {
      const alert = alerts.get(key);
      if (!alert) return;
      const { owner } = alert;
      // Whoever had it is no longer at work on it.
      for (const id of alert.groups) {
        const group = groups.get(id) as MessageGroup;
        put(group, { awake: new Map([...group.awake].filter(([user]) => user !== owner)) });
      }
      change(alert, news, at);
      for (const id of alert.groups) {
        const group = groups.get(id) as MessageGroup;
        runs.withdraw(group, at);
        arm(group);
        if (!isSaid) continue;
        acknowledgementEnded(put, group, group.members.get(key) as AlertMember, at);
        arm(group);
      }
    },
    /** Somebody else has said of an alert that it fires. */
    noteMessage(key: string, at: number): void {
      for (const id of alerts.get(key)?.groups ?? []) {
        const group = groups.get(id) as MessageGroup;
        if (group.last) put(group, { last: { ...group.last, at } });
        note(group);
        arm(group);
      }
    },
    /** All that a receiver was told of is in somebody's hands: channels that can say so are told. */
    acknowledged(key: string, at: number): void {
      for (const id of alerts.get(key)?.groups ?? []) {
        const group = groups.get(id) as MessageGroup;
        const open = [...group.members.values()].filter(({ alert, told }) => told !== null && alert.fires);
        const ways = [...group.ways.values()].filter(({ channel }) => takesAcknowledgement(channel));
        if (open.length === 0 || ways.length === 0 || open.some(({ alert }) => alert.owner === null)) continue;
        const { receiver, values, last } = group;
        messages.push({
          ...{ at, event: 'acknowledged', severity: last?.severity ?? 'warning', resolved: [] },
          ...{ firing: open.map(({ alert }) => alert), about: id, receiver, values, ways, number: null },
        });
      }
    },
    /** Somebody is asked to take it from whoever has it. What they are told of has an end that they hear, too. */
    handOver(key: string, user: string, at: number): void {
      const alert = alerts.get(key);
      if (!alert) return;
      const all = alert.groups.flatMap((id) => groups.get(id) ?? []);
      const group = all.find(({ members }) => members.get(key)?.told) ?? all[0];
      const { severity } = alert;
      const ways = waysOf(parts.receivers, [`person:${user}`], severity, at);
      if (!group || ways.length === 0) {
        onNobody(`person:${user}`, [alert.about], false);
        return;
      }
      put(group, { ways: new Map([...group.ways, ...ways.map((way) => [wayKey(way), way] as const)]) });
      messages.heardBy(group, [alert], ways);
      messages.push({
        ...{ at, event: 'hand_over', severity, firing: [alert], resolved: [], number: null },
        ...{ about: group.id, receiver: `person:${user}`, values: group.values, ways },
      });
    },
    /** A person has taken an alert, or looked at it: until later they know of its group. */
    isAtWork(key: string, user: string, at: number): void {
      for (const id of alerts.get(key)?.groups ?? []) {
        const group = groups.get(id) as MessageGroup;
        put(group, { awake: new Map([...group.awake, [user, at]]) });
      }
    },
    isLookedAt: createLooks(memory, parts.settings.awake),
    keys: (): string[] => [...alerts.keys()],
    /** The messages that are due up to `now`, in order. */
    take(now: number): GroupMessage[] {
      for (let next = due.take(now); next; next = due.take(now)) {
        const { key, at } = next;
        memory.change(() => due.set(key, at));
        const [kind, id] = key.split(/ (.*)/s) as [string, string];
        if (kind === 'said') hear(id, saidBefore, at, 'wait');
        const group = groups.get(id);
        if (!group) continue;
        if (kind === 'later') sending.sendLater(group, at);
        else if (kind === 'wake') runs.withdraw(group, at);
        else if ((group.run?.nextAt ?? Number.POSITIVE_INFINITY) <= at) runs.run(group, at);
        else sending.flush(group, at);
        arm(group);
      }
      return messages.take();
    },
    passOn,
    takeRemarks: messages.takeRemarks,
    nextDue: due.next,
    restore: (saved: SavedGroups, at: number) =>
      restoreGroups({ memory, messages, runs, change, settings: parts.settings }, saved, at),
    /** Some receiver was told that it fires. */
    isTold: (key: string): boolean =>
      alerts.get(key)?.groups.some((id) => (groups.get(id)?.members.get(key)?.told ?? null) !== null) ?? false,
    group: (id: string) => groups.get(id),
    alert: (key: string): TrackedAlert | undefined => alerts.get(key),
    /** Groups of which something else is to be saved, and the keys of their members. */
    unsaved: (): ReadonlyMap<string, ReadonlySet<string>> => unsaved,
    keep: memory.keep,
    undo(): void {
      memory.undo();
      messages.take();
      messages.takeRemarks();
    },
  };
}
