/** How changes went, as one bar of successful, with issues and failed; what support cost; and how software is used. */
import type { KpiValue, Stability } from '../../../../shared/api.ts';
import { besideOf } from '../../../../shared/stability.ts';
import { number } from '../../../../shared/words/format.ts';
import { Fold } from '../../parts/fold.tsx';
import { language, t } from '../../words/words.ts';
import { KpiTile, kpiWord } from '../kpi-tile.tsx';
import { listOf } from './format.ts';
import '../../look/index-line.css';

/** KPIs that have their place here. */
export const changeCostKpis: ReadonlySet<string> = new Set([
  'change_success',
  'cost_per_ticket',
  'software_utilisation',
]);

const parts = ['success', 'with_issues', 'failed'] as const;

function ChangeBar({ kpi }: { kpi: KpiValue }) {
  const counts = parts.map((part) => [part, besideOf(kpi, part) ?? 0] as const);
  const spoken = counts
    .map(([part, n]) => `${kpiWord(kpi.id, `beside.${part}`)} ${number(n, language.value)}`)
    .join(', ');
  return (
    <div class="three-parts" role="img" aria-label={spoken}>
      {counts.map(
        ([part, n]) =>
          n > 0 && (
            <span key={part} class={`is-${part}`} style={{ flexGrow: n }}>
              {number(n, language.value)}
            </span>
          ),
      )}
    </div>
  );
}

export function ChangeCost({ data }: { data: Stability }) {
  const kpis = data.kpis.filter(({ id }) => changeCostKpis.has(id));
  if (kpis.length === 0) return null;
  return (
    <Fold title={t('stability.changeCost')}>
      <div class="columns">
        {kpis.map((kpi) => (
          <KpiTile
            key={kpi.id}
            kpi={kpi}
            provisional={data.provisional}
            zone={data.period.zone}
            href={listOf(data, kpi.id)}
          >
            {kpi.id === 'change_success' && kpi.n > 0 && <ChangeBar kpi={kpi} />}
            {kpi.id === 'cost_per_ticket' && (besideOf(kpi, 'missing') ?? 0) > 0 && (
              <p>
                <a class="tag" href="/costs">
                  {t('stability.incomplete')}
                </a>
              </p>
            )}
          </KpiTile>
        ))}
      </div>
    </Fold>
  );
}
