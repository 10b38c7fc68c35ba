/** What support costs: entered by people, and what of it falls on a ticket. */
import type { CostRow, KpiDetail, MoneyVersions } from '../../../../shared/api.ts';
import { movedPeriod } from '../../../../shared/period.ts';
import { money, number } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may, reportZone } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { useTextIn } from '../../parts/in-address.ts';
import { Moment } from '../../parts/moment.tsx';
import { MonthPicker } from '../../parts/month-picker.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { search } from '../../router.ts';
import { instantBeside } from '../../time/beside.ts';
import { chosenPeriod, periodOf } from '../../time/period.ts';
import { language, t } from '../../words/words.ts';
import { formatMonth } from '../stability/format.ts';
import { NoPeriod } from '../stability/no-period.tsx';
import { CostForm } from './form.tsx';
import { MoneyBox } from './settings.tsx';

const besideOf = ({ kpi }: KpiDetail, code: string) => kpi.beside.find((one) => one.code === code)?.value ?? null;

/** What a ticket of the chosen month cost, as last computed. */
function Lead({ detail, costs }: { detail: KpiDetail; costs: readonly CostRow[] }) {
  const { kpi, period } = detail;
  const month = formatMonth(period.name);
  const missing = besideOf(detail, 'missing') ?? 0;
  if (costs.length === 0) return <>{t('cost.leadNone')}</>;
  if (kpi.value === null || kpi.currency === undefined) return <Sentence of="cost.sentenceNone" values={{ month }} />;
  const shown = (cents: number | null) => money(cents, kpi.currency as string, language.value);
  const link = <a href={`/stability/cost_per_ticket?period=${period.name}`}>{shown(kpi.value)}</a>;
  const values = { month, operating: shown(besideOf(detail, 'operating')), n: number(kpi.n, language.value) };
  return (
    <>
      <Sentence of="cost.sentence" values={{ ...values, value: link }} /> {missing > 0 && t('stability.incomplete')}{' '}
      <span class="quiet small">
        {(detail.provisional || kpi.provisional) && `${t('stability.provisional')}, `}
        {t('common.asOf', { at: instantBeside(detail.asOf, detail.period, language.value) })}
      </span>
    </>
  );
}

function amountOf({ cents, kind, months }: CostRow, currency: string): string {
  const amount = money(cents, currency, language.value);
  return kind === 'capital'
    ? t('cost.per.capital', { amount, months: number(months, language.value) })
    : t(`cost.per.${kind}`, { amount });
}

function List({ costs, currency, open }: { costs: readonly CostRow[]; currency: string; open: (id: string) => void }) {
  if (costs.length === 0)
    return (
      <Empty icon="stability" title={t('cost.empty')}>
        <p>{t('cost.emptyText')}</p>
      </Empty>
    );
  return (
    <Box flush>
      <Table
        caption={t('page.costs')}
        rows={costs}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            head: t('cost.name'),
            cell: ({ id, name }) =>
              may('manager') ? (
                <button type="button" class="link strong" onClick={() => open(id)}>
                  {name}
                </button>
              ) : (
                name
              ),
          },
          { key: 'category', head: t('cost.category'), cell: ({ category }) => t(`cost.categories.${category}`) },
          {
            key: 'amount',
            head: t('cost.amount', { currency }),
            right: true,
            cell: (cost) => amountOf(cost, currency),
          },
          { key: 'from', head: t('cost.from'), cell: ({ from }) => formatMonth(from) },
          { key: 'to', head: t('cost.to'), cell: ({ to }) => (to === null ? t('cost.goesOn') : formatMonth(to)) },
          { key: 'changed', head: t('cost.changed'), cell: ({ updatedAt }) => <Moment at={updatedAt} shape="date" /> },
        ]}
      />
    </Box>
  );
}

export function CostsPage() {
  const text = new URLSearchParams(search.value).get('period');
  const present = periodOf(now.peek(), reportZone());
  // The present month is not over: what it costs per ticket says little yet.
  const period = text === null ? movedPeriod(present, -1) : chosenPeriod(text, now.peek(), reportZone());
  if (period === null) return <NoPeriod title={t('page.costs')} period={text ?? ''} />;
  return <Costs period={period} present={present} />;
}

function Costs({ period, present }: { period: string; present: string }) {
  const loaded = useLoad<Page<CostRow>>('costs', ({ kind }) => kind === 'cost');
  const settings = useLoad<MoneyVersions>('costs/settings');
  const detail = useLoad<KpiDetail>(`kpis/cost_per_ticket?period=${period}&limit=1`);
  const [open, setOpen] = useTextIn('edit');
  const close = () => setOpen(null);
  const done = () => {
    close();
    for (const one of [loaded, settings, detail]) one.reload();
  };
  const costs = loaded.data?.items ?? [];
  const edited = costs.find(({ id }) => id === open);
  const currency = settings.data?.[0]?.currency ?? 'EUR';
  return (
    <>
      <PageHead
        title={t('page.costs')}
        lead={detail.data && loaded.data && <Lead detail={detail.data} costs={costs} />}
      >
        {costs.length > 0 && <MonthPicker period={period} />}
        {may('manager') && (
          <button type="button" class="button" onClick={() => setOpen('')}>
            {t('cost.new')}
          </button>
        )}
      </PageHead>
      {(open === '' || edited) && (
        <Box key={open} title={edited?.name ?? t('cost.new')}>
          <CostForm cost={edited ?? null} currency={currency} month={present} onDone={done} onCancel={close} />
        </Box>
      )}
      <Ready of={loaded}>{({ items }) => <List costs={items} currency={currency} open={setOpen} />}</Ready>
      <TableFile
        address="costs/table"
        columns="name,category,kind,amount,from,to,months"
        mayRead={may('manager')}
        onDone={done}
      />
      <Ready of={settings} lines={3}>
        {(versions) => <MoneyBox versions={versions} onDone={done} />}
      </Ready>
    </>
  );
}
