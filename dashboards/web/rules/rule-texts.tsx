/** What the rule of an alert says about it: summary, description and where it stands what to do. */
import type { Alert, TicketDetail } from '../../../shared/api.ts';
import { type RuleTemplates, ruleTexts } from '../../../shared/words/rule-texts.ts';
import { useRow } from '../fleet/store.ts';
import { reportZone } from '../net/session.ts';
import { Box } from '../parts/box.tsx';
import { language, t, wordOr } from '../words/words.ts';

interface RuleTextsProps {
  alert: Alert;
  texts: RuleTemplates;
  /** The path, the job, the disk … */
  instance: string;
  /** Of an alert of other monitoring: where it is shown there. */
  source: string | null;
}

/** Nothing where the rule says nothing. */
export function RuleTextsBox({ alert, texts, instance, source }: RuleTextsProps) {
  const { rule, severity, metric, unit, value, threshold } = alert;
  const row = useRow(alert.endpoint.id);
  const endpoint = { ...alert.endpoint, site: row?.site ?? null, kind: row ? wordOr('kind', row.kind) : '' };
  const since = alert.firedAt ?? alert.pendingAt;
  const facts = { rule, endpoint, metric, unit, instance, value, threshold, since };
  const { summary, description, runbook } = ruleTexts(
    texts,
    { ...facts, severity: t(`severity.${severity}`), now: Date.now(), zone: reportZone() },
    language.value,
  );
  return <Said {...{ summary, description, runbook }} title={t('rules.says')} url={source} />;
}

/** What came with an alert of other monitoring. */
export const OutsideBox = ({ said }: { said: NonNullable<TicketDetail['said']> }) => (
  <Said {...said} title={t('rules.saidOutside')} url={said.url ?? null} />
);

interface ToldProps {
  title: string;
  summary?: string | null | undefined;
  description?: string | null | undefined;
  runbook?: string | null | undefined;
  url: string | null;
}

function Said({ title, summary, description, runbook, url }: ToldProps) {
  if (!summary && !description && !runbook && !url) return null;
  return (
    <Box title={title}>
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
        {url && (
          <p>
            <a href={url} rel="noreferrer">
              {t('rules.shownThere')}
            </a>
          </p>
        )}
      </div>
    </Box>
  );
}
