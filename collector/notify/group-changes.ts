/** What happens to an alert, in all groups that it is in: the routes say in which it is. */
import type { LiveAlert } from '../alerts/alert.ts';
import type { Labels } from '../alerts/labels.ts';
import { count, type Delay, follow, type Standing, standingOf } from './group.ts';
import { type AlertMember, type GroupMemory, isCalling, type MessageGroup, type TrackedAlert } from './group-memory.ts';
import type { GroupRuns } from './group-runs.ts';
import type { Receivers } from './receivers.ts';
import { againOf, groupLabels } from './said.ts';

export interface GroupChangeParts {
  receivers: Receivers;
  labelsOf(alert: LiveAlert): Labels;
}

interface ChangedPlace {
  group: MessageGroup;
  member: AlertMember;
  before: Standing | null;
  /** Some member of the group called for a person. */
  wasCalling: boolean;
}

/** @returns a function that changes an alert in all its groups */
export function createGroupChanges({ receivers, labelsOf }: GroupChangeParts, memory: GroupMemory, runs: GroupRuns) {
  const { groups, alerts, put, assign, note, arm, groupFor, removeMember } = memory;

  /**
   * Changes an alert in all its groups.
   * @param more `release`: a suppression has ended; `isChange`: it fires, more or in another way than before
   */
  function apply(
    alert: TrackedAlert,
    columns: Partial<TrackedAlert>,
    at: number,
    more: { release?: Delay | null; reroutes?: boolean; isChange?: boolean } = {},
  ): void {
    const { release = null, reroutes = false, isChange = false } = more;
    const places = alert.groups.map((id): ChangedPlace => {
      const group = groups.get(id) as MessageGroup;
      const member = group.members.get(alert.key) as AlertMember;
      return { group, member, before: standingOf(member), wasCalling: isCalling(group) };
    });
    for (const { group, before } of places) if (before) count(put, group, before, -1);
    put(alert, columns);
    // Whoever was to hear of it later hears neither of its begin nor of its end.
    for (const { member } of places) if (!alert.fires && member.heard?.size === 0) put(member, { told: null });
    if (reroutes && alert.fires) route(alert, places, at);
    for (const { group, member, before, wasCalling } of places) {
      if (isChange) put(member, { changedAt: at });
      count(put, group, standingOf(member), 1);
      follow(put, group, member, before, at, release);
      if (group.run) runs.follow(group, member, wasCalling, at, release);
      if (member.told !== null && before?.isOpen !== standingOf(member).isOpen) note(group, [alert.key]);
    }
    for (const { group, member } of places) {
      const isGone = member.told === null && (!alert.fires || !member.isRouted);
      if (isGone) removeMember(group, alert.key);
      arm(group);
    }
    if (!alert.fires && alert.groups.length === 0 && alerts.get(alert.key) === alert)
      assign(alerts, alert.key, undefined);
  }

  /** Who hears of it as it is now; adds its new groups to its places. */
  function route(alert: TrackedAlert, places: ChangedPlace[], at: number): void {
    const labels = labelsOf(alert.about);
    const wanted = new Set<string>();
    for (const routed of receivers.route(labels, at)) {
      const group = groupFor(routed, groupLabels(labels, alert.about), againOf(alert.about));
      wanted.add(group.id);
      if (group.members.has(alert.key)) continue;
      const member: AlertMember = { alert, isRouted: true, changedAt: at, told: null, heard: null, isOwed: false };
      assign(group.members, alert.key, member);
      places.push({ group, member, before: null, wasCalling: isCalling(group) });
    }
    for (const { group, member } of places)
      if (member.isRouted !== wanted.has(group.id)) put(member, { isRouted: wanted.has(group.id) });
    put(alert, { groups: places.map(({ group }) => group.id) });
  }

  return apply;
}
