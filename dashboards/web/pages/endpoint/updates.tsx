/** Patch level: one box per package manager, and the operating system's own state. Unknown is never "up to date". */
import { useState } from 'preact/hooks';
import type { EndpointDetail, EndpointRow } from '../../../../shared/api.ts';
import type { OsState, PatchState, PendingUpdate } from '../../../../shared/inventory.ts';
import { worstOf } from '../../../../shared/level.ts';
import { none, number, time } from '../../../../shared/words/format.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Fact } from '../../parts/fact.tsx';
import { CopyButton } from '../../parts/field.tsx';
import { LevelMark, Truth } from '../../parts/mark.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { search, setQuery, withQuery } from '../../router.ts';
import { formatReasons } from '../../words/reason.ts';
import { language, t, wordOr } from '../../words/words.ts';
import { reasonOfCheck, sectionOf } from './sections.ts';

/** Where the dates come from, and of which day they are: a table that is a year old is a year old. */
function lifeSource(os: OsState): string | null {
  const date = os.endOfLifeAsOf ? time(Date.parse(os.endOfLifeAsOf), language.value, 'date') : null;
  if (os.endOfLifeSource === null) return date && t('updates.lifeSilent', { date });
  const source = wordOr('updates.lifeSource', os.endOfLifeSource);
  return date ? t('updates.lifeAsOf', { source, date }) : source;
}

function EndOfLife({ os }: { os: OsState }) {
  if (os.endOfLife !== null) return <Moment at={os.endOfLife} shape="date" />;
  return <>{os.rollingRelease ? t('updates.rolling') : t('common.unknown')}</>;
}

/** A time since when something waits, or at least waits. */
export function Since({ at, atLeast }: { at: number | null; atLeast: boolean | undefined }) {
  return (
    <>
      <Ago at={at} />
      {at !== null && atLeast && <div class="quiet small">{t('updates.atLeast')}</div>}
    </>
  );
}

function OsBox({ os, row }: { os: OsState; row: EndpointRow }) {
  return (
    <Box title={t('updates.system')}>
      <dl class="facts">
        <Fact name={t('updates.version')}>{row.os ?? t('common.unknown')}</Fact>
        <Fact name={t('updates.reboot')}>
          <Truth value={os.rebootRequired} good={false} level={worstOf(row, 'os.reboot_required')} />
          {os.rebootSince !== null && (
            <div class="quiet small">
              <Ago at={os.rebootSince} />
            </div>
          )}
          {os.rebootWhy && <div class="quiet small">{formatReasons(os.rebootWhy)}</div>}
        </Fact>
        <Fact name={t('updates.endOfSecurity')}>
          {os.endOfSecurity === null ? t('common.unknown') : <Moment at={os.endOfSecurity} shape="date" />}
        </Fact>
        <Fact name={t('updates.endOfLife')}>
          <EndOfLife os={os} />
          <div class="quiet small">{lifeSource(os)}</div>
        </Fact>
      </dl>
    </Box>
  );
}

const mostShown = 25;

export function SecurityMark({ value }: { value: boolean | null }) {
  if (!value) return <span class="quiet">{value === null ? t('common.unknown') : none}</span>;
  return <span class="tag">{t('updates.isSecurity')}</span>;
}

/**
 * Where the supplier says what an update changes; null where no address is certain. Microsoft's articles go by the
 * number in the title; Debian's tracker knows each binary package by its own name. Others go by the name of the source
 * package, by release or by architecture, which are not known here.
 */
function changelogOf(name: string, manager: string, system: string | null): string | null {
  const [, article] = /\bKB(\d{6,8})\b/.exec(name) ?? [];
  if (article !== undefined && manager.startsWith('windows')) return `https://support.microsoft.com/help/${article}`;
  if (manager === 'apt' && system?.startsWith('Debian'))
    return `https://tracker.debian.org/pkg/${encodeURIComponent(name.replace(/:.*/, ''))}`;
  return null;
}

/** One line each, for a mail or a ticket. */
const listText = (rows: readonly PendingUpdate[]) =>
  rows.map(({ name, installed, candidate }) => `${name} ${installed ?? '?'} -> ${candidate ?? '?'}`).join('\n');

interface PendingProps {
  state: PatchState;
  /** The name of the operating system. */
  system: string | null;
}

function Pending({ state: { list, manager }, system }: PendingProps) {
  const [all, setAll] = useState(false);
  const isSecurityOnly = new URLSearchParams(search.value).get('security') === '1';
  const rows = list
    .filter(({ security }) => security || !isSecurityOnly)
    .sort((a, b) => Number(b.security ?? false) - Number(a.security ?? false));
  return (
    <>
      <div class="box-body row">
        <label class="row">
          <input
            type="checkbox"
            checked={isSecurityOnly}
            onChange={() => setQuery({ security: isSecurityOnly ? null : '1' })}
          />
          {t('updates.onlySecurity')}
        </label>
        {rows.length > 0 && <CopyButton text={listText(rows)} slim />}
      </div>
      {rows.length === 0 && <p class="box-body quiet">{t('updates.noSecurity')}</p>}
      <Table
        caption={t('updates.pendingList')}
        rows={all ? rows : rows.slice(0, mostShown)}
        keyOf={(row) => `${row.name}${row.candidate}`}
        columns={[
          {
            key: 'name',
            head: t('updates.package'),
            cell: ({ name }) => <PackageName name={name} changelog={changelogOf(name, manager, system)} />,
          },
          { key: 'installed', head: t('updates.installed'), cell: (row) => row.installed ?? none },
          { key: 'candidate', head: t('updates.candidate'), cell: (row) => row.candidate ?? none },
          {
            key: 'security',
            head: t('updates.isSecurity'),
            cell: (row) => <SecurityMark value={row.security} />,
          },
          {
            key: 'since',
            head: t('updates.since'),
            cell: (row) => <Since at={row.since} atLeast={row.sinceAtLeast} />,
          },
        ]}
      />
      {!all && rows.length > mostShown && (
        <p class="box-body">
          <button type="button" class="button slim" onClick={() => setAll(true)}>
            {t('common.showAll', { n: number(rows.length, language.value) })}
          </button>
        </p>
      )}
    </>
  );
}

function PackageName({ name, changelog }: { name: string; changelog: string | null }) {
  return (
    <div>
      {name}
      {/* Software has it by the name of the inventory. */}
      <div class="small plain">
        <Dots
          of={[
            changelog !== null && (
              <a href={changelog} target="_blank" rel="noreferrer noopener">
                {t('updates.changelog')}
                <span class="unseen"> {name}</span>
              </a>
            ),
            <WhoHas name={name} />,
          ]}
        />
      </div>
    </div>
  );
}

/** To the machines that have it. */
export const WhoHas = ({ name }: { name: string }) => (
  <a href={`/software${withQuery('', { search: name })}`}>
    {t('updates.others')}
    <span class="unseen"> {name}</span>
  </a>
);

function Scan({ scan, row }: { scan: PatchState['scan']; row: EndpointRow }) {
  return (
    <LevelMark level={scan === 'ok' ? null : worstOf(row, 'patches.scan_ok')} else={scan === 'ok' ? 'ok' : 'unknown'}>
      {t(`updates.scan.${scan}`)}
    </LevelMark>
  );
}

function ManagerBox({ state, row, system }: PendingProps & { row: EndpointRow }) {
  const format = (value: number | null) => (value === null ? t('common.unknown') : number(value, language.value));
  return (
    <Box
      title={
        <>
          {state.manager} {state.thirdParty && <span class="tag">{t('updates.thirdParty')}</span>}
        </>
      }
      aside={<Scan scan={state.scan} row={row} />}
      flush
    >
      <div class="box-body stack">
        {state.reason && (
          <Callout tone={state.scan === 'ok' ? 'info' : 'unknown'}>{formatReasons(state.reason)}</Callout>
        )}
        <dl class="facts">
          <div>
            <dt>{t('updates.pending')}</dt>
            <dd class="strong">{format(state.pending)}</dd>
          </div>
          <div>
            <dt>{t('updates.pendingSecurity')}</dt>
            <dd class="strong">{format(state.pendingSecurity)}</dd>
          </div>
          <Fact name={t('updates.oldest')}>
            <Since at={state.oldestSecuritySince} atLeast={state.oldestSecurityAtLeast} />
          </Fact>
          <Fact name={t('updates.scannedAt')}>
            <Ago at={state.scannedAt} />
          </Fact>
          <Fact name={t('updates.lastInstall')}>
            <Ago at={state.lastInstall} />
          </Fact>
          <Fact name={t('updates.automatic')}>{t(`updates.auto.${state.autoUpdates}`)}</Fact>
        </dl>
      </div>
      {state.list.length > 0 && <Pending state={state} system={system} />}
    </Box>
  );
}

export function Updates({ detail }: { detail: EndpointDetail }) {
  const patches = sectionOf(detail, 'patches');
  const os = sectionOf(detail, 'os');
  return (
    <>
      {os && <OsBox os={os.data} row={detail.row} />}
      {patches === null || patches.data.length === 0 ? (
        <Callout tone="unknown" title={t('updates.unknownTitle')}>
          {reasonOfCheck(detail, /patch|update/) ?? t('common.notReported')}
        </Callout>
      ) : (
        patches.data.map((state) => (
          <ManagerBox key={state.manager} state={state} row={detail.row} system={os?.data.name ?? null} />
        ))
      )}
    </>
  );
}
