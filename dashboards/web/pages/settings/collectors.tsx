/** Collectors that share the fleet: whether each runs, and what it has to do. */
import type { CollectorView } from '../../../../shared/collectors.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { language, t } from '../../words/words.ts';

const lookEveryMs = 10_000;

/** What one that is gone has said last is not what it does now. */
const figure = (of: CollectorView, name: 'reportsPerS' | 'waiting' | 'unwritten', digits = 0) =>
  of.isGone || of.figures === null ? none : number(of.figures[name], language.value, digits);

/** Nothing where one collector serves all. */
export function Collectors() {
  const { data } = useLoad<{ items: CollectorView[] }>('collectors', ({ kind }) => kind === 'values', lookEveryMs);
  if (!data || data.items.length === 0) return null;
  return (
    <Box title={t('collectors.title')}>
      <p class="quiet box-body">{t('collectors.lead')}</p>
      {data.items.map(
        ({ name, figures, isGone }) =>
          !isGone &&
          figures?.trouble && (
            <Callout key={name} tone="warning" title={t('collectors.trouble', { name })}>
              <p lang="en">{figures.trouble}</p>
            </Callout>
          ),
      )}
      <Table
        caption={t('collectors.title')}
        rows={data.items}
        keyOf={({ name }) => name}
        columns={[
          { key: 'name', head: t('collectors.name'), cell: ({ name }) => name },
          {
            key: 'state',
            head: t('collectors.state'),
            cell: ({ isGone, isLeader }) =>
              isGone ? (
                <Mark tone="critical" icon="critical">
                  {t('collectors.gone')}
                </Mark>
              ) : (
                <Mark tone="ok" icon="ok">
                  {isLeader ? t('collectors.leader') : t('collectors.runs')}
                </Mark>
              ),
          },
          { key: 'beat', head: t('collectors.beat'), cell: ({ beatAt }) => <Ago at={beatAt} /> },
          { key: 'since', head: t('collectors.since'), cell: ({ startedAt }) => <Ago at={startedAt} /> },
          {
            key: 'buckets',
            head: t('collectors.buckets'),
            cell: ({ buckets }) => t('collectors.of', { n: number(buckets, language.value) }),
            right: true,
          },
          { key: 'reports', head: t('collectors.reports'), cell: (one) => figure(one, 'reportsPerS', 1), right: true },
          { key: 'waiting', head: t('collectors.waiting'), cell: (one) => figure(one, 'waiting'), right: true },
          { key: 'unwritten', head: t('collectors.unwritten'), cell: (one) => figure(one, 'unwritten'), right: true },
          { key: 'address', head: t('collectors.address'), cell: ({ address }) => <code>{address}</code> },
          { key: 'version', head: t('collectors.version'), cell: ({ version }) => version },
        ]}
      />
    </Box>
  );
}
