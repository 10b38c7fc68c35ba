/** The rules in force, so that everybody can see why an alert comes, or does not. */
import { fieldOf } from '../../../shared/metrics.ts';
import { duration, none } from '../format.ts';
import { useLoad } from '../net/load.ts';
import type { Page } from '../net/request.ts';
import { Box, Ready } from '../parts/box.tsx';
import { type Severity, SeverityMark } from '../parts/mark.tsx';
import { Table } from '../parts/table.tsx';
import { metricName, sayLimit } from '../words/value.ts';
import { language, t } from '../words/words.ts';

interface Condition {
  field: string;
  op: string;
  value: number;
  measurement?: string;
  mean_s?: number;
  growth?: boolean;
}

/** What the page reads of a rule; the collector's own schema has more. */
interface Rule {
  id: string;
  name: { en: string; ja: string };
  enabled: boolean;
  severity: Severity;
  applies: 'all' | 'server' | 'workstation';
  when:
    | { kind: 'metric'; measurement: string; all: Condition[] }
    | { kind: 'silent'; after_s: number }
    | { kind: 'missing'; measurement: string; field: string; after_s: number };
  for_s: number;
}

const signs: Readonly<Record<string, string>> = { '>=': '≥', '<=': '≤' };

function comparisonOf({ field, op, value, measurement, mean_s: mean, growth }: Condition, usual: string): string {
  const metric = `${measurement ?? usual}.${field}`;
  const title = metricName(metric);
  if (growth && value === 0) return t('rule.grows', { name: title });
  const name = mean === undefined ? title : t('rule.mean', { name: title, time: duration(mean, language.value) });
  return `${name} ${signs[op] ?? op} ${sayLimit(metric, value, fieldOf(metric)?.unit ?? 'number')}`;
}

function conditionOf(rule: Rule): string {
  const { when } = rule;
  switch (when.kind) {
    case 'metric':
      return when.all.map((one) => comparisonOf(one, when.measurement)).join(t('rule.and'));
    case 'silent':
      // The collector's rule about itself looks at nothing: its parts say when something is wrong.
      if (rule.id === 'collector-self') return t('rule.own');
      return t('rule.silent', { time: duration(when.after_s, language.value) });
    case 'missing': {
      const name = metricName(`${when.measurement}.${when.field}`);
      return t('rule.missing', { name, time: duration(when.after_s, language.value) });
    }
    default:
      return none;
  }
}

export function Rules() {
  const list = useLoad<Page<Rule>>('rules');
  return (
    <Box title={t('rule.title')} aside={<span class="quiet small">{t('rule.lead')}</span>} flush>
      <Ready of={list}>
        {({ items }) => (
          <Table
            caption={t('rule.title')}
            rows={items.filter((rule) => rule.enabled)}
            keyOf={(row) => row.id}
            columns={[
              {
                key: 'name',
                head: t('alert.what'),
                cell: (row) => (
                  <>
                    {row.name[language.value]}
                    <div class="quiet small plain">
                      <code>{row.id}</code>
                    </div>
                  </>
                ),
              },
              { key: 'severity', head: t('alert.severity'), cell: (row) => <SeverityMark severity={row.severity} /> },
              { key: 'when', head: t('rule.when'), bare: true, cell: conditionOf },
              {
                key: 'for',
                head: t('rule.for'),
                cell: (row) => (row.for_s === 0 ? t('rule.atOnce') : duration(row.for_s, language.value)),
              },
              {
                key: 'applies',
                head: t('rule.applies'),
                cell: (row) => (row.applies === 'all' ? t('rule.all') : t(`kind.${row.applies}`)),
              },
            ]}
          />
        )}
      </Ready>
    </Box>
  );
}
