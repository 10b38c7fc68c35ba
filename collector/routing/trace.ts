/** Who would hear of an alert at an instant, and why; of a policy with each step while nobody reacts. */
import type { TraceAnswer } from '../../shared/on-call.ts';
import type { Labels } from '../alerts/labels.ts';
import { type EscalationLog, onDue, start } from '../on-call/escalation.ts';
import { kindOfReceiver, nameOfReceiver } from './receiver.ts';
import type { RoutingMemory } from './routing.ts';

/** Ten steps and ten rounds, and the last. */
const stepsAtMost = 101;
/** Of so many steps the rest says nothing new. */
const stepsShown = 20;

type Heard = TraceAnswer['heard'][number];
type HeardStep = Heard['steps'][number];

export function trace(memory: RoutingMemory, labels: Labels, at: number): TraceAnswer {
  const severity = String(labels.severity);
  const heard = memory.route(labels, at).map(({ receiver, path, until }): Heard => {
    const policy = kindOfReceiver(receiver) === 'policy' ? memory.policy(nameOfReceiver(receiver)) : null;
    const steps = policy ? stepsOf(policy) : [stepOf({ at, event: 'notify', users: [receiver] }, [receiver])];
    return { receiver, path, until: until ?? null, steps };
  });
  const gone = memory.gone(labels, at).map(({ receiver, path }) => ({ receiver, path }));
  return { at, labels: labels as Record<string, unknown>, heard, gone };

  function stepsOf(policy: NonNullable<ReturnType<RoutingMemory['policy']>>): HeardStep[] {
    const who = memory.whoIs(severity);
    let { run, log } = start(policy, at, who);
    const all = [...log];
    while (run.nextAt !== null && all.length < stepsAtMost) {
      ({ run, log } = onDue(run, run.nextAt, who));
      all.push(...log);
    }
    return all.slice(0, stepsShown).map((one) => stepOf(one, targetsOf(one)));

    function targetsOf({ event, step }: EscalationLog): readonly string[] {
      if (event === 'exhausted') return policy.fallback === null ? [] : [policy.fallback];
      return policy.steps[(step ?? 1) - 1]?.targets ?? [];
    }
  }

  function stepOf(log: EscalationLog, targets: readonly string[]): HeardStep {
    const found = new Map<string, HeardStep['reached'][number]>();
    const unreached = targets.flatMap((target) => {
      const { receiver, why } = memory.unreached(target, log.at) ?? memory.standsIn(target, log.at) ?? {};
      return receiver && why ? [{ receiver, why }] : [];
    });
    for (const target of targets)
      for (const receiver of memory.resolve(target, log.at)) {
        const ways = memory.reach(receiver, severity, log.at);
        if (found.has(receiver)) continue;
        found.set(receiver, {
          receiver,
          via: kindOfReceiver(target) === 'schedule' ? nameOfReceiver(target) : null,
          channels: ways.map(({ channel }) => channel),
          heldUntil: ways[0]?.heldUntil ?? null,
        });
      }
    const { event, round = 1, step = null } = log;
    return { after: Math.round((log.at - at) / 1000), round, step, event, reached: [...found.values()], unreached };
  }
}
