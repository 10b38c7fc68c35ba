/** How the escalation of an alert stands: who heard, and who hears next unless somebody reacts. */
import type { EscalationNow } from '../../../../shared/escalation.ts';
import { number } from '../../../../shared/words/format.ts';
import { Ahead } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { language, t } from '../../words/words.ts';
import { receiverWords } from '../on-call/receivers.tsx';

const n = (value: number) => number(value, language.value);

function Next({ next }: { next: NonNullable<EscalationNow['next']> }) {
  const values = { who: receiverWords(next.to), when: <Ahead at={next.at} /> };
  if (next.step === null && next.to.length === 0) return <Sentence of="alert.escalation.ends" values={values} />;
  return <Sentence of={next.step === null ? 'alert.escalation.last' : 'alert.escalation.next'} values={values} />;
}

export const Escalations = ({ of }: { of: readonly EscalationNow[] }) => (
  <ul class="plain stack-2">
    {of.map(({ policy, state, next, round, rounds, step, steps, notified }) => (
      <li key={policy}>
        {state === 'running' && next ? <Next next={next} /> : t(`alert.escalation.state.${state}`)}
        <div class="quiet small">
          {policy}
          {step > 0 &&
            `: ${t('alert.escalation.at', { step: n(step), steps: n(steps), round: n(round), rounds: n(rounds) })}`}
          {notified.length > 0 && ` · ${t('alert.escalation.told', { who: receiverWords(notified) })}`}
        </div>
      </li>
    ))}
  </ul>
);
