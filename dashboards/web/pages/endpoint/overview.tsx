/** What a person comes for: is it well, what is to be done, was it there, what changed lately. */
import type { ChangeMark, EndpointDetail, KpiDetail } from '../../../../shared/api.ts';
import { worstOf } from '../../../../shared/level.ts';
import { coarse, cutPercent, percent, time } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useKept, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { BackupMark, LevelMark } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { StateKey, Timeline } from '../../parts/timeline.tsx';
import { to } from '../../router.ts';
import { clip, holes } from '../../time/intervals.ts';
import { language, t } from '../../words/words.ts';
import { ChangeLink } from '../changes/facts.tsx';
import { formatMonth } from '../stability/format.ts';
import { Now } from './now.tsx';
import { Readings } from './readings.tsx';
import { sectionOf } from './sections.ts';
import '../../look/endpoint.css';

const hour = 3_600_000;
const day = 24 * hour;

interface EndpointWork {
  tab: string;
  /** Of the metrics whose alerts colour it. */
  about: string;
  text: string;
}

/** Security updates that wait, and for how long at least: an agent that is new does not know since when. */
function securityText(detail: EndpointDetail): string {
  const { pendingSecurity: n, oldestSecuritySince: since } = detail.row.patches;
  const isAtLeast = sectionOf(detail, 'patches')?.data.some(({ oldestSecurityAtLeast }) => oldestSecurityAtLeast);
  if (since === null) return t('overview.security', { n: n ?? 0 });
  const long = coarse((now.value - since) / 1000, language.value);
  return t(isAtLeast ? 'overview.securityAtLeast' : 'overview.securitySince', { n: n ?? 0, long });
}

/** What somebody has to do one day, whether or not a rule is broken by it already. */
function workOf(detail: EndpointDetail): EndpointWork[] {
  const { patches, backup, behind } = detail.row;
  return [
    ...(patches.supportEnded ? [{ tab: 'updates', about: 'os.end', text: t('overview.unsupported') }] : []),
    ...((patches.pendingSecurity ?? 0) > 0 ? [{ tab: 'updates', about: 'patches.', text: securityText(detail) }] : []),
    ...(patches.rebootRequired ? [{ tab: 'updates', about: 'os.reboot', text: t('overview.reboot') }] : []),
    ...(backup.state === 'none' && detail.backupNotNeeded === null
      ? [{ tab: 'backups', about: 'backup.', text: t('backup.noneTitle') }]
      : []),
    ...(behind ? [{ tab: 'about', about: 'agent.', text: t('overview.behind') }] : []),
  ];
}

function Todo({ detail }: { detail: EndpointDetail }) {
  const { row } = detail;
  const work = workOf(detail);
  const isBadBackup = !['ok', 'none', 'unknown', 'running'].includes(row.backup.state);
  if (work.length === 0 && !isBadBackup) return null;
  const href = (tab: string) => `${to.endpoint(row.id)}?tab=${tab}`;
  return (
    <div class="box-body todo">
      <h3 class="small">{t('overview.work')}</h3>
      <ul class="row">
        {work.map(({ tab, about, text }) => (
          <li key={text}>
            <LevelMark level={worstOf(row, about)} else="info">
              <a href={href(tab)}>{text}</a>
            </LevelMark>
          </li>
        ))}
        {isBadBackup && (
          <li>
            <a href={href('backups')}>
              {t('column.backup')}: <BackupMark state={row.backup.state} level={worstOf(row, 'backup.')} />
            </a>
          </li>
        )}
      </ul>
    </div>
  );
}

/** The availability of the present month, as the KPI has it: its interval is what time without knowledge may still be. */
function Month({ detail: { row } }: { detail: EndpointDetail }) {
  const loaded = useLoad<KpiDetail>(
    `kpis/availability_${row.kind}?endpoint=${encodeURIComponent(row.id)}&limit=1`,
    () => false,
  );
  if (loaded.data === null && !loaded.problem) return <p>{t('overview.month')}</p>;
  return (
    <Ready of={loaded}>
      {({ period, kpi: { value, low, high, coverage } }) => (
        <p>
          <a href={`${to.endpoint(row.id)}?tab=presence&period=${period.name}`}>
            {formatMonth(period.name)}: <span class="strong">{cutPercent(value, language.value)}</span>
          </a>{' '}
          <span class="quiet small">
            {low !== null &&
              high !== null &&
              t('overview.between', { low: cutPercent(low, language.value), high: cutPercent(high, language.value) })}
            {coverage !== null &&
              coverage < 95 &&
              ` · ${t('overview.coverage', { share: percent(coverage, language.value, 1) })}`}
          </span>
        </p>
      )}
    </Ready>
  );
}

function Available({ detail }: { detail: EndpointDetail }) {
  const { timeline } = detail;
  const until = timeline.at(-1)?.to ?? Date.now();
  const from = until - day;
  const all = [...clip(timeline, from, until), ...holes(timeline, from, until)];
  const states = [...new Set(all.map(({ state }) => state))];
  return (
    <Box title={t('tab.presence')} aside={<Month detail={detail} />}>
      <div class="stack-2">
        <Timeline name={t('overview.day')} intervals={timeline} from={from} to={until} />
        <div class="axis">
          <span>{time(from, language.value, 'moment')}</span>
          <span>{t('overview.day')}</span>
          <span>{time(until, language.value, 'minute')}</span>
        </div>
        <StateKey states={states} />
      </div>
    </Box>
  );
}

const marksShown = 6;
const lately = 30 * day;

/** Updates, restarts and changes of the last 30 days, newest first. */
function Changed({ id }: { id: string }) {
  // To the hour: the address does not change with each second.
  const end = Math.ceil(now.value / hour) * hour;
  const address = `changes/marks?endpoint=${encodeURIComponent(id)}&from=${end - lately}&to=${end}`;
  const loaded = useLoad<Page<ChangeMark>>(address, ({ kind }) => kind === 'change', 5000);
  const kept = useKept(loaded);
  return (
    <Box title={t('overview.changed')}>
      <Ready of={{ ...loaded, data: kept }} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="quiet">{t('overview.unchanged')}</p>
          ) : (
            <>
              <ul class="changed">
                {items.slice(0, marksShown).map(({ at, what, change }) => (
                  <li key={`${at} ${what} ${change.id}`}>
                    <span class="quiet small nowrap">
                      <Moment at={at} />
                    </span>
                    <span>
                      {t(`change.what.${what}`)} · <ChangeLink change={change} />
                    </span>
                  </li>
                ))}
              </ul>
              {items.length > marksShown && (
                <p class="small">
                  <a href={`${to.endpoint(id)}?tab=tickets`}>{t('overview.allChanges', { n: items.length })}</a>
                </p>
              )}
            </>
          )
        }
      </Ready>
    </Box>
  );
}

export function Overview({ detail }: { detail: EndpointDetail }) {
  return (
    <>
      <Now row={detail.row}>
        <Todo detail={detail} />
      </Now>
      <Available detail={detail} />
      <div class="columns">
        <Readings detail={detail} />
        <Changed id={detail.row.id} />
      </div>
    </>
  );
}
