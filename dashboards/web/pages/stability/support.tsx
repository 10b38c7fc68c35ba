/** The desk: how old what waits is, what came and went, how long it took, and how often targets were kept. */
import type { KpiValue, Stability } from '../../../../shared/api.ts';
import { besideOf } from '../../../../shared/stability.ts';
import { number } from '../../../../shared/words/format.ts';
import { Box } from '../../parts/box.tsx';
import { Fold } from '../../parts/fold.tsx';
import { language, t } from '../../words/words.ts';
import { formatUnit, KpiTile, kpiWord } from '../kpi-tile.tsx';
import { changeCostKpis } from './change-cost.tsx';
import { kpiOf, listOf } from './format.ts';
import { protectionKpis } from './protection.tsx';

const bars = {
  age: ['under_10_days', 'up_to_30_days', 'over_30_days'],
  flow: ['start', 'opened', 'reopened', 'resolved', 'cancelled'],
} as const;

function CountBars({ kpi, codes, title }: { kpi: KpiValue; codes: readonly string[]; title: string }) {
  const rows = codes.flatMap((code) => kpi.beside.find((one) => one.code === code) ?? []);
  const most = Math.max(...rows.map(({ value }) => value ?? 0), 1);
  if (rows.length === 0) return null;
  return (
    <div class="stack-2">
      <h3>{title}</h3>
      <ul class="bars">
        {rows.map(({ code, unit, value }) => (
          <li key={code}>
            <span>{kpiWord(kpi.id, `beside.${code}`)}</span>
            <div class="track" aria-hidden="true">
              <div class="fill tone-idle" style={{ width: `${(100 * (value ?? 0)) / most}%` }} />
            </div>
            <span class="right">{formatUnit(unit, value, kpi.currency)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** `12 + 30 + 2 − 28 − 1 = 15`: the bars above add up to what is open. Null of months that were closed without the first. */
function flowSum(kpi: KpiValue): string | null {
  const [start, opened, reopened, resolved, cancelled] = bars.flow.map((code) => besideOf(kpi, code));
  if (start === null || start === undefined) return null;
  const shown = (n: number | null | undefined) => number(n ?? null, language.value);
  const came = [start, opened, reopened].map(shown).join(' + ');
  return `${[came, shown(resolved), shown(cancelled)].join(' − ')} = ${shown(kpi.value)}`;
}

function FlowEnd({ kpi }: { kpi: KpiValue }) {
  const [sum, days] = [flowSum(kpi), besideOf(kpi, 'days_of_work')];
  return (
    <>
      {sum && <p class="strong">{sum}</p>}
      {days !== null && (
        <p class="small">
          {kpiWord(kpi.id, 'beside.days_of_work')}: {formatUnit('count', days)}
        </p>
      )}
    </>
  );
}

function Backlog({ kpi, href }: { kpi: KpiValue; href: string }) {
  return (
    <Box
      title={<a href={href}>{kpiWord(kpi.id, 'name')}</a>}
      aside={<span class="strong">{number(kpi.value, language.value)}</span>}
    >
      {kpi.state === 'no_data' ? (
        <p class="quiet small">{kpiWord(kpi.id, 'nothing')}</p>
      ) : (
        <div class="stack">
          <CountBars kpi={kpi} codes={bars.age} title={t('stability.support.age')} />
          <CountBars kpi={kpi} codes={bars.flow} title={t('stability.support.flow')} />
          <FlowEnd kpi={kpi} />
        </div>
      )}
    </Box>
  );
}

/** Those that the five tiles have are not repeated. */
const headlines = new Set(['availability_server', 'availability_workstation', 'lost_hours', 'response_in_target']);

export function Support({ data }: { data: Stability }) {
  const backlog = kpiOf(data, 'backlog');
  const rest = data.kpis.filter(
    ({ id }) => id !== 'backlog' && !headlines.has(id) && !protectionKpis.has(id) && !changeCostKpis.has(id),
  );
  return (
    <Fold title={t('stability.support.title')}>
      <div class="columns">
        {backlog && <Backlog kpi={backlog} href={listOf(data, backlog.id)} />}
        {rest.map((kpi) => (
          <KpiTile
            key={kpi.id}
            kpi={kpi}
            provisional={data.provisional}
            zone={data.period.zone}
            href={listOf(data, kpi.id)}
          />
        ))}
      </div>
    </Fold>
  );
}
