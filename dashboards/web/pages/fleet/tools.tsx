/** The columns of the list, and the list as a file: out as it is shown, and in with what people decide. */
import type { FleetFilters } from '../../../../shared/api.ts';
import { type ColumnName, chosenColumns, standardColumns } from '../../fleet/columns.ts';
import { queryOf, wantedOf } from '../../fleet/query.ts';
import { may, mayForAll } from '../../net/session.ts';
import { Box } from '../../parts/box.tsx';
import { Checks } from '../../parts/checks.tsx';
import { DensityChoice } from '../../parts/density.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { remember } from '../../remember.ts';
import { search, setQuery } from '../../router.ts';
import { t } from '../../words/words.ts';

interface ToolsProps {
  description: FleetFilters;
  columns: readonly (readonly [name: ColumnName, word: string])[];
  onDone: () => void;
}

/** In the address, so that a link shows the same; and kept for the next visit. */
function choose(next: readonly ColumnName[]): void {
  const text = next.join() === standardColumns.join() ? null : next.join();
  remember('columns', text);
  setQuery({ columns: text });
}

export function Tools({ description, columns: known, onDone }: ToolsProps) {
  const chosen = chosenColumns(search.value);
  const query = queryOf(wantedOf(search.value, description));
  const columns = ['id', 'name', ...chosen].join();
  return (
    <>
      <Box title={t('fleetTools.columns')}>
        <div class="stack">
          <Checks label={t('fleetTools.shown')} options={known} chosen={chosen} onChoose={choose} />
          <DensityChoice />
          {may('admin') && <a href="/endpoints/retired">{t('page.retired')}</a>}
        </div>
      </Box>
      <TableFile
        title={t('fleetTools.file')}
        lead={t('fleetTools.lead')}
        address="endpoints/table"
        download={`endpoints/table?${query}&columns=${columns}`}
        columns="name,site,groups,tags,kind"
        mayRead={mayForAll('operator')}
        onDone={onDone}
      />
    </>
  );
}
