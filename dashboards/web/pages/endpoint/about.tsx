/** What the machine is, what its agent can and cannot read, and what was lost or refused in transit. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import type { CheckState, Hardware } from '../../../../shared/inventory.ts';
import { bytes, duration, measured, none, number } from '../../../../shared/words/format.ts';
import { may } from '../../net/session.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { formatReasons } from '../../words/reason.ts';
import { language, t, wordOr } from '../../words/words.ts';
import { Credential } from './credential.tsx';
import { IdentityHistory } from './identity-history.tsx';
import { sectionOf } from './sections.ts';

type FactRow = readonly [name: string, value: preact.ComponentChildren];

function FactList({ facts }: { facts: readonly FactRow[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? none}</dd>
        </div>
      ))}
    </dl>
  );
}

function Replaced({ detail }: { detail: EndpointDetail }) {
  return (
    <ul>
      {detail.replacements.map(({ at, by }) => (
        <li key={at}>
          <Moment at={at} shape="date" /> <span class="quiet small">{t('identity.replacedBy', { by })}</span>
        </li>
      ))}
    </ul>
  );
}

function AgentBox({ detail }: { detail: EndpointDetail }) {
  const { row } = detail;
  const host = sectionOf(detail, 'host')?.data;
  const offset = detail.clockOffsetMs === null ? null : detail.clockOffsetMs / 1000;
  return (
    <Box title={t('about.machine')}>
      <FactList
        facts={[
          [t('about.hostname'), host?.hostname ?? detail.hostname ?? row.name],
          [t('about.id'), <code key="id">{row.id}</code>],
          [t('filter.name.kind'), `${t(`kind.${row.kind}`)} (${formatReasons(detail.kindWhy)})`],
          [t('updates.version'), row.os],
          [t('about.kernel'), host?.os.kernel],
          [t('about.arch'), host?.os.arch],
          [t('about.virtual'), host?.virtual],
          [t('about.agent'), row.version],
          [t('about.interval'), duration(detail.intervalSeconds, language.value)],
          [t('about.clock'), offset === null ? none : measured(Math.round(offset * 1000) + 0, 'ms', language.value)],
          [t('about.enrolled'), <Moment key="at" at={detail.enrolledAt} shape="date" />],
          ...(detail.replacements.length === 0
            ? []
            : [[t('identity.replaced'), <Replaced key="re" detail={detail} />] as const]),
          [t('about.boot'), detail.bootId && <code key="boot">{detail.bootId.slice(0, 8)}</code>],
        ]}
      />
    </Box>
  );
}

function HardwareBox({ data }: { data: Hardware }) {
  return (
    <Box title={t('about.hardware')}>
      <div class="stack">
        <FactList
          facts={[
            [t('about.model'), [data.manufacturer, data.model].filter(Boolean).join(' ') || none],
            [t('about.serial'), data.serial],
            [t('about.cpu'), data.cpu.model],
            [t('about.cores'), number(data.cpu.cores, language.value)],
            [t('column.memory'), bytes(data.memory_bytes, language.value)],
          ]}
        />
        <ul class="small stack-2">
          {data.disks.map((disk) => (
            <li key={disk.name}>
              <span class="strong">{disk.name}</span>{' '}
              <span class="quiet">
                {[disk.model, disk.kind, bytes(disk.bytes, language.value)].filter(Boolean).join(' · ')}
              </span>
            </li>
          ))}
          {data.interfaces.map((one) => (
            <li key={one.name}>
              <span class="strong">{one.name}</span>{' '}
              <span class="quiet">{[one.mac, ...one.addresses].filter(Boolean).join(' · ')}</span>
            </li>
          ))}
        </ul>
      </div>
    </Box>
  );
}

const checkLook = {
  ok: ['ok', 'ok'],
  no_data: ['unknown', 'unknown'],
  failed: ['critical', 'critical'],
  off: ['idle', 'offline'],
} as const;

function CheckMark({ status }: { status: CheckState['status'] }) {
  const [tone, icon] = checkLook[status];
  return (
    <Mark tone={tone} icon={icon}>
      {t(`about.check.${status}`)}
    </Mark>
  );
}

function Checks({ list }: { list: readonly CheckState[] }) {
  return (
    <Box title={t('about.checks')} flush>
      <Table
        caption={t('about.checks')}
        rows={list}
        keyOf={(row) => row.check}
        columns={[
          { key: 'check', head: t('about.checkName'), cell: (row) => wordOr('about.checkKinds', row.check) },
          { key: 'status', head: t('column.state'), cell: (row) => <CheckMark status={row.status} /> },
          { key: 'reason', head: t('presence.reason'), bare: true, cell: (row) => formatReasons(row.reason) || none },
          { key: 'at', head: t('common.seen'), cell: (row) => <Ago at={row.at} /> },
        ]}
      />
    </Box>
  );
}

function Losses({ detail }: { detail: EndpointDetail }) {
  if (detail.losses.length === 0) return <Callout tone="ok">{t('about.noLosses')}</Callout>;
  return (
    <Box title={t('about.losses')} flush>
      <Table
        caption={t('about.losses')}
        rows={detail.losses}
        keyOf={(row) => `${row.receivedAt}${row.from}`}
        columns={[
          { key: 'at', head: t('presence.at'), cell: (row) => <Moment at={row.receivedAt} shape="long" /> },
          { key: 'count', head: t('about.lossCount'), right: true, cell: (row) => number(row.count, language.value) },
          {
            key: 'span',
            head: t('about.lossSpan'),
            cell: (row) => (row.from === 0 ? t('about.lossMany') : `${row.from}–${row.to}`),
          },
          { key: 'reason', head: t('presence.reason'), cell: (row) => wordOr('about.loss', row.reason) },
        ]}
      />
    </Box>
  );
}

type QuarantinedParts = NonNullable<EndpointDetail['quarantined'][number]['parts']>;

function RefusedParts({ parts }: { parts: QuarantinedParts }) {
  const others = parts.count - parts.list.length;
  return (
    <details class="small">
      <summary>{t('about.refusedParts', { count: parts.count })}</summary>
      <ul>
        {parts.list.map(({ path, reason, value }) => (
          <li key={path}>
            <code>{path}</code> <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
            <div class="quiet">{reason}</div>
          </li>
        ))}
        {others > 0 && <li>{t('about.otherParts', { count: others })}</li>}
      </ul>
    </details>
  );
}

function Rejected({ detail }: { detail: EndpointDetail }) {
  if (detail.quarantined.length === 0) return <Callout tone="ok">{t('about.noRejected')}</Callout>;
  return (
    <Box title={t('about.rejected')} flush>
      <Table
        caption={t('about.rejected')}
        rows={detail.quarantined}
        keyOf={(row) => `${row.receivedAt}${row.message}`}
        columns={[
          { key: 'at', head: t('presence.at'), cell: (row) => <Moment at={row.receivedAt} shape="long" /> },
          { key: 'code', head: t('about.code'), cell: (row) => <code>{row.code}</code> },
          {
            key: 'message',
            head: t('presence.reason'),
            bare: true,
            cell: (row) => {
              const words = wordOr('problem', `${row.code}.message`, '');
              return (
                <div>
                  {words}
                  <div class={words ? 'quiet small' : ''}>{row.message}</div>
                  {row.parts && <RefusedParts parts={row.parts} />}
                </div>
              );
            },
          },
          { key: 'size', head: t('about.size'), right: true, cell: (row) => bytes(row.size, language.value) },
        ]}
      />
    </Box>
  );
}

export function About({ detail }: { detail: EndpointDetail }) {
  const hardware = sectionOf(detail, 'hardware');
  const checks = sectionOf(detail, 'checks');
  return (
    <>
      <div class="columns">
        <AgentBox detail={detail} />
        {hardware && <HardwareBox data={hardware.data} />}
      </div>
      {checks && <Checks list={checks.data} />}
      {may('admin') && <Credential row={detail.row} />}
      <IdentityHistory events={detail.identityEvents} />
      <Losses detail={detail} />
      <Rejected detail={detail} />
    </>
  );
}
