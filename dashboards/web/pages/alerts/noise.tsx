/** How much noise the rules made: each number leads to the alerts behind it. */
import type { AlertNoise } from '../../../../shared/alert-groups.ts';
import { alertOutcomes } from '../../../../shared/choices.ts';
import { none, number, percent } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Fold } from '../../parts/fold.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { alertsBehind, noiseDays as days, type Outcome } from '../../rules/noise.ts';
import { ruleName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';

const shownRules = 10;

export function Noise() {
  const loaded = useLoad<AlertNoise>(`alerts/noise?days=${days}`);
  return (
    <Fold title={t('alert.noise.title')}>
      <Box flush>
        <Ready of={loaded} lines={3}>
          {(noise) => <Numbers noise={noise} />}
        </Ready>
      </Box>
    </Fold>
  );
}

type NoiseRow = AlertNoise['rules'][number];

function Numbers({ noise }: { noise: AlertNoise }) {
  const { from, fired, acknowledged, alone, perEndpointWeek, endpointWeeks, rules } = noise;
  const n = (value: number, digits = 0) => number(value, language.value, digits);
  const list = (value: number, outcome: Outcome | null, row?: NoiseRow) =>
    value === 0 ? n(0) : <a href={alertsBehind(from, outcome, row?.rule.id, row?.alertname)}>{n(value)}</a>;
  const share = (part: number, whole: number) =>
    whole === 0 ? none : percent((100 * part) / whole, language.value, 0);
  // On the first day it is a part of one, which must not read as none.
  const weeks = n(endpointWeeks, endpointWeeks < 10 ? 2 : 0);
  return (
    <>
      <p class="box-body">
        <Sentence
          of="alert.noise.lead"
          values={{
            days: n(days),
            fired: list(fired, null),
            rate:
              perEndpointWeek === null
                ? t('alert.noise.noRate', { weeks })
                : t('alert.noise.rate', { rate: n(perEndpointWeek, 2), weeks }),
            acknowledged: list(acknowledged, 'acknowledged'),
            taken: share(acknowledged, fired),
            alone: list(alone, 'alone'),
            left: share(alone, fired),
          }}
        />
      </p>
      {rules.length > 0 && (
        <Table
          caption={t('alert.noise.rules')}
          rows={rules.slice(0, shownRules)}
          keyOf={({ rule, alertname }) => `${rule.id} ${alertname ?? ''}`}
          columns={[
            {
              key: 'rule',
              head: t('alert.noise.rules'),
              // A rule of other monitoring is not ours to change: it has no page.
              cell: ({ rule, alertname }) => alertname ?? <a href={to.rule(rule.id)}>{ruleName(rule)}</a>,
            },
            {
              key: 'fired',
              head: t('alert.noise.fired'),
              right: true,
              cell: (row) => list(row.fired, null, row),
            },
            // Each alert is in one of these.
            ...alertOutcomes.map((outcome) => ({
              key: outcome,
              head: t(`alert.noise.outcome.${outcome}`),
              right: true,
              cell: (row: NoiseRow) => (
                <>
                  {list(row[outcome], outcome, row)}
                  {outcome === 'alone' && <span class="quiet"> {share(row.alone, row.fired)}</span>}
                </>
              ),
            })),
          ]}
        />
      )}
    </>
  );
}
