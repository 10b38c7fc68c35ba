/** Messages that groups have made and that are not taken yet; what was said is noted in the group. */
import type { LiveAlert } from '../alerts/alert.ts';
import type { AlertRemark } from '../alerts/batch.ts';
import { type GroupDraft, sent } from './group.ts';
import type { GroupMemory, MessageGroup } from './group-memory.ts';
import type { Way } from './notification.ts';

export interface GroupMessage extends Omit<GroupDraft<LiveAlert>, 'event'> {
  event: GroupDraft['event'] | 'escalation' | 'exhausted' | 'digest';
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

/** @param onNobody a message reaches no one */
export function createGroupMessages(memory: GroupMemory, onNobody: (receiver: string, at: number) => void) {
  const { put, hold, note, arm, assign, recent, removeMember } = memory;
  let messages: GroupMessage[] = [];
  let remarks: AlertRemark[] = [];

  /** In the history of all its alerts that fire. */
  function remark(group: MessageGroup, code: AlertRemark['code'], at: number, params: AlertRemark['params']): void {
    for (const { alert, isRouted } of group.members.values())
      if (alert.fires && isRouted) remarks.push({ at, code, alert: alert.about, params });
  }

  /** Nobody is behind a receiver, or a step. */
  function toNobody(group: MessageGroup, at: number, params: AlertRemark['params'] = {}): void {
    onNobody(group.receiver, at);
    remark(group, 'reaches_nobody', at, { receiver: group.receiver, ...params });
  }

  function emit(
    group: MessageGroup,
    draft: GroupDraft<LiveAlert>,
    ways: readonly Way[],
    event: GroupMessage['event'],
    number: number | null,
  ): void {
    if (ways.length === 0 && event !== 'resolved')
      toNobody(group, draft.at, event === 'exhausted' ? { isLast: true } : {});
    const { id, receiver, values } = group;
    messages.push({ ...draft, event, about: id, receiver, values, ways, number });
    countMessage(receiver, draft.at);
    told(group, draft, ways);
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
    arm(group);
  }

  function countMessage(receiver: string, at: number): void {
    const times = (recent.get(receiver) ?? []).filter((one) => at - one < hour);
    assign(recent, receiver, [...times, at]);
  }

  return {
    emit,
    told,
    countMessage,
    remark,
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
