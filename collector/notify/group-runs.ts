/** Escalation of groups: the steps of a policy run as long as some member of the group calls for a person. */
import type { LiveAlert } from '../alerts/alert.ts';
import { rankOf } from '../evaluate/book.ts';
import {
  type EscalationEvent,
  type EscalationOutcome,
  type EscalationPolicy,
  type EscalationRun,
  onDue,
  onEvent,
  start,
} from '../on-call/escalation.ts';
import { type Delay, draftOf, type GroupDraft, type GroupSeverity } from './group.ts';
import { type AlertMember, dueKey, type GroupMemory, isCalling, type MessageGroup } from './group-memory.ts';
import type { GroupMessages } from './group-messages.ts';
import type { GroupDefaults } from './group-settings.ts';
import { type Receivers, waysOf } from './receivers.ts';

export interface RunParts {
  receivers: Receivers;
  settings: GroupDefaults;
}

export type GroupRuns = ReturnType<typeof createGroupRuns>;

/** In the holds of a run: nothing of its group may be spoken of. */
const runHold = 'group';

export function createGroupRuns(parts: RunParts, memory: GroupMemory, messages: GroupMessages) {
  const { receivers, settings } = parts;
  const { put, note, setDue } = memory;

  const targetOf = (user: string) => (user.includes(':') ? user : `person:${user}`);

  /** The steps go on as long as any member calls for a person; the last one to stop doing so says why they do not. */
  function follow(
    group: MessageGroup,
    { alert, isRouted }: AlertMember,
    wasCalling: boolean,
    at: number,
    release: Delay | null,
  ): void {
    const { run } = group;
    if (!run) return;
    const wait = release === 'reminders' ? 0 : (release ?? 0);
    const after = wait === 'wait' ? group.settings.wait : wait;
    if (isCalling(group)) {
      if (run.acknowledged && !isAwake(group, alert.severity, at)) tell(group, { type: 'withdraw' }, at);
      if (run.isUnknown) tell(group, { type: 'back' }, at);
      if (run.holds[runHold] === null) tell(group, { type: 'release', by: runHold, after }, at);
    } else if (wasCalling) {
      const isHeld = alert.suppressedBy.length > 0 || !isRouted || !alert.fires;
      if (alert.isUnknown && !isHeld) tell(group, { type: 'unknown' }, at);
      else if (alert.owner !== null && !isHeld) tell(group, { type: 'acknowledge', until: null }, at);
      else tell(group, { type: 'suppress', by: runHold }, at);
    }
  }

  function tell(group: MessageGroup, event: EscalationEvent, at: number): void {
    if (!group.run) return;
    put(group, { run: onEvent(group.run, event, at).run });
    note(group);
  }

  /** Somebody who has an alert of this group works on it: further ones that are no worse can wait. */
  function isAwake(group: MessageGroup, severity: GroupSeverity, at: number): boolean {
    const isWorse = group.worst === null || rankOf[severity] > rankOf[group.worst];
    const until = Math.max(0, ...group.awake.values()) + settings.awake;
    if (isWorse || until <= at) return false;
    setDue(dueKey.wake(group.id), until);
    return true;
  }

  /** Nobody has it any more, or works on it as far as is known: the steps begin again. */
  function withdraw(group: MessageGroup, at: number): void {
    if (group.run?.acknowledged && isCalling(group)) tell(group, { type: 'withdraw' }, at);
  }

  /** Of several steps that were due while no collector ran, the last one is still to come. */
  function overdueLast(run: EscalationRun, at: number): EscalationRun {
    let [before, next] = [run, run];
    while (next.nextAt !== null && next.nextAt <= at) {
      before = next;
      next = onDue(next, next.nextAt, receivers.whoIs('critical')).run;
    }
    return before;
  }

  function runEscalation(group: MessageGroup, at: number): void {
    if (!group.run) return;
    const draft = draftOf(group, at, 'update');
    take(group, onDue(group.run, at, receivers.whoIs(draft.severity)), draft);
  }

  /** Sends what a step of an escalation says. Of several that are overdue only the last one is still news. */
  function take(group: MessageGroup, { run, log }: EscalationOutcome, draft: GroupDraft<LiveAlert>): void {
    const isFirst = group.last === null;
    put(group, { run });
    note(group);
    for (const { event, users, round, step, at } of log) {
      if (event === 'skipped') messages.toNobody(group, at, { step, round });
      if (event !== 'notify' && event !== 'exhausted') continue;
      const ways = waysOf(receivers, users.map(targetOf), draft.severity, at);
      standIns(group, (event === 'notify' ? run.policy.steps[(step ?? 1) - 1]?.targets : null) ?? [], at);
      if (event === 'exhausted') {
        const last = users.length === 0 ? { isLast: true } : {};
        messages.remark(group, 'exhausted', at, { receiver: group.receiver, to: [...users], ...last });
      }
      const named = event === 'exhausted' ? 'exhausted' : isFirst ? draft.event : 'escalation';
      messages.emit(group, { ...draft, at }, ways, named, event === 'exhausted' || isFirst ? null : (round ?? null));
    }
  }

  /** Whose turn it is cannot be reached: the history says who was notified in their place. */
  function standIns(group: MessageGroup, targets: readonly string[], at: number): void {
    for (const target of targets) {
      const found = receivers.standsIn(target, at);
      if (!found) continue;
      const { schedule, receiver: who, why, fallback } = found;
      messages.remark(group, 'stands_in', at, { receiver: schedule, who, why, instead: fallback });
    }
  }

  return {
    ...{ follow, standIns, isAwake, withdraw, overdueLast, run: runEscalation },
    /** The message that a step sent at `stepAt` did not reach this user. */
    lose: (group: MessageGroup, user: string, stepAt: number, at: number) =>
      tell(group, { type: 'unreached', user, stepAt }, at),
    begin: (group: MessageGroup, policy: EscalationPolicy, draft: GroupDraft<LiveAlert>) =>
      take(group, start(policy, draft.at, receivers.whoIs(draft.severity)), draft),
  };
}
