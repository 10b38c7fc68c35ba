/**
 * What was said of one alert told of another as well: whoever heard it is not told that the other fires, and hears of its
 * end.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import type { Labels } from '../alerts/labels.ts';
import { rankOf } from '../evaluate/book.ts';
import { count, hearersOf, standingOf } from './group.ts';
import type { AlertMember, GroupMemory, MessageGroup, TrackedAlert } from './group-memory.ts';
import { againOf, groupLabels } from './said.ts';

export function createToldBy(labelsOf: (alert: LiveAlert) => Labels, memory: GroupMemory) {
  const { groups, alerts, put, assign, note, arm, groupFor } = memory;

  /** @param by key of the alert whose messages named this one */
  return (by: string, key: string, at: number): void => {
    const alert = alerts.get(key);
    for (const id of (alert && alerts.get(by)?.groups) ?? []) {
      const source = groups.get(id) as MessageGroup;
      if (alert && source.members.get(by)?.told) markTold(source, by, alert, at);
    }
  };

  function markTold(source: MessageGroup, by: string, alert: TrackedAlert, at: number): void {
    const group = alert.groups
      .map((id) => groups.get(id) as MessageGroup)
      .find(({ receiver }) => receiver === source.receiver);
    const [into, member] = group ? [group, group.members.get(alert.key) as AlertMember] : place(source, alert, at);
    if (member.told !== null) return;
    const { severity, flaps } = alert;
    count(put, into, standingOf(member), -1);
    put(member, { told: { severity, flaps }, heard: hearersOf(source, by) });
    count(put, into, standingOf(member), 1);
    put(into, {
      last: into.last ?? { at, severity },
      worst: into.worst !== null && rankOf[into.worst] > rankOf[severity] ? into.worst : severity,
      ways: new Map([...into.ways, ...source.ways]),
    });
    note(into, [alert.key]);
    arm(into);
  }

  /** The routes lead it elsewhere: this receiver hears of its end alone. */
  function place({ receiver, values, settings }: MessageGroup, alert: TrackedAlert, at: number) {
    const routed = { receiver, path: '', action: 'now' as const, settings: { ...settings, by: Object.keys(values) } };
    const group = groupFor(routed, groupLabels(labelsOf(alert.about), alert.about), againOf(alert.about));
    const member: AlertMember = { alert, isRouted: false, changedAt: at, told: null, heard: null, isOwed: false };
    assign(group.members, alert.key, member);
    put(alert, { groups: [...alert.groups, group.id] });
    count(put, group, standingOf(member), 1);
    return [group, member] as const;
  }
}
