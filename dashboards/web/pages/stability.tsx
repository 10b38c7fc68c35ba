/** The KPIs of a month, and when each server and workstation was available. */
import { useState } from 'preact/hooks';
import type { Availability, Kpis } from '../../../shared/api.ts';
import { number, time } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { useLoad } from '../net/load.ts';
import { Box, Empty, PageHead, Ready } from '../parts/box.tsx';
import { MonthPicker } from '../parts/month-picker.tsx';
import { StateKey } from '../parts/timeline.tsx';
import { search, to, withQuery } from '../router.ts';
import { chosenPeriod } from '../time/period.ts';
import { language, t } from '../words/words.ts';
import { KpiTile } from './kpi-tile.tsx';
import { EndpointRows } from './stability-rows.tsx';

type Class = Availability['class'];

function ClassList({ name, data }: { name: Class; data: Availability }) {
  const [all, setAll] = useState(false);
  const worst = [...data.endpoints].sort(
    (a, b) => (a.figures.availability_pct ?? 101) - (b.figures.availability_pct ?? 101) || a.name.localeCompare(b.name),
  );
  const most = 20;
  return (
    <Box
      title={t(`stability.list.${name}`)}
      aside={<span class="quiet small">{t('common.asOf', { at: time(data.asOf, language.value) })}</span>}
      flush
    >
      {worst.length === 0 ? (
        <Empty icon={name} title={t(`stability.none.${name}`)} />
      ) : (
        <>
          <EndpointRows endpoints={all ? worst : worst.slice(0, most)} period={data.period} />
          {!all && worst.length > most && (
            <p class="box-body">
              <button type="button" class="button slim" onClick={() => setAll(true)}>
                {t('common.showAll', { n: number(worst.length, language.value) })}
              </button>
            </p>
          )}
        </>
      )}
    </Box>
  );
}

export function StabilityPage() {
  const query = new URLSearchParams(search.value).get('period');
  const period = chosenPeriod(query, now.peek());
  const kpis = useLoad<Kpis>(`kpis?period=${period}`);
  const servers = useLoad<Availability>(`kpis/availability?period=${period}&class=server`);
  const workstations = useLoad<Availability>(`kpis/availability?period=${period}&class=workstation`);
  const lists = [
    ['server', servers],
    ['workstation', workstations],
  ] as const;
  return (
    <>
      <PageHead title={t('page.stability')} lead={t('stability.lead')}>
        <MonthPicker period={period} />
      </PageHead>
      <Ready of={kpis}>
        {(data) => (
          <>
            <div class="columns">
              {data.items.map((kpi) => (
                <KpiTile
                  key={kpi.id}
                  kpi={kpi}
                  provisional={data.provisional}
                  href={to.kpi(kpi.id) + withQuery('', { period: query })}
                />
              ))}
            </div>
            <div class="spread">
              <StateKey />
              <span class="quiet small">{t('stability.zone', { zone: data.period.zone })}</span>
            </div>
          </>
        )}
      </Ready>
      {lists.map(([name, loaded]) => loaded.data && <ClassList key={name} name={name} data={loaded.data} />)}
    </>
  );
}
