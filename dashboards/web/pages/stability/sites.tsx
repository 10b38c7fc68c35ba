/** Sites side by side with their days, and the machines of the month, those below target first. */
import { useState } from 'preact/hooks';
import type { Availability, Stability } from '../../../../shared/api.ts';
import { cutPercent, none, number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Table } from '../../parts/table.tsx';
import { DayStrip, StateKey } from '../../parts/timeline.tsx';
import { language, t } from '../../words/words.ts';
import { EndpointRows } from './endpoints.tsx';
import { formatHours } from './format.ts';

const shownStates = ['up', 'down', 'unknown', 'maintenance', 'idle', 'not_monitored'] as const;

function SiteName({ name, data }: { name: string | null; data: Stability }) {
  if (name === null) return <>{t('stability.noSite')}</>;
  if (data.site !== null) return <>{name}</>;
  const query = new URLSearchParams({ period: data.period.name, site: name });
  return <a href={`/stability?${query}`}>{name}</a>;
}

export function Sites({ data }: { data: Stability }) {
  const { sites, period } = data;
  return (
    <Box title={t('stability.sitesTitle')} aside={<StateKey states={shownStates} />} flush>
      <Table
        caption={t('stability.sitesTitle')}
        rows={sites}
        keyOf={({ site }) => site?.id ?? ''}
        columns={[
          { key: 'site', head: t('page.site'), cell: ({ site }) => <SiteName name={site?.name ?? null} data={data} /> },
          {
            key: 'n',
            head: t('place.endpoints'),
            right: true,
            cell: ({ endpoints }) => number(endpoints, language.value),
          },
          {
            key: 'servers',
            head: t('stability.part.servers'),
            right: true,
            cell: ({ servers }) => cutPercent(servers, language.value),
          },
          {
            key: 'workstations',
            head: t('stability.part.workstations'),
            right: true,
            cell: ({ workstations }) => cutPercent(workstations, language.value),
          },
          {
            key: 'lost',
            head: t('stability.column.hours'),
            right: true,
            cell: ({ site, lost, unconfirmed }) => (
              <>
                {site === null && lost === 0 ? none : formatHours(lost)}
                {unconfirmed > 0 && (
                  <div class="quiet small">{t('stability.plusUnconfirmed', { hours: formatHours(unconfirmed) })}</div>
                )}
              </>
            ),
          },
          {
            key: 'days',
            head: t('stability.column.days'),
            bare: true,
            cell: ({ site, days }) => (
              <DayStrip name={site?.name ?? t('stability.noSite')} days={days} to={period.to} zone={period.zone} />
            ),
          },
        ]}
      />
    </Box>
  );
}

type SiteItem = Availability['endpoints'][number];
const pct = ({ figures }: SiteItem) => figures.availability_pct;

/** Lists that nobody has to read: a count, and the list on request. */
function Folded({ word, items, period }: { word: string; items: readonly SiteItem[]; period: Availability['period'] }) {
  const [open, setOpen] = useState(false);
  if (items.length === 0) return null;
  return (
    <>
      <p class="box-body spread">
        <span>{word}</span>
        <button type="button" class="button slim screen-only" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? 'stability.hide' : 'stability.show')}
          <span class="unseen"> {word}</span>
        </button>
      </p>
      {open && <EndpointRows endpoints={items} period={period} />}
    </>
  );
}

const mostMachines = 10;

/** @param target of the index, as the collector has it */
function Machines({ data, target, site }: { data: Availability; target: number; site: string | null }) {
  const own = data.endpoints.filter((item) => site === null || item.site === site);
  const worst = own.toSorted((a, b) => (pct(a) ?? 101) - (pct(b) ?? 101) || a.name.localeCompare(b.name));
  const under = worst.filter((item) => (pct(item) ?? 101) < target);
  const full = worst.filter((item) => pct(item) === 100);
  const unknown = worst.filter((item) => pct(item) === null);
  const rest = worst.filter((item) => ![under, full, unknown].some((list) => list.includes(item)));
  const say = (key: 'under' | 'rest' | 'full' | 'none', items: readonly SiteItem[]) =>
    t(`stability.machines.${key}`, {
      n: number(items.length, language.value),
      target: cutPercent(target, language.value),
    });
  if (own.length === 0) return <p class="box-body quiet">{t(`stability.none.${data.class}`)}</p>;
  return (
    <>
      <p class="box-body strong">{say('under', under)}</p>
      <EndpointRows endpoints={under.slice(0, mostMachines)} period={data.period} />
      <Folded
        word={t('stability.machines.more', { n: under.length - mostMachines })}
        items={under.slice(mostMachines)}
        period={data.period}
      />
      <Folded word={say('rest', rest)} items={rest} period={data.period} />
      <Folded word={say('full', full)} items={full} period={data.period} />
      <Folded word={say('none', unknown)} items={unknown} period={data.period} />
    </>
  );
}

/** One class of machines; read when somebody asks for it, because the intervals of a large fleet are many. */
export function MachineList({ data, kind }: { data: Stability; kind: 'server' | 'workstation' }) {
  const [open, setOpen] = useState(false);
  const loaded = useLoad<Availability>(open ? `kpis/availability?period=${data.period.name}&class=${kind}` : null);
  const part = data.parts.find((one) => one.part === `${kind}s`);
  return (
    <div class={open ? '' : 'screen-only'}>
      <Box
        title={t(`stability.list.${kind}`)}
        aside={
          <button type="button" class="button slim screen-only" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t(open ? 'stability.hide' : 'stability.show')}
            <span class="unseen"> {t(`stability.list.${kind}`)}</span>
          </button>
        }
        flush
      >
        {open && (
          <Ready of={loaded}>{(list) => <Machines data={list} target={part?.target ?? 100} site={data.site} />}</Ready>
        )}
      </Box>
    </div>
  );
}
