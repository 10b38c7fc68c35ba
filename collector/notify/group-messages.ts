/** Messages that groups have made and that are not taken yet; what was said is noted in the group. */
import type { LiveAlert } from '../alerts/alert.ts';
import type { AlertRemark } from '../alerts/batch.ts';
import { count, endsIn, type GroupDraft, type GroupedAlert, hearersOf, sent, standingOf, wayKey } from './group.ts';
import type { AlertMember, GroupMemory, MessageGroup, TrackedAlert } from './group-memory.ts';
import type { Way } from './notification.ts';
import { noteSaid } from './said.ts';

export interface GroupMessage extends Omit<GroupDraft<LiveAlert>, 'event'> {
  event: GroupDraft['event'] | 'escalation' | 'exhausted' | 'digest' | 'acknowledged' | 'hand_over';
  /** Id of the group, or of what goes to a receiver of several groups. */
  about: string;
  receiver: string;
  /** What its members have in common. */
  values: Readonly<Record<string, string>>;
  ways: readonly Way[];
  /** Of a repeat: which one; of an escalation: its round. */
  number: number | null;
}

export type GroupMessages = ReturnType<typeof createGroupMessages>;

const hour = 3_600_000;

/** A message about alerts reaches no one. @param isLast nobody has reacted to any step of a policy before */
export type OnNobody = (receiver: string, alerts: readonly LiveAlert[], isLast: boolean) => void;

const firingIn = (group: MessageGroup): LiveAlert[] =>
  [...group.members.values()].flatMap(({ alert, isRouted }) => (alert.fires && isRouted ? [alert.about] : []));

export function createGroupMessages(memory: GroupMemory, onNobody: OnNobody) {
  const { groups, put, hold, note, arm, assign, recent, removeMember } = memory;
  let messages: GroupMessage[] = [];
  let remarks: AlertRemark[] = [];

  /** In the history of all its alerts that fire. */
  function remark(group: MessageGroup, code: AlertRemark['code'], at: number, params: AlertRemark['params']): void {
    remarks.push(...firingIn(group).map((alert) => ({ at, code, alert, params })));
  }

  function remarkOn(alert: LiveAlert, code: AlertRemark['code'], at: number, params: AlertRemark['params']): void {
    remarks.push({ at, code, alert, params });
  }

  /** Nobody is behind a receiver, or a step. */
  function toNobody(group: MessageGroup, at: number, params: AlertRemark['params'] = {}): void {
    onNobody(group.receiver, firingIn(group), false);
    remark(group, 'reaches_nobody', at, { receiver: group.receiver, ...params });
  }

  function emit(
    group: MessageGroup,
    draft: GroupDraft<LiveAlert>,
    ways: readonly Way[],
    event: GroupMessage['event'],
    number: number | null,
  ): void {
    if (ways.length === 0 && event === 'exhausted') onNobody(group.receiver, firingIn(group), true);
    else if (ways.length === 0 && event !== 'resolved') toNobody(group, draft.at);
    say(group, draft, ways, event, number);
    countMessage(group.receiver, draft.at);
    told(group, draft, ways);
  }

  /** One message, or several where not all have heard of what has ended. */
  function say(
    group: MessageGroup,
    draft: GroupDraft<LiveAlert>,
    ways: readonly Way[],
    event: GroupMessage['event'],
    number: number | null,
  ): void {
    const { id, receiver, values } = group;
    const whole = { ...draft, event, about: id, receiver, values, number };
    const over = endsIn(group, draft, ways).map((alert) => ({ alert, hearers: hearersOf(group, alert.key) }));
    pushEach(whole, ways, over);
  }

  /** To each way what it was told of: whoever has not heard of a begin does not hear of its end. */
  function pushEach(
    message: Omit<GroupMessage, 'ways'>,
    ways: readonly Way[],
    over: readonly { alert: GroupedAlert<LiveAlert>; hearers: ReadonlySet<string> }[],
  ): void {
    const heardOf = (way: Way) => over.flatMap(({ alert, hearers }) => (hearers.has(wayKey(way)) ? [alert] : []));
    const alike = Map.groupBy(ways, (way) => JSON.stringify(heardOf(way).map(({ key }) => key)));
    for (const some of alike.values()) {
      const resolved = heardOf(some[0] as Way);
      if (message.firing.length + resolved.length > 0) messages.push({ ...message, resolved, ways: some });
    }
  }

  /** Somebody was told that these fire, beside the messages of their group. */
  function heardBy(group: MessageGroup, alerts: readonly GroupedAlert<LiveAlert>[], ways: readonly Way[]): void {
    for (const { key } of alerts) {
      const member = group.members.get(key) as AlertMember;
      if (member.told === null || member.heard === null) continue;
      put(member, { heard: member.heard.union(new Set(ways.map(wayKey))) });
    }
    note(
      group,
      alerts.map(({ key }) => key),
    );
  }

  function told(group: MessageGroup, draft: GroupDraft<LiveAlert>, ways: readonly Way[]): void {
    hold(group, null);
    const news = draft.firing.filter(({ key, severity, flaps }) => {
      const before = group.members.get(key)?.told;
      return before?.severity !== severity || before.flaps !== flaps;
    });
    note(
      group,
      news.map(({ key }) => key),
    );
    for (const key of sent(put, group, draft, ways)) removeMember(group, key);
    if (draft.event === 'resolved') put(group, { run: null });
    for (const { key, about } of draft.firing) {
      noteSaid(memory, about, draft.at);
      takeOver(group, key, draft.at);
    }
    arm(group);
  }

  /**
   * Worse, it leads to another receiver, behind whom the same people may be: they hear of its end from this group, and
   * need not hear of it a second time from the one that it has left.
   */
  function takeOver(group: MessageGroup, key: string, at: number): void {
    const { alert } = group.members.get(key) as AlertMember;
    for (const id of (alert as TrackedAlert).groups) {
      const other = groups.get(id) as MessageGroup;
      const member = other.members.get(key) as AlertMember;
      if (other === group || member.isRouted || member.told === null) continue;
      const left = hearersOf(other, key).difference(hearersOf(group, key));
      if (left.size > 0) {
        put(member, { heard: left });
        continue;
      }
      count(put, other, standingOf(member), -1);
      put(member, { told: null });
      count(put, other, standingOf(member), 1);
      removeMember(other, key);
      if (groups.get(id) !== other) continue;
      // What is left may have been waiting for it alone.
      if (other.told > 0 && other.open === 0) put(other, { endAt: other.endAt ?? at + other.settings.wait });
      arm(other);
    }
  }

  function countMessage(receiver: string, at: number): void {
    const times = (recent.get(receiver) ?? []).filter((one) => at - one < hour);
    assign(recent, receiver, [...times, at]);
  }

  return {
    emit,
    say,
    pushEach,
    heardBy,
    told,
    countMessage,
    remark,
    remarkOn,
    toNobody,
    push: (message: GroupMessage) => void messages.push(message),
    takeRemarks(): AlertRemark[] {
      const taken = remarks;
      remarks = [];
      return taken;
    },
    take(): GroupMessage[] {
      const taken = messages;
      messages = [];
      return taken;
    },
  };
}
