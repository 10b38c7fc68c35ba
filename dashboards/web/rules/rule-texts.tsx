/** What the rule of an alert says about it: summary, description and where it stands what to do. */
import type { Alert } from '../../../shared/api.ts';
import { type RuleTemplates, ruleTexts } from '../../../shared/words/rule-texts.ts';
import { rows } from '../fleet/store.ts';
import { reportZone } from '../net/session.ts';
import { Box } from '../parts/box.tsx';
import { language, t, wordOr } from '../words/words.ts';

interface RuleTextsProps {
  alert: Alert;
  texts: RuleTemplates;
  /** The path, the job, the disk … */
  instance: string;
}

/** Nothing where the rule says nothing. */
export function RuleTextsBox({ alert, texts, instance }: RuleTextsProps) {
  const { rule, severity, metric, unit, value, threshold } = alert;
  const row = rows.value?.get(alert.endpoint.id);
  const endpoint = { ...alert.endpoint, site: row?.site ?? null, kind: row ? wordOr('kind', row.kind) : '' };
  const since = alert.firedAt ?? alert.pendingAt;
  const facts = { rule, endpoint, metric, unit, instance, value, threshold, since };
  const { summary, description, runbook } = ruleTexts(
    texts,
    { ...facts, severity: t(`severity.${severity}`), now: Date.now(), zone: reportZone() },
    language.value,
  );
  if (!summary && !description && !runbook) return null;
  return (
    <Box title={t('rules.says')}>
      <div class="stack-2">
        {summary && <p class="strong">{summary}</p>}
        {description?.split('\n').map((line, n) => (
          <p key={`${n}${line}`}>{line}</p>
        ))}
        {runbook && (
          <p>
            <a href={runbook} rel="noreferrer">
              {t('rules.part.runbook')}
            </a>
          </p>
        )}
      </div>
    </Box>
  );
}
