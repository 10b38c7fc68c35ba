/** The rules in force, so that everybody can see why an alert comes, or does not. */

import { fieldOf } from '../../../shared/metrics.ts';
import { duration, measured, none } from '../format.ts';
import { useLoad } from '../net/load.ts';
import type { Page } from '../net/request.ts';
import { Box, Ready } from '../parts/box.tsx';
import { type Severity, SeverityMark } from '../parts/mark.tsx';
import { Table } from '../parts/table.tsx';
import { language, t } from '../words/words.ts';

/** What the page reads of a rule; the collector's own schema has more. */
interface Rule {
  id: string;
  name: { en: string; ja: string };
  enabled: boolean;
  severity: Severity;
  applies: 'all' | 'server' | 'workstation';
  when:
    | { kind: 'metric'; measurement: string; all: { field: string; op: string; value: number }[] }
    | { kind: 'silent'; after_s: number }
    | { kind: 'missing'; measurement: string; field: string; after_s: number };
  for_s: number;
}

const signs: Readonly<Record<string, string>> = { '>=': '≥', '<=': '≤' };

function conditionOf(rule: Rule): string {
  const { when } = rule;
  switch (when.kind) {
    case 'metric':
      return when.all
        .map(({ field, op, value }) => {
          const row = fieldOf(`${when.measurement}.${field}`);
          return `${row?.[language.value] ?? field} ${signs[op] ?? op} ${measured(value, row?.unit ?? 'number', language.value)}`;
        })
        .join(t('rule.and'));
    case 'silent':
      return t('rule.silent', { time: duration(when.after_s, language.value) });
    case 'missing': {
      const row = fieldOf(`${when.measurement}.${when.field}`);
      const name = row?.[language.value] ?? when.field;
      return t('rule.missing', { name, time: duration(when.after_s, language.value) });
    }
    default:
      return none;
  }
}

export function Rules() {
  const list = useLoad<Page<Rule>>('rules');
  return (
    <Box title={t('rule.title')} flush>
      <Ready of={list}>
        {({ items }) => (
          <Table
            caption={t('rule.title')}
            rows={items.filter((rule) => rule.enabled)}
            keyOf={(row) => row.id}
            columns={[
              { key: 'name', head: t('alert.what'), cell: (row) => row.name[language.value] },
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
