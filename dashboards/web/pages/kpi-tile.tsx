/** One KPI as a tile: any that the collector lists, with the words that are kept for its id. */
import type { ComponentChildren } from 'preact';
import type { KpiLine, KpiValue } from '../../../shared/api.ts';
import { kpiNumber, none, number, percent, type ShownUnit, shownUnit, time } from '../../../shared/words/format.ts';
import { Box } from '../parts/box.tsx';
import { EndpointLink } from '../parts/endpoint-link.tsx';
import { Fact } from '../parts/fact.tsx';
import { to } from '../router.ts';
import { ruleName } from '../words/value.ts';
import { language, t, wordOr } from '../words/words.ts';
import { ChangeLink } from './changes/facts.tsx';
import { titleOf } from './tickets/marks.tsx';

export function formatUnit(unit: Exclude<ShownUnit, 'money'>, value: number | null): string;
export function formatUnit(unit: ShownUnit, value: number | null, currency: string | undefined): string;
export function formatUnit(unit: ShownUnit, value: number | null, currency?: string): string {
  return kpiNumber(unit, value, language.value, currency);
}

/** A KPI that is newer than these words is called by its id. */
export const kpiWord = (id: string, what: string): string => wordOr('kpi', `${id}.${what}`, what === 'name' ? id : '');

/** By its place as well: answers of which it is not said whose they are look alike. */
export const keyOfLine = ({ endpoint, alert, ticket, change, named }: KpiLine, n: number) =>
  `${endpoint?.id} ${alert?.id} ${named?.id} ${ticket?.id ?? change?.id ?? n}`;

/** Where costs and products are listed, with the same numbers. */
const placeOfNamed: Readonly<Record<string, string>> = {
  cost_per_ticket: '/costs',
  software_utilisation: '/software',
};

/** What a line of the list is about, and why it counts or does not. */
export function Subject({ kpi, line }: { kpi: string; line: KpiLine }) {
  const { endpoint, alert, ticket, change, named, why } = line;
  return (
    <>
      {endpoint && <EndpointLink of={endpoint} class="strong" />}
      {ticket && (
        <a href={to.incident(ticket.id)} class="strong">
          #{ticket.id} {titleOf(ticket)}
        </a>
      )}
      {named && (
        <a href={placeOfNamed[kpi] ?? ''} class="strong">
          {named.name}
        </a>
      )}
      {change && (
        <>
          <span class="strong">
            <ChangeLink change={change} />
          </span>
          <div class="quiet small">
            {[
              t(`change.outcome.${change.outcome}`),
              ...change.reasons.map((reason) => wordOr('change.reason', reason)),
            ].join(' · ')}
          </div>
        </>
      )}
      {alert && <div class="small">{ruleName(alert.rule)}</div>}
      {why !== null && <div class="small plain">{kpiWord(kpi, `why.${why}`)}</div>}
    </>
  );
}

/** `99.91 % to 99.97 %`; null where there is none to speak of. */
export function formatRange(
  unit: ShownUnit,
  low: number | null,
  high: number | null,
  currency?: string,
): string | null {
  if (low === null || high === null) return null;
  const [least, most] = [formatUnit(unit, low, currency), formatUnit(unit, high, currency)];
  return least === most ? null : t('stability.range', { low: least, high: most });
}

/** With few lines, the lines themselves are more useful than one number made of them. */
function Few({ kpi }: { kpi: KpiValue }) {
  return (
    <ul class="kpi-few">
      {kpi.few.map((line, n) => (
        <li key={keyOfLine(line, n)}>
          <div>
            <Subject kpi={kpi.id} line={line} />
          </div>
          <span class="strong nowrap">{formatUnit(shownUnit(kpi.id, kpi.unit), line.value, kpi.currency)}</span>
        </li>
      ))}
    </ul>
  );
}

function Figure({ kpi }: { kpi: KpiValue }) {
  if (kpi.state === 'insufficient') return <Few kpi={kpi} />;
  if (kpi.state === 'no_data')
    return (
      <>
        <p class="figure quiet">{none}</p>
        <p class="small quiet">{kpiWord(kpi.id, 'nothing')}</p>
      </>
    );
  return (
    <>
      <p class={`figure ${kpi.thin ? 'quiet' : ''}`}>
        {formatUnit(shownUnit(kpi.id, kpi.unit), kpi.value, kpi.currency)}{' '}
        <span class="small plain quiet">{kpiWord(kpi.id, 'per')}</span>
      </p>
      {kpi.low !== null && (
        <p class="quiet small">
          {kpi.low === kpi.high ? t('stability.exact') : formatRange(shownUnit(kpi.id, kpi.unit), kpi.low, kpi.high)}
        </p>
      )}
    </>
  );
}

function Facts({ kpi }: { kpi: KpiValue }) {
  return (
    <dl class="facts tight">
      <Fact name={kpiWord(kpi.id, 'n')}>{number(kpi.n, language.value)}</Fact>
      {kpi.coverage !== null && <Fact name={t('stability.coverage')}>{percent(kpi.coverage, language.value, 1)}</Fact>}
      {kpi.beside.map(({ code, unit, value, low, high }) => {
        const range = formatRange(unit, low, high);
        return (
          <Fact key={code} name={kpiWord(kpi.id, `beside.${code}`)}>
            {/* An uptime as the number above it: cut, not rounded. */}
            {formatUnit(code === 'gross' ? shownUnit(kpi.id, unit) : unit, value, kpi.currency)}
            {range && <div class="quiet small">{range}</div>}
          </Fact>
        );
      })}
    </dl>
  );
}

/** A column per week, all on one scale from zero; one alone has nothing beside it to compare with. */
function Weeks({ weeks, zone }: Pick<KpiValue, 'weeks'> & { zone: string }) {
  const [first, last] = [weeks[0], weeks.at(-1)];
  if (!first || !last || first === last) return null;
  const most = Math.max(...weeks.map(({ count }) => count), 1);
  const day = (at: number) => time(at, language.value, 'day', zone);
  const said = weeks.map(({ from, count }) => `${day(from)}: ${number(count, language.value)}`).join(', ');
  return (
    <div>
      <svg
        class="weeks"
        viewBox={`0 0 ${10 * weeks.length} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${t('stability.weeks')}: ${said}`}
      >
        {weeks.map(({ from, count }, n) => (
          <rect key={from} x={10 * n + 1} width="8" y={39 - (38 * count) / most} height={(38 * count) / most + 1}>
            <title>{`${day(from)}: ${number(count, language.value)}`}</title>
          </rect>
        ))}
      </svg>
      <div class="axis">
        <span>{day(first.from)}</span>
        <span>{t('stability.weeksMost', { n: number(most, language.value) })}</span>
        {/* The last moment of the week, not the first one after it. */}
        <span>{day(last.to - 1)}</span>
      </div>
    </div>
  );
}

interface KpiTileProps {
  kpi: KpiValue;
  provisional: boolean;
  /** Of the period, IANA. */
  zone: string;
  /** Of its list; none on the page of the list itself. */
  href?: string;
  /** A picture of it. */
  children?: ComponentChildren;
}

export function KpiTile({ kpi, provisional, zone, href, children }: KpiTileProps) {
  const name = kpiWord(kpi.id, 'name');
  return (
    <Box
      title={href ? <a href={href}>{name}</a> : t('stability.value')}
      aside={(provisional || kpi.provisional) && <span class="tag">{t('stability.provisional')}</span>}
    >
      <div class="stack-2">
        <Figure kpi={kpi} />
        <Weeks weeks={kpi.weeks} zone={zone} />
        {children}
        <Facts kpi={kpi} />
        {(kpi.state === 'low_n' || kpi.state === 'insufficient') && (
          <p class="small quiet">{t(`stability.${kpi.state}`)}</p>
        )}
        {kpi.thin && <p class="small quiet">{t('stability.thin')}</p>}
      </div>
    </Box>
  );
}
