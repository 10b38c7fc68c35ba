/** A month for whoever answers for it: was it good, what did it cost, why, and what to do next. */

import type { SiteRow, Stability } from '../../../shared/api.ts';
import { now } from '../clock.ts';
import { useKept, useLoad } from '../net/load.ts';
import type { Page } from '../net/request.ts';
import { reportZone } from '../net/session.ts';
import { Empty, PageHead, Ready } from '../parts/box.tsx';
import { Select } from '../parts/field.tsx';
import { FileButton } from '../parts/file-button.tsx';
import { MonthPicker } from '../parts/month-picker.tsx';
import { search, setQuery, withQuery } from '../router.ts';
import { chosenPeriod } from '../time/period.ts';
import { language, t } from '../words/words.ts';
import { Actions } from './stability/actions.tsx';
import { AgesAndDisks } from './stability/ages-and-disks.tsx';
import { ChangeCost } from './stability/change-cost.tsx';
import { ComparePicker } from './stability/compare.tsx';
import { Definitions } from './stability/definition.tsx';
import { Hours } from './stability/hours.tsx';
import { About, Lead } from './stability/lead.tsx';
import { IndexLineBox } from './stability/line.tsx';
import { Majors } from './stability/majors.tsx';
import { NoPeriod } from './stability/no-period.tsx';
import { Causes, Waterfall } from './stability/parts.tsx';
import { ProtectionBlock } from './stability/protection.tsx';
import { MachineList, Sites } from './stability/sites.tsx';
import { Support } from './stability/support.tsx';
import { MaintenanceFinding, Tiles } from './stability/tiles.tsx';
import { Why } from './stability/why.tsx';

function SitePicker({ site }: { site: string | null }) {
  const { data } = useLoad<Page<SiteRow>>('sites');
  const names = new Set([...(data?.items.map(({ name }) => name) ?? []), ...(site === null ? [] : [site])]);
  if (names.size === 0) return null;
  return (
    <Select
      label={t('page.site')}
      value={site ?? ''}
      onChange={(name) => setQuery({ site: name === '' ? null : name })}
      options={[['', t('stability.allSites')], ...[...names].map((name): [string, string] => [name, name])]}
    />
  );
}

/** Nothing was there to be measured: what to do first. */
function Nothing({ data }: { data: Stability }) {
  return (
    <Empty icon="stability" title={t('stability.empty.title')}>
      <p>{t('stability.empty.text')}</p>
      <p>
        <a class="button main" href="/add">
          {t('page.add')}
        </a>{' '}
        {data.closed === null && <a href="/">{t('page.fleet')}</a>}
      </p>
    </Empty>
  );
}

function Month({ data, before, reload }: { data: Stability; before: Stability | null; reload: () => void }) {
  if (data.endpoints === 0) return <Nothing data={data} />;
  return (
    <>
      <Tiles data={data} />
      <MaintenanceFinding data={data} />
      <div class="split">
        <div class="stack">
          <Waterfall data={data} />
          <IndexLineBox site={data.site} zone={data.period.zone} />
        </div>
        <Actions data={data} />
      </div>
      <Majors data={data} />
      <Causes data={data} />
      {data.compared && data.compared.site === data.site && data.before && (
        <details>
          <summary>{t('stability.why.open')}</summary>
          <Why kpi="index" from={data.compared.period.name} to={data.period.name} site={data.site} />
        </details>
      )}
      <Hours data={data} before={before} />
      <Sites data={data} />
      <MachineList data={data} kind="server" />
      <MachineList data={data} kind="workstation" />
      <Support data={data} />
      <ProtectionBlock data={data}>
        <AgesAndDisks site={data.site} />
      </ProtectionBlock>
      <ChangeCost data={data} />
      <Definitions data={data} onDone={reload} />
    </>
  );
}

const addressOf = (parts: Record<string, string | null>, ending = '') => `stability${ending}${withQuery('', parts)}`;

export function StabilityPage() {
  const query = new URLSearchParams(search.value);
  for (const name of ['period', 'compare']) {
    const text = query.get(name);
    if (text !== null && chosenPeriod(text, now.peek(), reportZone()) === null)
      return <NoPeriod title={t('page.stability')} period={text} />;
  }
  return <StabilityOf query={query} />;
}

function StabilityOf({ query }: { query: URLSearchParams }) {
  const site = query.get('site');
  // Without a month in the address the collector answers the last one that is closed.
  const [asked, compare, against] = [query.get('period'), query.get('compare'), query.get('against')];
  const loaded = useLoad<Stability>(addressOf({ period: asked, site, compare, against }));
  const kept = useKept(loaded);
  const period = asked ?? kept?.period.name ?? null;
  const other = loaded.data?.compared;
  const before = useLoad<Stability>(other ? addressOf({ period: other.period.name, site: other.site }) : null);
  return (
    <>
      <PageHead title={t('page.stability')}>
        <span class="row screen-only">
          <SitePicker site={site} />
          {period !== null && <MonthPicker period={period} />}
          {loaded.data && <ComparePicker data={loaded.data} compare={compare} against={against} />}
          <FileButton
            address={addressOf({ period, site, compare, against, language: language.value }, '.csv')}
            kind="CSV"
          />
          <button type="button" class="button" onClick={() => print()}>
            {t('stability.print')}
          </button>
        </span>
      </PageHead>
      <Ready of={loaded} lines={8}>
        {(data) => (
          <>
            <div class="stack-2">
              {data.endpoints > 0 && <Lead data={data} />}
              <About data={data} />
            </div>
            <Month data={data} before={before.data} reload={loaded.reload} />
          </>
        )}
      </Ready>
    </>
  );
}
