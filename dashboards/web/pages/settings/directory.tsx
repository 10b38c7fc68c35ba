/** People whom the desk knows: found, removed, and read in from a table. */
import { useState } from 'preact/hooks';
import type { DirectoryPerson } from '../../../../shared/directory.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Input } from '../../parts/field.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { useRested } from '../knowledge/found.tsx';
import { DirectoryServer } from './ldap.tsx';

interface FoundPeople {
  items: DirectoryPerson[];
  total: number;
}
const shownAtMost = 20;
const tableColumns = 'number,name,mail,phone,job,site,manager,login,machines,skills,left';

const Reached = ({ mail, phone }: DirectoryPerson) =>
  mail === null && phone === null ? (
    <>{none}</>
  ) : (
    <Dots of={[mail && <a href={`mailto:${mail}`}>{mail}</a>, phone].filter(Boolean)} />
  );

const columnsFor = (onDone: () => void): TableColumn<DirectoryPerson>[] => [
  {
    key: 'name',
    head: t('directory.name'),
    cell: ({ name, job, leftAt }) => (
      <>
        {name}
        {job !== null && <span class="quiet small"> {job}</span>}
        {leftAt !== null && (
          <p class="quiet small">
            {t('directory.leftAt')} <Moment at={leftAt} shape="date" />
          </p>
        )}
      </>
    ),
  },
  { key: 'reached', head: t('directory.reached'), cell: (row) => <Reached {...row} /> },
  { key: 'site', head: t('column.site'), cell: ({ site }) => site ?? none },
  {
    key: 'machines',
    head: t('directory.machines'),
    cell: ({ machines }) =>
      machines.length === 0 ? none : <Dots of={machines.map(({ id, name }) => <a href={to.endpoint(id)}>{name}</a>)} />,
  },
  { key: 'login', head: t('directory.login'), cell: ({ login }) => login ?? none },
  { key: 'source', head: t('directory.source'), cell: ({ source }) => t(`directory.sources.${source}`) },
  {
    key: 'remove',
    acts: true,
    head: <span class="unseen">{t('common.delete')}</span>,
    bare: true,
    cell: ({ id, name, source }) => (
      <Delete
        slim
        name={name}
        warning={t(source === 'ldap' ? 'directory.removeLdap' : 'directory.removeHelp')}
        address={`directory/${id}`}
        onDone={onDone}
      />
    ),
  },
];

export function Directory() {
  const [text, setText] = useState('');
  const [left, setLeft] = useState(false);
  const q = useRested(text).trim();
  const query = new URLSearchParams({ q, limit: String(shownAtMost), ...(left ? { left: 'true' } : {}) });
  const loaded = useLoad<FoundPeople>(`directory?${query}`);
  const found = useKept(loaded);
  return (
    <>
      <Box title={t('directory.title')}>
        <div class="stack">
          <p>{t('directory.lead')}</p>
          {loaded.problem && <ProblemCallout problem={loaded.problem} />}
          <div class="form-row">
            <Input label={t('directory.find')} value={text} onInput={setText} type="search" autocomplete="off" />
            <label class="row">
              <input type="checkbox" checked={left} onChange={(event) => setLeft(event.currentTarget.checked)} />
              {t('directory.left')}
            </label>
          </div>
          {found && found.items.length === 0 && (
            <p class="quiet">{t(q === '' ? 'directory.nobody' : 'directory.noMatch')}</p>
          )}
          {found && found.items.length > 0 && (
            <>
              <Table
                caption={t('directory.title')}
                rows={found.items}
                keyOf={({ id }) => id}
                columns={columnsFor(loaded.reload)}
              />
              {found.total > found.items.length && (
                <p class="quiet">
                  {t('directory.more', {
                    shown: number(found.items.length, language.value),
                    total: number(found.total, language.value),
                  })}
                </p>
              )}
            </>
          )}
        </div>
      </Box>
      <DirectoryServer onDone={loaded.reload} />
      <TableFile
        title={t('directory.table')}
        lead={t('directory.tableLead')}
        address="directory/table"
        columns={tableColumns}
        mayRead
        onDone={loaded.reload}
      />
    </>
  );
}
