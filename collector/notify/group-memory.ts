/**
 * The memory of groups: by id, the alerts in them, and when each is due. What could not be saved is taken back, and what
 * is to be saved is known by group.
 */
import { createHash } from 'node:crypto';
import type { LiveAlert } from '../alerts/alert.ts';
import type { Labels } from '../alerts/labels.ts';
import { createDueQueue } from '../due.ts';
import type { Routed } from '../routing/route.ts';
import { createUndo } from '../tickets/undo.ts';
import {
  count,
  dueOf,
  type Group,
  type GroupedAlert,
  type GroupMember,
  type GroupSettings,
  type LastSaid,
  newGroup,
  standingOf,
} from './group.ts';
import type { GroupDefaults } from './group-settings.ts';
import type { Way } from './notification.ts';

export type MessageGroup = Group<LiveAlert>;
export type AlertMember = GroupMember<LiveAlert>;

export interface TrackedAlert extends GroupedAlert<LiveAlert> {
  /** Ids of its groups. */
  groups: readonly string[];
}

/** What has become of an alert. */
export type AlertNews = Omit<GroupedAlert<LiveAlert>, 'key' | 'suppressedBy'>;

export type GroupMemory = ReturnType<typeof createGroupMemory>;

/** Keys of what is due. */
export const dueKey = {
  group: (id: string) => `group ${id}`,
  later: (id: string) => `later ${id}`,
  /** Whoever worked on it is not known to be awake any more. */
  wake: (id: string) => `wake ${id}`,
};

/** Some member calls for a person. */
export const isCalling = ({ calling }: MessageGroup) => calling.some((n) => n > 0);

export function createGroupMemory(settings: GroupDefaults) {
  const groups = new Map<string, MessageGroup>();
  const alerts = new Map<string, TrackedAlert>();
  /** Times of the messages of the last hour, by receiver. */
  const recent = new Map<string, readonly number[]>();
  /** The last message about a series, by key of its alerts. */
  const said = new Map<string, LastSaid>();
  /** When the next digest of a receiver is due, or the last one was. */
  const digests = new Map<string, number>();
  /** Ids of groups that are held, by receiver. */
  const held = new Map<string, ReadonlySet<string>>();
  /** Persons who work on a group and hear of further members later, by group. */
  const later = new Map<string, readonly Way[]>();
  /** Groups to be saved, with the keys of those members of which something else is told. */
  const unsaved = new Map<string, Set<string>>();
  const due = createDueQueue();
  const { put, change, keep, undo } = createUndo<object>((object) => {
    if ('members' in object) arm(object as MessageGroup);
  });

  function arm(group: MessageGroup): void {
    const at = groups.get(group.id) === group ? dueOf(group) : null;
    const runAt = group.run?.nextAt ?? null;
    due.set(dueKey.group(group.id), at === null ? runAt : runAt === null ? at : Math.min(at, runAt));
  }

  function setDue(key: string, at: number | null): void {
    const before = due.at(key);
    change(() => due.set(key, before));
    due.set(key, at);
  }

  function assign<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    const before = map.get(key);
    const had = map.has(key);
    change(() => (had ? map.set(key, before as V) : map.delete(key)));
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }

  function note(group: MessageGroup, keys: Iterable<string> = []): void {
    const noted = unsaved.get(group.id) ?? new Set();
    for (const key of keys) noted.add(key);
    unsaved.set(group.id, noted);
  }

  /** @param again least time between two messages about the same, of its kind of rule */
  function groupFor(routed: Routed, labels: Labels, again: number | null): MessageGroup {
    const { by = settings.by, wait = settings.wait, interval = settings.interval, repeat } = routed.settings;
    // Never across sites, whatever a route groups by.
    const keys = by.includes('site') ? by : [...by, 'site'];
    const values = Object.fromEntries(keys.map((label) => [label, [labels[label] ?? ''].flat().join(',')]));
    const id = groupId(routed.receiver, values);
    const every = { ...settings.repeat, ...repeat };
    const slow = again === null || !by.includes('rule') ? every : slowed(every, again);
    const now: GroupSettings = { wait, interval, repeat: slow };
    const known = groups.get(id);
    if (known) {
      put(known, { settings: now });
      return known;
    }
    const group = newGroup<LiveAlert>(id, { receiver: routed.receiver, values, settings: now });
    assign(groups, id, group);
    change(() => due.set(dueKey.group(id), null));
    return group;
  }

  function removeMember(group: MessageGroup, key: string): void {
    const member = group.members.get(key);
    if (!member) return;
    count(put, group, standingOf(member), -1);
    assign(group.members, key, undefined);
    const { alert } = member;
    const tracked = alert as TrackedAlert;
    put(tracked, { groups: tracked.groups.filter((id) => id !== group.id) });
    if (tracked.groups.length === 0 && !tracked.fires) assign(alerts, key, undefined);
    note(group, [key]);
    if (group.members.size > 0) return;
    change(() => arm(group));
    assign(groups, group.id, undefined);
    hold(group, null);
    assign(later, group.id, undefined);
    for (const key of [dueKey.later(group.id), dueKey.wake(group.id)]) setDue(key, null);
    due.set(dueKey.group(group.id), null);
  }

  function hold(group: MessageGroup, until: number | null): void {
    put(group, { heldUntil: until, riseAt: null, wasHeld: until !== null });
    const others = [...(held.get(group.receiver) ?? [])].filter((id) => id !== group.id);
    if (until !== null) others.push(group.id);
    assign(held, group.receiver, others.length === 0 ? undefined : new Set(others));
  }

  function track(key: string, news: AlertNews): TrackedAlert {
    const known = alerts.get(key);
    if (known) return known;
    const alert: TrackedAlert = { ...news, key, suppressedBy: [], groups: [] };
    assign(alerts, key, alert);
    return alert;
  }

  return {
    ...{ groups, alerts, recent, digests, said, held, later, unsaved, due },
    ...{ put, change, arm, setDue, assign, note, groupFor, removeMember, hold, track },
    keep(): void {
      keep();
      unsaved.clear();
    },
    undo(): void {
      undo();
      unsaved.clear();
    },
  };
}

/** Not said again before so long. */
const slowed = ({ info, warning, critical }: GroupSettings['repeat'], again: number): GroupSettings['repeat'] => {
  const least = (every: number | null) => every && Math.max(every, again);
  return { info: least(info), warning: least(warning), critical: least(critical) };
};

/** Of the receiver and of what the members have in common; opaque, as the names in it may be erased. */
export function groupId(receiver: string, values: Readonly<Record<string, string>>): string {
  const text = JSON.stringify([receiver, ...Object.entries(values)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
