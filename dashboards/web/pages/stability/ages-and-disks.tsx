/** What is due, of now and not of the month: how long security updates have waited, and which disks will be full. */
import type { DiskForecasts, PatchAges } from '../../../../shared/api.ts';
import { number, percent, time } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Empty, Ready } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import type { Tone } from '../../parts/mark.tsx';
import { Table } from '../../parts/table.tsx';
import { to, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';

const format = (value: number) => number(value, language.value);

const toneOf = (name: PatchAges['ages'][number]['name']): Tone =>
  name === 'none' ? 'ok' : name === 'unknown' ? 'unknown' : 'idle';

function Ages({ data, site }: { data: PatchAges; site: string | null }) {
  const most = Math.max(1, ...data.ages.map(({ count }) => count));
  return (
    <div class="stack-2">
      <ul class="bars">
        {data.ages.map(({ name, count }) => (
          <li key={name}>
            <a class="age" href={`/patches${withQuery('', { age: name, site })}`}>
              {t(`patches.age.${name}`)}
            </a>
            <div class="track" aria-hidden="true">
              <div class={`fill tone-${toneOf(name)}`} style={{ width: `${(count / most) * 100}%` }} />
            </div>
            <span class="strong">{format(count)}</span>
          </li>
        ))}
      </ul>
      <p class="quiet small">
        <Dots
          of={[
            t('stability.items', { n: format(data.endpoints) }),
            t('common.asOf', { at: time(data.asOf, language.value) }),
          ]}
        />
      </p>
    </div>
  );
}

type DiskItem = DiskForecasts['items'][number];
/** A slope that is hardly above zero gives centuries. */
const farDays = 365;

export function daysText({ days, soonest, latest }: DiskItem): string {
  if (days === 0) return t('stability.disks.full');
  const [low, high] = [format(Math.floor(soonest)), format(Math.ceil(latest))];
  const interval =
    latest > farDays ? t('stability.disks.orMore', { low }) : t('stability.disks.interval', { low, high });
  return `${t('stability.disks.in', { n: format(Math.floor(days)) })} ${interval}`;
}

function DiskTable({ items }: { items: readonly DiskItem[] }) {
  return (
    <Table
      caption={t('stability.disks.title')}
      rows={items}
      keyOf={({ endpoint, path }) => `${endpoint.id} ${path}`}
      columns={[
        {
          key: 'endpoint',
          head: t('column.endpoint'),
          cell: ({ endpoint }) => (
            <div class="named">
              <a href={to.endpoint(endpoint.id)}>{endpoint.name}</a>
              <div class="quiet small plain">{endpoint.site}</div>
            </div>
          ),
        },
        { key: 'path', head: t('stability.disks.disk'), cell: ({ path }) => path },
        {
          key: 'used',
          head: t('stability.disks.used'),
          right: true,
          cell: ({ used, perDay }) => (
            <>
              {percent(used, language.value, 1)}
              {perDay !== null && (
                <div class="quiet small">
                  {t('stability.disks.perDay', { n: number(perDay, language.value, perDay < 1 ? 2 : 1) })}
                </div>
              )}
            </>
          ),
        },
        { key: 'days', head: t('stability.disks.days'), cell: daysText },
      ]}
    />
  );
}

function Disks({ data }: { data: DiskForecasts }) {
  const { asOf, soon, disks, short, old, items } = data;
  const rest = soon - items.length;
  return (
    <>
      {soon > 0 && <DiskTable items={items} />}
      {soon === 0 && (
        <Empty
          icon={data.disks > short + old ? 'ok' : 'info'}
          title={t(asOf === null ? 'stability.disks.notYet' : 'stability.disks.none', { days: format(data.days) })}
        />
      )}
      {asOf !== null && (
        <p class="box-body quiet small">
          <Dots
            of={[
              t('stability.disks.n', { soon: format(soon), n: format(disks) }),
              rest > 0 && t('stability.disks.more', { n: format(rest) }),
              short > 0 && t('stability.disks.short', { n: format(short) }),
              old > 0 && t('stability.disks.old', { n: format(old) }),
              t('common.asOf', { at: time(asOf, language.value) }),
            ]}
          />
        </p>
      )}
    </>
  );
}

const shownDisks = 20;

export function AgesAndDisks({ site }: { site: string | null }) {
  const ages = useLoad<PatchAges>(`patches/ages${withQuery('', { site })}`);
  const disks = useLoad<DiskForecasts>(`disks/forecast${withQuery('', { site, limit: String(shownDisks) })}`);
  return (
    <div class="columns">
      <Box title={t('patches.ages')}>
        <Ready of={ages}>{(data) => <Ages data={data} site={site} />}</Ready>
      </Box>
      <Box title={t('stability.disks.title')} flush>
        <Ready of={disks}>{(data) => <Disks data={data} />}</Ready>
      </Box>
    </div>
  );
}
