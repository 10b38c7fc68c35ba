/** A message does not get through to somebody: the next way of that person, or what follows when there is none. */
import type { NotificationEvent } from '../../shared/notification.ts';
import { wayKey } from './group.ts';
import type { GroupMemory } from './group-memory.ts';
import type { GroupMessages } from './group-messages.ts';
import type { GroupRuns } from './group-runs.ts';
import { type Receivers, waysLeft } from './receivers.ts';
import type { PassedOn, Undelivered } from './undelivered.ts';

/** Of no use to anybody once nothing of its group fires: then the end takes its place. */
const ofFiring: ReadonlySet<NotificationEvent> = new Set([
  ...(['firing', 'update', 'repeat', 'flapping', 'stable', 'escalation', 'exhausted', 'hand_over'] as const),
]);

interface WaysRooms {
  receivers: Receivers;
  memory: GroupMemory;
  messages: GroupMessages;
  runs: GroupRuns;
}

export function createGroupWays({ receivers, memory, messages, runs }: WaysRooms) {
  const { groups, put, note, arm } = memory;

  return function passOn(message: Undelivered, at: number): PassedOn {
    const { about, way, severity, event, state, tried, isTold, mayArrive, madeAt } = message;
    const group = groups.get(about);
    const isOpen = group !== undefined && group.last !== null;
    if (state !== 'taken over' && ofFiring.has(event) && !(isOpen && group.open > 0))
      return { message, next: null, leaves: false };
    const [next = null] =
      way.user === null || state === 'taken over' ? [] : waysLeft(receivers, way.user, { severity, at, tried });
    const leaves = !isTold && (state === 'taken over' || (state === 'given up' && next !== null));
    if (group && isOpen && (next || leaves)) {
      const ways = new Map(group.ways);
      if (leaves) ways.delete(wayKey(way));
      if (next) ways.set(wayKey(next), next);
      put(group, { ways });
      for (const member of group.members.values()) {
        if (!member.heard?.has(wayKey(way))) continue;
        const heard = new Set(member.heard);
        if (leaves) heard.delete(wayKey(way));
        if (next) heard.add(wayKey(next));
        put(member, { heard });
      }
      note(group);
    }
    if (group && isOpen && event !== 'resolved' && state === 'given up' && next === null && !mayArrive) {
      const user = way.user === null ? `channel:${way.channel}` : `person:${way.user}`;
      messages.remark(group, 'not_reached', at, { who: user });
      runs.lose(group, user, madeAt, at);
    }
    if (group) arm(group);
    return { message, next, leaves };
  };
}
