/** The backup jobs of an endpoint, whatever product makes them. */

import { useState } from 'preact/hooks';
import type { EndpointDetail } from '../../../../shared/api.ts';
import type { BackupRuns } from '../../../../shared/backup-runs.ts';
import type { BackupJob } from '../../../../shared/inventory.ts';
import type { Level } from '../../../../shared/level.ts';
import { bytes, duration, number } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Callout, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { BackupMark, Mark, Truth } from '../../parts/mark.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { PasteLine } from '../../parts/paste-line.tsx';
import { Runs } from '../../parts/runs.tsx';
import { Table } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { localText } from '../../time/local.ts';
import { formatReasons } from '../../words/reason.ts';
import { actorName, language, t, wordOr } from '../../words/words.ts';
import { NotNeeded } from '../protection-acts.tsx';
import { reasonOfCheck, sectionOf } from './sections.ts';
import '../../look/endpoint.css';

/** The form's own time has no zone: it is the viewer's. */
const localNow = () => localText(Date.now()).slice(0, 16);

interface VerifyProps {
  endpoint: string;
  job: BackupJob;
  onDone: () => void;
}

function Verify({ endpoint, job, onDone }: VerifyProps) {
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(localNow);
  const [ok, setOk] = useState('yes');
  const [note, setNote] = useState('');
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const address = `endpoints/${encodeURIComponent(endpoint)}/backups/${encodeURIComponent(job.job)}/verified`;
    const body = { at: new Date(at).getTime(), ok: ok === 'yes', note };
    if (!(await send(() => call(address, { method: 'POST', body })))) return;
    setOpen(false);
    onDone();
  };
  if (!open) {
    return (
      <button type="button" class="button slim" onClick={() => setOpen(true)}>
        {t('backup.recordTest')}
      </button>
    );
  }
  return (
    <Form
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={t('common.save')}
      look="main slim"
      onCancel={() => setOpen(false)}
    >
      <div class="form-row">
        <Input
          label={t('backup.testedAt')}
          type="datetime-local"
          value={at}
          onInput={setAt}
          max={localNow()}
          required
        />
        <Select
          label={t('backup.testResult')}
          value={ok}
          onChange={setOk}
          options={[
            ['yes', t('backup.testOk')],
            ['no', t('backup.testFailed')],
          ]}
        />
        <Input label={t('backup.testNote')} value={note} onInput={setNote} maxLength={500} />
      </div>
    </Form>
  );
}

function Facts({ job, level }: { job: BackupJob; level: Level | null }) {
  const facts: [string, preact.ComponentChildren][] = [
    [t('backup.lastSuccess'), <Ago key="s" at={job.lastSuccess} />],
    [t('backup.lastRun'), <Ago key="r" at={job.lastRun} />],
    [t('backup.nextRun'), <Moment key="n" at={job.nextRun} />],
    [t('backup.schedule'), job.schedule === null ? t('common.unknown') : wordOr('backup.rhythm', job.schedule)],
    [t('backup.size'), bytes(job.bytes, language.value)],
    [t('backup.files'), number(job.files, language.value)],
    [t('backup.duration'), duration(job.duration, language.value)],
    [
      t('backup.lastVerified'),
      job.lastVerified === null ? t('backup.neverVerified') : <Ago key="v" at={job.lastVerified} />,
    ],
    [t('backup.readable'), <Truth key="t" value={job.readable} good level={level} />],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface JobProps extends VerifyProps {
  runs: BackupRuns['runs'];
  verdict: EndpointDetail['backups'][number] | undefined;
}

function Job({ endpoint, job, verdict, runs, onDone }: JobProps) {
  const level = verdict?.level ?? null;
  return (
    <Box
      title={
        <>
          {job.job} <span class="quiet small plain">{job.product}</span>
        </>
      }
      aside={verdict && <BackupMark state={verdict.state} level={verdict.level} />}
    >
      <div class="stack">
        {job.reason && <Callout tone={level ?? 'info'}>{formatReasons(job.reason)}</Callout>}
        {job.verifiedOk === false && (
          <Callout tone={level ?? 'info'} title={t('backup.verifyFailed')}>
            <Moment at={job.verifyFailedAt ?? null} />
            {job.verifyNote && <> · {formatReasons(job.verifyNote)}</>}
          </Callout>
        )}
        <Runs name={job.job} runs={runs} />
        <Facts job={job} level={level} />
        <p class="small">
          <span class="quiet">{t('backup.protects')}: </span>
          {job.protects.length === 0 ? t('common.unknown') : job.protects.join(', ')}
          {job.repository && (
            <>
              <br />
              <span class="quiet">{t('backup.repository')}: </span>
              <code>{job.repository}</code>
            </>
          )}
        </p>
        {may('operator') && <Verify endpoint={endpoint} job={job} onDone={onDone} />}
      </div>
    </Box>
  );
}

interface RestoreTestBody {
  job: string;
  at: number;
  ok: boolean;
  note: string;
  by: string;
}

/** Who tried out a restore, when, and how it went: a backup is worth what comes back from it. */
function Tests({ endpoint }: { endpoint: string }) {
  const list = useLoad<Page<RestoreTestBody>>(
    `endpoints/${encodeURIComponent(endpoint)}/backups/verified`,
    (change) => change.kind === 'inventory' && change.endpoint === endpoint,
  );
  if (list.data?.items.length === 0) return null;
  return (
    <Box title={t('backup.tests')} flush>
      <Ready of={list} lines={2}>
        {({ items }) => (
          <Table
            caption={t('backup.tests')}
            rows={items}
            keyOf={(row) => `${row.job}${row.at}${row.by}`}
            columns={[
              { key: 'job', head: t('backup.job'), cell: (row) => row.job },
              { key: 'at', head: t('backup.testedAt'), cell: (row) => <Moment at={row.at} /> },
              { key: 'ok', head: t('backup.testResult'), cell: (row) => <Outcome ok={row.ok} /> },
              { key: 'by', head: t('backup.testBy'), cell: (row) => actorName(row.by) },
              { key: 'note', head: t('backup.testNote'), bare: true, cell: (row) => row.note },
            ]}
          />
        )}
      </Ready>
    </Box>
  );
}

function Outcome({ ok }: { ok: boolean }) {
  return (
    <Mark tone={ok ? 'ok' : 'critical'} icon={ok ? 'ok' : 'critical'}>
      {ok ? t('backup.testOk') : t('backup.testFailed')}
    </Mark>
  );
}

interface NoBackupProps {
  detail: EndpointDetail;
  onDone: () => void;
}

/** The line that makes the backup there is known, whatever makes it; and the way to say that none is needed. */
function NoBackup({ detail: { row, backupNotNeeded }, onDone }: NoBackupProps) {
  const command = `run-backup --job nightly --schedule daily -- ${t('protection.command')}`;
  const line =
    row.platform === 'win32'
      ? `& "$env:ProgramFiles\\Evenkeel Agent\\evenkeel-agent.exe" ${command}`
      : `sudo evenkeel-agent ${command}`;
  return (
    <Box title={t('backup.noneTitle')}>
      <div class="stack">
        {backupNotNeeded !== null && (
          <Callout tone="ok">
            <a href={to.rule(backupNotNeeded)}>{t('protection.notNeededRule')}</a>
          </Callout>
        )}
        <p>{t('backup.noneLead')}</p>
        <p>{t('backup.noneRun')}</p>
        <div class="row">
          <PasteLine text={line} />
        </div>
        {may('admin') && backupNotNeeded === null && (
          <div>
            <NotNeeded endpoint={row} onDone={onDone} />
          </div>
        )}
      </div>
    </Box>
  );
}

export function Backups({ detail, reload }: { detail: EndpointDetail; reload: () => void }) {
  const section = sectionOf(detail, 'backups');
  const { id } = detail.row;
  const runs = useLoad<Page<BackupRuns>>(
    section?.data.length ? `endpoints/${encodeURIComponent(id)}/backups/runs` : null,
    (change) => change.kind === 'inventory' && change.endpoint === id,
  );
  if (section === null) {
    return (
      <Callout tone="unknown" title={t('backup.unknownTitle')}>
        {reasonOfCheck(detail, /backup/) ?? t('common.notReported')}
      </Callout>
    );
  }
  if (section.data.length === 0) {
    return <NoBackup detail={detail} onDone={reload} />;
  }
  return (
    <>
      <p class="quiet small">
        {t('common.seen')} <Ago at={section.at} />
      </p>
      <div class="columns">
        {section.data.map((job) => (
          <Job
            key={`${job.product}/${job.job}`}
            endpoint={detail.row.id}
            job={job}
            verdict={detail.backups.find((one) => one.job === job.job && one.product === job.product)}
            runs={runs.data?.items.find((one) => one.job === job.job && one.product === job.product)?.runs ?? []}
            onDone={reload}
          />
        ))}
      </div>
      <Tests endpoint={detail.row.id} />
    </>
  );
}
