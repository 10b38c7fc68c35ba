/** Restore tests of people and verifications of tools as one: the newest of all decides. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createKnowledge } from '../../../collector/fleet/knowledge.ts';
import { protectionOf } from '../../../collector/fleet/protection.ts';
import {
  type RestoreTest,
  recordRestoreTest,
  verificationsOf,
  withTests,
} from '../../../collector/fleet/restore-tests.ts';
import { openState } from '../../../collector/state/open.ts';
import type { BackupJob } from '../../../shared/inventory.ts';
import { freshPlace } from '../../support/state.ts';
import { hour, openScene } from '../alerts/scene.ts';

const test = suite('restore tests');
const day = 24 * hour;
const now = Date.parse('2026-11-24T12:00:00Z');

const job = (more: Partial<BackupJob> = {}): BackupJob => ({
  ...{ product: 'restic', job: 'nightly', protects: ['/srv'], repository: null, schedule: 'daily', nextRun: null },
  ...{ lastRun: now - hour, lastSuccess: now - hour, result: 'ok', reason: null, bytes: 1, duration: 1, files: 1 },
  ...{ lastVerified: null, verifiedOk: null, readable: true, evidence: 'dropfile' },
  ...more,
});
const tried = (at: number, ok: boolean, note = ''): RestoreTest => ({
  job: 'nightly',
  at,
  ok,
  note,
  by: 'mika',
  recordedAt: at,
});
const told = ({ lastVerified, verifiedOk, verifyFailedAt, verifyNote }: BackupJob) => [
  ...[lastVerified, verifiedOk, verifyFailedAt ?? null, verifyNote ?? null],
];

test('last good, last failed, and how the newest ended, whoever tried', () => {
  const good = { lastVerified: 5, verifiedOk: true };
  const failed = { lastVerified: 5, verifiedOk: false, verifyFailedAt: 8, verifyNote: 'damaged' };
  const cases: [string, BackupJob, RestoreTest[], unknown[]][] = [
    ['nobody', job(), [], [null, null, null, null]],
    ['the tool', job(good), [], [5, true, null, null]],
    [
      'the tool, then a person in vain',
      job(good),
      [tried(7, false, 'archive corrupt')],
      [5, false, 7, 'archive corrupt'],
    ],
    ['a person in vain, then the tool', job(good), [tried(3, false, 'x')], [5, true, 3, 'x']],
    ['a person in vain, then a person', job(), [tried(7, false, 'x'), tried(9, true)], [9, true, 7, 'x']],
    ['written down late', job(), [tried(9, true), tried(7, false, 'x')], [9, true, 7, 'x']],
    ['the tool in vain', job(failed), [], [5, false, 8, 'damaged']],
    ['the tool in vain, then a person', job(failed), [tried(9, true)], [9, true, 8, 'damaged']],
    ['at the same moment the worse one', job(), [tried(7, true), tried(7, false, 'x')], [7, false, 7, 'x']],
    ['an older agent names one time', job({ lastVerified: 5, verifiedOk: false }), [], [null, false, 5, null]],
    ['a failure without a time', job({ verifiedOk: false }), [], [null, false, null, null]],
    ['a failure without a time, then a person', job({ verifiedOk: false }), [tried(9, true)], [9, true, null, null]],
  ];
  for (const [name, one, tests, expected] of cases) {
    const once = withTests(one, tests);
    assert.equal(told(once), expected, name);
    assert.equal(told(withTests(once, tests)), expected, `${name}, twice`);
  }
});

test('a failed restore test makes a good job fail, on the page and in the row; the earlier good date stays', async () => {
  const state = await openState(freshPlace());
  const jobs = [job({ lastVerified: now - 9 * day, verifiedOk: true })];
  await state
    .insertInto('inventory')
    .values({ endpoint: 'e', section: 'backups', at: now, received_at: now, data: JSON.stringify(jobs) })
    .execute();
  const knowledge = createKnowledge(state);
  const factsOf = async () => {
    await knowledge.read('e');
    return knowledge.of;
  };
  const protection = async () => {
    const fleet = { all: () => [{ id: 'e', name: 'e', kind: 'server', site: null }] } as never;
    return (
      await protectionOf(
        { ...{ state, fleet, now, factsOf: await factsOf() }, heldOf: () => [] },
        { limit: 1, page: 0 },
      )
    ).items[0]?.job;
  };
  const before = await protection();
  assert.equal([before?.state, before?.verifyFailedAt], ['ok', null]);
  await recordRestoreTest(state, 'e', tried(now - hour, false, 'archive corrupt'));
  const failed = await protection();
  assert.equal([failed?.state, failed?.lastVerified, failed?.verifiedBy], ['failed', now - 9 * day, 'restic']);
  assert.equal(
    [failed?.verifyFailedAt, failed?.verifyFailedBy, failed?.verifyNote],
    [now - hour, 'mika', 'archive corrupt'],
  );
  assert.equal((await verificationsOf(state, 'e', jobs, now))[0]?.fields, {
    verify_result: 1,
    verified_age_s: (9 * day) / 1000,
  });
  assert.is(knowledge.of('e').backups?.[0]?.verifiedOk, false);
  await recordRestoreTest(state, 'e', tried(now, true));
  const mended = await protection();
  assert.is(knowledge.of('e').backups?.[0]?.verifiedOk, true);
  assert.equal([mended?.state, mended?.verifyFailedAt, mended?.verifiedBy], ['ok', null, 'mika']);
  await state.destroy();
});

test('a failed restore test is critical until a good one; the age of the last good one has a rule of its own', async () => {
  const s = await openScene({ endpoints: { db: 'server' } });
  await s.presence('db', 'online');
  const tags = { job: 'nightly', product: 'restic' };
  const found = async () => (await s.alertRows()).map((row) => `${row.rule} ${row.state} ${row.severity}`).sort();
  await s.say('db', ['backup', { verified_age_s: 89 * 86_400 }, tags]);
  assert.equal(await found(), []);
  await s.say('db', ['backup', { verify_result: 1, verified_age_s: 91 * 86_400 }, tags]);
  assert.equal(await found(), ['backup-verified-old firing warning', 'backup-verify-failed firing critical']);
  await s.wait(1000);
  await s.say('db', ['backup', { verify_result: 0, verified_age_s: 60 }, tags]);
  assert.equal(await found(), ['backup-verified-old resolved warning', 'backup-verify-failed resolved critical']);
  await s.close();
});

test.run();
