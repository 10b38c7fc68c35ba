/** The five numbers of a month, each a link to the list that it was computed from. */
import type { ComponentChildren } from 'preact';
import type { KpiValue, Stability } from '../../../../shared/api.ts';
import { besideOf } from '../../../../shared/stability.ts';
import { none, number, percent, shownUnit } from '../../../../shared/words/format.ts';
import { Dots } from '../../parts/dots.tsx';
import { endpointName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { formatRange, formatUnit, kpiWord } from '../kpi-tile.tsx';
import { titleOf } from '../tickets/marks.tsx';
import { comparedIndexText, comparedText } from './compare.tsx';
import { formatAbout, formatIndex, kpiOf, listOf } from './format.ts';

interface StabilityTileProps {
  href: string;
  name: string;
  /** Too little was observed for the number to be relied on. */
  thin?: boolean;
  figure: ComponentChildren;
  notes: ComponentChildren[];
}

function Tile({ href, name, thin = false, figure, notes }: StabilityTileProps) {
  return (
    <a class="tile" href={href}>
      <span class="what">{name}</span>
      <span class={`figure ${thin ? 'quiet' : ''}`}>{figure}</span>
      {notes.filter(Boolean).map((note, n) => (
        <span class="note" key={n}>
          {note}
        </span>
      ))}
    </a>
  );
}

/** Nothing where there is none of them. */
const dotted = (facts: readonly (string | false | null | undefined)[] | null) =>
  facts?.some(Boolean) ? <Dots of={facts} /> : null;

/** Lines as text: the tile itself is the link. */
function Few({ kpi }: { kpi: KpiValue }) {
  return (
    <span class="few">
      {kpi.few.slice(0, 4).map(({ endpoint, ticket, value }) => (
        <span key={endpoint?.id ?? ticket?.id}>
          {(endpoint && endpointName(endpoint)) ?? (ticket && `#${ticket.id} ${titleOf(ticket)}`)}{' '}
          <b>{formatUnit(shownUnit(kpi.id, kpi.unit), value, kpi.currency)}</b>
        </span>
      ))}
    </span>
  );
}

function KpiHeadline({ id, data, extra }: { id: string; data: Stability; extra?: ComponentChildren }) {
  const kpi = kpiOf(data, id);
  if (!kpi) return null;
  const part = data.parts.find((one) => one.kpi === id);
  const target =
    part &&
    part.unit === kpi.unit &&
    t('stability.targetIs', { value: formatUnit(shownUnit(part.kpi, part.unit), part.target) });
  const isFew = kpi.state === 'insufficient';
  const range = kpi.low !== kpi.high && !isFew && formatRange(shownUnit(kpi.id, kpi.unit), kpi.low, kpi.high);
  const counted = [
    t('stability.items', { n: number(kpi.n, language.value) }),
    kpi.coverage !== null && `${t('stability.coverage')} ${percent(kpi.coverage, language.value, 1)}`,
    kpi.state === 'low_n' && t('stability.few'),
  ];
  return (
    <Tile
      href={listOf(data, id)}
      name={kpiWord(id, 'name')}
      thin={kpi.thin}
      figure={isFew ? <Few kpi={kpi} /> : formatUnit(shownUnit(kpi.id, kpi.unit), kpi.value, kpi.currency)}
      notes={[
        kpi.state === 'no_data' && kpiWord(id, 'nothing'),
        isFew && t('stability.insufficient'),
        dotted([range, target]),
        dotted(counted),
        kpi.value !== null && extra,
        dotted(comparedText(data, id)),
      ]}
    />
  );
}

function IndexTile({ data }: { data: Stability }) {
  const { index } = data;
  const isNone = index.value === null;
  return (
    <Tile
      href="#parts"
      name={t('stability.index')}
      figure={isNone ? none : formatIndex(index.value)}
      notes={[
        index.band && t(`stability.band.${index.band}`),
        index.state === 'insufficient' && t('stability.tooSmall'),
        index.state === 'no_data' && t('stability.noParts'),
        dotted([
          t('stability.items', { n: number(data.endpoints, language.value) }),
          t('stability.weightOf', { n: number(index.weight, language.value) }),
        ]),
        dotted(comparedIndexText(data)),
      ]}
    />
  );
}

export function Tiles({ data }: { data: Stability }) {
  const lost = kpiOf(data, 'lost_hours');
  const [share, unconfirmed] = [besideOf(lost, 'share'), besideOf(lost, 'unconfirmed') ?? 0];
  const ofHours = [
    share !== null && t('stability.ofWorkingTime', { share: percent(share, language.value, 2) }),
    formatAbout(lost),
    unconfirmed > 0 && t('stability.plusUnconfirmed', { hours: formatUnit('hours', unconfirmed) }),
  ];
  return (
    <div class="tiles headlines">
      <IndexTile data={data} />
      <KpiHeadline id="availability_server" data={data} />
      <KpiHeadline id="availability_workstation" data={data} />
      <KpiHeadline id="lost_hours" data={data} extra={dotted(ofHours)} />
      <KpiHeadline id="response_in_target" data={data} />
    </div>
  );
}

/** Time in maintenance is in no number: much of it is a finding by itself. */
export function MaintenanceFinding({ data }: { data: Stability }) {
  const much = ['availability_server', 'availability_workstation'].flatMap((id) => {
    const share = besideOf(kpiOf(data, id), 'maintenance_share');
    return share !== null && share > 5 ? [{ id, share }] : [];
  });
  return much.map(({ id, share }) => (
    <p key={id} class="callout">
      {t('stability.maintenanceFinding', { kpi: kpiWord(id, 'name'), share: percent(share, language.value, 1) })}
    </p>
  ));
}
