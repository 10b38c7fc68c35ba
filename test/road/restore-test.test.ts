/**
 * The worst news of a backup, end to end: a verification that fails on a machine, and a restore that a person tries in
 * vain. A real agent, a real collector over MQTT; the alert, the Protection page's data and the endpoint's.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointDetail, EndpointRow, ProtectedJob, Protection, ProtectionRow } from '../../shared/api.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { inLog } from '../support/reasons.ts';

const test = suite('restore tests on the road');
const folder = temporaryFolder();
const data = join(folder.path, 'agent');
let collector: RunningCollector;
let agent: AgentProcess | null = null;
let id = '';

const post = (path: string, body: unknown) =>
  fetch(collector.http + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${collector.token}` },
    body: JSON.stringify(body),
  });

async function runBackup(...words: string[]): Promise<void> {
  await startAgent(['run-backup', '--data', data, '--job', 'nightly', '--product', 'tar', ...words]).finished;
}

async function protectedJob(): Promise<(ProtectedJob & Pick<ProtectionRow, 'level'>) | undefined> {
  const { items } = await collector.get<Protection>('/api/v1/protection?q=nightly');
  const [row] = items;
  return row?.job ? { ...row.job, level: row.level } : undefined;
}

/** Firing ones first. */
async function alertState(): Promise<string> {
  const found: string[] = [];
  for (const state of ['firing', 'resolved']) {
    const { items } = await collector.get<{ items: Alert[] }>(`/api/v1/alerts?state=${state}`);
    for (const { rule, severity } of items) if (rule.id === 'backup-verify-failed') found.push(`${state} ${severity}`);
  }
  return found.join(', ');
}

async function shownJob(): Promise<BackupJob | undefined> {
  const { sections } = await collector.get<EndpointDetail>(`/api/v1/endpoints/${id}`);
  return (sections.find(({ section }) => section === 'backups')?.data as BackupJob[] | undefined)?.[0];
}

test('an agent reports a good backup', async () => {
  collector = await startCollector(join(folder.path, 'collector'));
  const { code } = (await (await post('/api/v1/enrollments', {})).json()) as { code: string };
  assert.is((await startAgent(['enroll', code, '--data', data, '--name', 'db', '--kind', 'server']).finished).code, 0);
  const off = ['patches', 'health', 'health_slow', 'hardware', 'software', 'os_state', 'custom'];
  const checks = { backup: { every_s: 1 }, ...Object.fromEntries(off.map((name) => [name, { enabled: false }])) };
  writeFileSync(join(data, 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1, checks }));
  writeFileSync(join(data, 'checks.yaml'), 'backups: {ignore: [veeam]}\n');
  await runBackup('--', 'true');
  await runBackup('--verify', '--', 'true');
  agent = startAgent(['run', '--data', data]);
  await until(async () => (await protectedJob())?.state === 'ok', 60_000, `a good job: ${agent.output()}`);
  id = (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items[0]?.id ?? '';
  const job = await protectedJob();
  assert.equal([job?.verifiedBy, job?.verifyFailedAt, await alertState()], ['tar', null, '']);
});

test('a verification that fails on the machine is an alert at once, and a good one ends it', async () => {
  const good = (await protectedJob())?.lastVerified;
  await runBackup('--verify', '--', 'sh', '-c', 'echo archive corrupt >&2; exit 2');
  await until(async () => (await protectedJob())?.state === 'failed', 30_000, 'the job to fail');
  await until(async () => (await alertState()) === 'firing critical', 30_000, 'the alert');
  const job = await protectedJob();
  assert.is(job?.lastVerified, good, 'the earlier good date stays');
  assert.equal([job?.verifyFailedBy, job?.level], ['tar', 'critical']);
  assert.match(inLog(job?.verifyNote), 'archive corrupt');
  const shown = await shownJob();
  assert.equal([shown?.result, shown?.verifiedOk, shown?.lastVerified], ['ok', false, good]);
  assert.match(inLog(shown?.verifyNote), 'archive corrupt');
  const row = (await collector.get<EndpointDetail>(`/api/v1/endpoints/${id}`)).row;
  assert.is(row.backup.state, 'failed');

  await runBackup('--verify', '--', 'true');
  await until(async () => (await alertState()) === 'resolved critical', 30_000, 'the end of the alert');
  const mended = await protectedJob();
  assert.equal([mended?.state, mended?.verifyFailedAt], ['ok', null]);
  assert.ok((mended?.lastVerified ?? 0) > (good ?? 0));
});

test('a restore that a person tries in vain is an alert at once, and a good one ends it', async () => {
  const path = `/api/v1/endpoints/${id}/backups/nightly/verified`;
  const good = (await protectedJob())?.lastVerified;
  assert.is((await post(path, { ok: false, note: 'archive corrupt' })).status, 201);
  assert.is(await alertState(), 'firing critical, resolved critical');
  const job = await protectedJob();
  assert.equal(
    [job?.state, job?.lastVerified, job?.verifyNote, job?.verifiedBy],
    ['failed', good, 'archive corrupt', 'tar'],
  );
  assert.ok((job?.verifyFailedBy ?? '') !== '' && job?.verifyFailedBy !== 'tar');
  assert.equal([(await shownJob())?.verifiedOk, (await shownJob())?.verifyNote], [false, 'archive corrupt']);
  await until(
    async () => (await collector.get<EndpointDetail>(`/api/v1/endpoints/${id}`)).row.backup.state === 'failed',
    20_000,
    'the row',
  );

  assert.is((await post(path, { ok: true })).status, 201);
  assert.is(await alertState(), 'resolved critical, resolved critical');
  const mended = await protectedJob();
  assert.equal([mended?.state, mended?.verifyFailedAt], ['ok', null]);
  assert.is(mended?.verifiedBy, job?.verifyFailedBy);
});

test('everything ends', async () => {
  agent?.child.kill('SIGTERM');
  await agent?.finished;
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

test.run();
