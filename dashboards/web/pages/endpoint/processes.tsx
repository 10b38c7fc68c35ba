/** What runs on an endpoint: the largest few, as its agent reports them anyway. Read again only while this is open. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import type { Processes } from '../../../../shared/processes.ts';
import { bytes, number, percent } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Callout, Ready } from '../../parts/box.tsx';
import { Ago, momentText } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { reasonOfCheck } from './sections.ts';

const pauseMs = 5000;

export function ProcessesTab({ detail }: { detail: EndpointDetail }) {
  const { id } = detail.row;
  const loaded = useLoad<Processes>(
    `endpoints/${encodeURIComponent(id)}/processes`,
    (change) => change.kind === 'values' && change.endpoint === id,
    pauseMs,
  );
  return (
    <Ready of={loaded}>
      {({ at, items }) =>
        at === null ? (
          <Callout tone="unknown" title={t('processes.unknown')}>
            {reasonOfCheck(detail, /^processes$/) ?? t('common.notReported')}
          </Callout>
        ) : (
          <Box
            title={t('processes.title')}
            aside={
              <span class="quiet small">
                {t('common.asOf', { at: momentText(at) })} · <Ago at={at} />
              </span>
            }
            flush
          >
            <p class="box-body quiet small">
              {t('processes.lead')} <a href={`${to.endpoint(id)}?tab=charts&range=day`}>{t('processes.charts')}</a>
            </p>
            <Table
              caption={t('processes.title')}
              rows={items}
              keyOf={({ name }) => name}
              columns={[
                { key: 'name', head: t('processes.name'), cell: ({ name }) => name },
                {
                  ...{ key: 'cpu', head: t('processes.cpu'), right: true },
                  cell: ({ cpu }) => percent(cpu, language.value, 1),
                },
                {
                  ...{ key: 'memory', head: t('column.memory'), right: true },
                  cell: ({ memory }) => bytes(memory, language.value),
                },
                {
                  ...{ key: 'count', head: t('processes.count'), right: true },
                  cell: ({ count }) => number(count, language.value),
                },
              ]}
            />
          </Box>
        )
      }
    </Ready>
  );
}
