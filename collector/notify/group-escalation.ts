/** How the escalation of an alert stands, for people: read from its groups, and nothing is changed by it. */
import type { EscalationNow } from '../../shared/escalation.ts';
import { type EscalationRun, onDue } from '../on-call/escalation.ts';
import type { AlertMember } from './group-memory.ts';
import type { MessageGroups } from './groups.ts';
import type { Receivers } from './receivers.ts';

/** @param key of the alert. @returns one for each policy that runs for it */
export function escalationsOf(
  groups: Pick<MessageGroups, 'alert' | 'group'>,
  receivers: Receivers,
  key: string,
): EscalationNow[] {
  const ids = groups.alert(key)?.groups ?? [];
  return ids.flatMap((id) => {
    const { run, members, worst } = groups.group(id) ?? {};
    const member = members?.get(key);
    if (!run || run.hasEnded || member?.isRouted !== true) return [];
    const { policy, round } = run;
    const state = stateOf(run, member.alert);
    // The steps are those of all that calls in the group: of this one nobody has heard before it was in a message.
    const isTold = member.told !== null;
    return [
      {
        ...{ policy: policy.name, state, round: isTold ? round : 1, rounds: policy.repeat + 1 },
        ...{ step: isTold ? run.step : 0, steps: policy.steps.length, notified: isTold ? [...run.notified] : [] },
        next: state === 'running' ? nextOf(run, receivers, worst ?? 'warning') : null,
      },
    ];
  });
}

/** Of one alert: what stops its messages stops its steps, though others of its group go on. */
function stateOf(run: EscalationRun, { suppressedBy, owner, isUnknown }: AlertMember['alert']): EscalationNow['state'] {
  if (suppressedBy.length > 0) return 'held';
  if (owner !== null || run.acknowledged) return 'acknowledged';
  if (Object.keys(run.holds).length > 0) return 'held';
  if (isUnknown || run.isUnknown) return 'unknown';
  return run.stepAt === null ? 'exhausted' : 'running';
}

/** Steps that would reach nobody are passed over, as they will be. */
function nextOf(run: EscalationRun, receivers: Receivers, severity: string): EscalationNow['next'] {
  if (run.nextAt === null) return null;
  const { run: after, log } = onDue(run, run.nextAt, receivers.whoIs(severity));
  const found = log.find(({ event }) => event === 'notify' || event === 'exhausted');
  // What holds it is over then, and something else holds it still.
  if (!found) return null;
  return { at: found.at, round: found.round ?? after.round, step: found.step ?? null, to: [...found.users] };
}
