/** Of each product what is owned, installed and used. */
import type { ProductRow } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { may } from '../../net/session.ts';
import { Box, Empty } from '../../parts/box.tsx';
import { Table } from '../../parts/table.tsx';
import { language, t } from '../../words/words.ts';
import { formatRange, formatUnit } from '../kpi-tile.tsx';

type Use = ProductRow['use'];
const count = (n: number) => number(n, language.value);

function owned({ isBought, entitled, unit }: Use): string {
  if (!isBought) return none;
  return entitled === null ? t('software.unlimited') : `${count(entitled)} ${t(`software.unit.${unit}`)}`;
}

/** The number of the KPI: of the units whose use is known. Those of unknown use widen it to a range. */
function InUse({ percent: value, low, high }: Use) {
  return (
    <>
      {formatUnit('percent', value)}
      <div class="quiet small">{formatRange('percent', low, high)}</div>
    </>
  );
}

function Installed({ installed, overDeployed }: Use) {
  return (
    <>
      {count(installed)}
      {overDeployed > 0 && <div class="small tone-warning">{t('software.over', { n: count(overDeployed) })}</div>}
    </>
  );
}

function Used({ used, usageUnknown, installed }: Use) {
  const isUnknown = usageUnknown > 0 && usageUnknown === installed;
  return (
    <>
      {isUnknown ? none : count(used)}
      {usageUnknown > 0 && <div class="quiet small">{t('software.unknownUse', { n: count(usageUnknown) })}</div>}
    </>
  );
}

export function Licences({ products, open }: { products: readonly ProductRow[]; open: (id: string) => void }) {
  if (products.length === 0)
    return (
      <Empty icon="software" title={t('software.licencesEmpty')}>
        <p>{t('software.licencesEmptyText')}</p>
      </Empty>
    );
  return (
    <Box title={t('software.licences')} flush>
      <Table
        caption={t('software.licences')}
        rows={products}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            head: t('software.product'),
            cell: ({ id, name }) =>
              may('manager') ? (
                <button type="button" class="link strong" onClick={() => open(id)}>
                  {name}
                </button>
              ) : (
                name
              ),
          },
          { key: 'class', head: t('software.class'), cell: (one) => t(`software.classes.${one.class}`) },
          { key: 'owned', head: t('software.owned'), right: true, cell: ({ use }) => owned(use) },
          { key: 'installed', head: t('software.installs'), right: true, cell: ({ use }) => <Installed {...use} /> },
          { key: 'used', head: t('software.usedOf'), right: true, cell: ({ use }) => <Used {...use} /> },
          { key: 'inUse', head: t('software.inUse'), right: true, cell: ({ use }) => <InUse {...use} /> },
        ]}
      />
    </Box>
  );
}
