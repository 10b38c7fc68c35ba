/** What is installed; searched in the browser, because a list of thousands is no use without it. */
import { useMemo, useState } from 'preact/hooks';
import type { EndpointDetail } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Pager, Table } from '../../parts/table.tsx';
import { language, t } from '../../words/words.ts';
import { reasonOfCheck, sectionOf } from './sections.ts';
import { WhoHas } from './updates.tsx';

const pageSize = 100;

export function Software({ detail }: { detail: EndpointDetail }) {
  const section = sectionOf(detail, 'software');
  const [wanted, setWanted] = useState('');
  const [start, setStart] = useState(0);
  const found = useMemo(() => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (item: { name: string; publisher: string | null }) =>
      `${item.name} ${item.publisher ?? ''}`.toLowerCase();
    return (section?.data ?? []).filter((item) => words.every((word) => text(item).includes(word)));
  }, [section?.data, wanted]);
  if (section === null) {
    return (
      <Callout tone="unknown" title={t('software.unknownTitle')}>
        {reasonOfCheck(detail, /software/) ?? t('common.notReported')}
      </Callout>
    );
  }
  const from = start < found.length ? start : 0;
  const shown = found.slice(from, from + pageSize);
  const format = (value: number) => number(value, language.value);
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
      <div class="box-body">
        <Input label={t('software.search')} type="search" value={wanted} onInput={setWanted} />
      </div>
      <Table
        caption={t('tab.software')}
        rows={shown}
        keyOf={(row) => `${row.name} ${row.version}`}
        columns={[
          {
            key: 'name',
            head: t('software.name'),
            cell: ({ name }) => (
              <div>
                {name}
                <div class="small plain">
                  <WhoHas name={name} />
                </div>
              </div>
            ),
          },
          { key: 'version', head: t('updates.version'), cell: (row) => row.version ?? none },
          { key: 'publisher', head: t('software.publisher'), cell: (row) => row.publisher ?? none },
          {
            key: 'installed',
            head: t('software.installed'),
            cell: (row) => <Moment at={row.installed} shape="date" />,
          },
          { key: 'used', head: t('software.lastUsed'), cell: (row) => <Ago at={row.lastUsed} /> },
        ]}
      />
      <Pager
        from={from + 1}
        to={from + shown.length}
        total={found.length}
        label={t('common.range', {
          from: format(Math.min(from + 1, found.length)),
          to: format(from + shown.length),
          total: format(found.length),
        })}
        earlier={t('common.earlier')}
        later={t('common.later')}
        onPage={(step) => setStart(Math.max(0, from + step * pageSize))}
      />
    </Box>
  );
}
