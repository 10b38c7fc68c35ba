/** How the escalation of an alert stands, for people: read from its groups, and nothing is changed by it. */
import type { EscalationNow } from '../../shared/escalation.ts';
import { type EscalationRun, onDue } from '../on-call/escalation.ts';
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
    if (!run || run.hasEnded || members?.get(key)?.isRouted !== true) return [];
    const { policy, round, step, notified } = run;
    return [
      {
        ...{ policy: policy.name, state: stateOf(run), round, rounds: policy.repeat + 1 },
        ...{ step, steps: policy.steps.length, notified: [...notified] },
        next: nextOf(run, receivers, worst ?? 'warning'),
      },
    ];
  });
}

function stateOf(run: EscalationRun): EscalationNow['state'] {
  if (run.acknowledged) return 'acknowledged';
  if (Object.keys(run.holds).length > 0) return 'held';
  if (run.isUnknown) return 'unknown';
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
