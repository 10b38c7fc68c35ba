/** What is installed; searched in the browser, because a list of thousands is no use without it. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import { none } from '../../../../shared/words/format.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { ListTable } from '../../parts/list-table.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { t } from '../../words/words.ts';
import { reasonOfCheck, sectionOf } from './sections.ts';
import { WhoHas } from './updates.tsx';

export function Software({ detail }: { detail: EndpointDetail }) {
  const section = sectionOf(detail, 'software');
  if (section === null) {
    return (
      <Callout tone="unknown" title={t('software.unknownTitle')}>
        {reasonOfCheck(detail, /software/) ?? t('common.notReported')}
      </Callout>
    );
  }
  return (
    <Box
      title={t('tab.software')}
      flush
      aside={
        <span class="quiet small">
          <Ago at={section.at} />
        </span>
      }
    >
      <ListTable
        name="list"
        caption={t('tab.software')}
        rows={section.data}
        keyOf={(row) => `${row.name} ${row.version}`}
        columns={[
          {
            key: 'name',
            head: t('software.name'),
            value: ({ name }) => name,
            cell: ({ name }) => (
              <div>
                {name}
                <div class="small plain">
                  <WhoHas name={name} />
                </div>
              </div>
            ),
          },
          {
            key: 'version',
            head: t('updates.version'),
            cell: (row) => row.version ?? none,
            value: (row) => row.version,
          },
          {
            key: 'publisher',
            head: t('software.publisher'),
            cell: (row) => row.publisher ?? none,
            value: (row) => row.publisher,
          },
          {
            key: 'installed',
            head: t('software.installed'),
            cell: (row) => <Moment at={row.installed} shape="date" />,
            value: ({ installed }) => (installed === null ? null : new Date(installed)),
          },
          {
            key: 'used',
            head: t('software.lastUsed'),
            cell: (row) => <Ago at={row.lastUsed} />,
            value: ({ lastUsed }) => (lastUsed === null ? null : new Date(lastUsed)),
          },
        ]}
      />
    </Box>
  );
}
