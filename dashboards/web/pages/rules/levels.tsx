/** The condition of a rule at each of its levels, in words. */
import type { RuleEntry } from '../../../../shared/api.ts';
import { SeverityMark } from '../../parts/mark.tsx';
import { ruleWords } from '../../rules/sentences.ts';
import { t } from '../../words/words.ts';
import '../../look/rules.css';

export function Levels({ levels }: { levels: readonly RuleEntry[] }) {
  return (
    <ul class="stack-2 rule-levels">
      {levels.map(({ rule }) => (
        <li key={rule.id} class={rule.enabled ? '' : 'quiet'}>
          <SeverityMark severity={rule.severity} />
          <span>
            {ruleWords(rule)}
            {!rule.enabled && ` (${t('rules.off')})`}
          </span>
        </li>
      ))}
    </ul>
  );
}
