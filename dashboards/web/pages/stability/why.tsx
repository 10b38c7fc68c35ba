/** Why a number differs between two periods: the incidents, sites and machines that make the difference, and the rest. */

import type { ComponentChildren } from 'preact';
import type { KpiWhy } from '../../../../shared/api.ts';
import { shownUnit, time } from '../../../../shared/words/format.ts';
import { monitoredText } from '../../../../shared/words/period.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Table } from '../../parts/table.tsx';
import { to, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { formatUnit } from '../kpi-tile.tsx';
import { titleOf } from '../tickets/marks.tsx';
import { verdictText } from './compare.tsx';
import { formatMonth, formatPoints } from './format.ts';

type WhyLine = KpiWhy['sites']['lines'][number];

/** Parts of percentages and of the index are points; all of them have a sign. */
function signed({ kpi, unit, currency }: KpiWhy, value: number): string {
  if (kpi === 'index' || unit === 'percent') {
    const [decimals, least] = kpi === 'index' ? [1, 0.1] : [2, 0.01];
    const isLess = value !== 0 && Math.abs(value) < least / 2;
    const points = formatPoints(isLess ? Math.sign(value) * least : value, decimals);
    return isLess ? t('stability.why.less', { points }) : points;
  }
  const text = formatUnit(unit, Math.abs(value), currency);
  return value < 0 ? `−${text}` : text;
}

function WhyName({ ticket, endpoint, site }: WhyLine): ComponentChildren {
  if (ticket) return <a href={to.incident(ticket.id)}>{`#${ticket.id} ${titleOf(ticket)}`}</a>;
  if (endpoint) return <EndpointLink of={endpoint} />;
  return site;
}

function List({ why, of }: { why: KpiWhy; of: 'incidents' | 'sites' | 'machines' }) {
  const { lines, rest } = why[of];
  const title = t(`stability.why.${of}`);
  const rows: (WhyLine | null)[] = [...lines, ...(rest === null || Math.abs(rest) < 1e-9 ? [] : [null])];
  return (
    <Table
      caption={title}
      rows={rows}
      keyOf={(line) => (line ? `${line.ticket?.id} ${line.endpoint?.id} ${line.site}` : '')}
      columns={[
        {
          key: 'name',
          head: t('stability.why.of'),
          cell: (line) => (line ? <WhyName {...line} /> : t('stability.why.rest')),
        },
        {
          ...{ key: 'before', head: formatMonth(why.from.period.name), right: true },
          cell: (line) => line && signed(why, line.before),
        },
        {
          ...{ key: 'after', head: formatMonth(why.to.period.name), right: true },
          cell: (line) => line && signed(why, line.after),
        },
        {
          ...{ key: 'by', head: t('stability.why.by'), right: true },
          cell: (line) => <span class="strong nowrap">{signed(why, line?.by ?? rest ?? 0)}</span>,
        },
      ]}
    />
  );
}

/** Nothing differs from a time of which nothing is known. */
function unmonitored({ period }: KpiWhy['from'], { to: until }: KpiWhy): string {
  const month = formatMonth(period.name);
  const { since, period: of } = until;
  return since === null || since === undefined
    ? t('stability.why.dark', { month })
    : t('stability.why.darkUntil', { month, at: time(since, language.value, 'date', of.zone) });
}

interface WhyProps {
  /** Its id; `index` for the index. */
  kpi: string;
  from: string;
  to: string;
  site: string | null;
  /** Chooses the period that it is compared with. */
  children?: ComponentChildren;
}

export function Why({ kpi, from, to: until, site, children }: WhyProps) {
  const loaded = useLoad<KpiWhy>(`kpis/${encodeURIComponent(kpi)}/why${withQuery('', { from, to: until, site })}`);
  return (
    <section id="why">
      <Box title={t('stability.why.title')} aside={children}>
        <Ready of={loaded} lines={4}>
          {(why) => {
            const { difference, change } = why;
            const [was, is] = [why.from, why.to].map(({ period, value }) => ({
              month: formatMonth(period.name),
              value: formatUnit(shownUnit(why.kpi, why.unit), value, why.currency),
            })) as [{ month: string; value: string }, { month: string; value: string }];
            const notes = [why.from, why.to].flatMap((side) => {
              const note = monitoredText(side, language.value);
              return note ? t('stability.lead.part', { month: formatMonth(side.period.name), note }) : [];
            });
            const values = { from: was.month, before: was.value, to: is.month, after: is.value };
            const dark = [why.from, why.to].find(({ monitored }) => monitored === null);
            if (difference === null && dark) return <p class="quiet">{unmonitored(dark, why)}</p>;
            if (difference === null) return <p class="quiet">{t('stability.why.none', values)}</p>;
            const verdict = change && verdictText(change.verdict, change.difference);
            return (
              <div class="stack">
                <p>
                  {t('stability.why.lead', { ...values, by: signed(why, difference) })} {verdict && `(${verdict})`}{' '}
                  {notes.join(' ')}
                </p>
                {(['incidents', 'sites', 'machines'] as const).map((of) => (
                  <div class="stack-2" key={of}>
                    <h3>{t(`stability.why.${of}`)}</h3>
                    <List why={why} of={of} />
                  </div>
                ))}
              </div>
            );
          }}
        </Ready>
      </Box>
    </section>
  );
}
