import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backupVerdict, limitsOf, rhythmOf } from '../../../collector/fleet/backup-state.ts';
import type { BackupJob } from '../../../shared/inventory.ts';

const test = suite('backup state');
const hour = 3_600_000;
const day = 24 * hour;
const now = 1_800_000_000_000;

const job = (more: Partial<BackupJob>): BackupJob => ({
  product: 'restic',
  job: 'nightly',
  protects: ['/'],
  repository: null,
  schedule: null,
  nextRun: null,
  lastRun: null,
  lastSuccess: now - hour,
  result: 'ok',
  reason: null,
  bytes: null,
  duration: null,
  files: null,
  lastVerified: null,
  verifiedOk: null,
  readable: true,
  evidence: 'test',
  ...more,
});
const stateOf = (more: Partial<BackupJob>, kind: 'server' | 'workstation' = 'server') =>
  backupVerdict([job(more)], kind, now).state;

test('not told is unknown, told empty is none', () => {
  assert.is(backupVerdict(null, 'server', now).state, 'unknown');
  assert.is(backupVerdict([], 'server', now).state, 'none');
});

test('without a rhythm of its own: servers 30 h and 48 h, workstations 3 and 7 days', () => {
  const cases = [
    ['server', 29 * hour, 'ok', false],
    ['server', 31 * hour, 'late', false],
    ['server', 49 * hour, 'late', true],
    ['workstation', 2.9 * day, 'ok', false],
    ['workstation', 3.1 * day, 'late', false],
    ['workstation', 7.1 * day, 'late', true],
  ] as const;
  for (const [kind, age, state, severe] of cases) {
    const [verdict] = backupVerdict([job({ lastSuccess: now - age })], kind, now).jobs;
    assert.equal([verdict?.state, verdict?.severe], [state, severe], `${kind} ${age / hour} h`);
  }
});

test('a job is judged against its own rhythm', () => {
  assert.is(rhythmOf('6h'), 6 * hour);
  assert.is(rhythmOf('Weekly'), 7 * day);
  for (const words of [null, '', '0 3 * * *', 'whenever', '0h']) assert.is(rhythmOf(words), null);
  assert.equal(limitsOf('daily', 'server'), limitsOf(null, 'server'));
  assert.is(stateOf({ schedule: 'weekly', lastSuccess: now - 5 * day }), 'ok');
  assert.is(stateOf({ schedule: 'hourly', lastSuccess: now - 5 * hour }), 'late');
  // A laptop with an hourly job that was in a bag since yesterday.
  assert.is(stateOf({ schedule: 'hourly', lastSuccess: now - 20 * hour }, 'workstation'), 'ok');
});

test('failed beats age; running and partial do not hide lateness', () => {
  assert.is(stateOf({ result: 'failed' }), 'failed');
  assert.is(stateOf({ result: 'warning' }), 'warning');
  assert.is(stateOf({ result: 'running' }), 'running');
  assert.is(stateOf({ result: 'running', lastSuccess: now - 40 * hour }), 'late');
  assert.is(stateOf({ result: 'never', lastSuccess: null }), 'never');
});

test('what cannot be known is unknown, never good', () => {
  assert.is(stateOf({ result: 'unknown' }), 'unknown');
  assert.is(stateOf({ readable: false }), 'unknown');
  assert.is(stateOf({ lastSuccess: null }), 'unknown');
  // A clock that was wrong: a backup of tomorrow.
  assert.is(stateOf({ lastSuccess: now + day }), 'unknown');
  assert.is(stateOf({ result: 'unknown', lastSuccess: now - 40 * hour }), 'late');
});

test('the worst of several, and the oldest age', () => {
  const verdict = backupVerdict(
    [job({}), job({ job: 'b', result: 'warning' }), job({ job: 'c', lastSuccess: now - 31 * hour })],
    'server',
    now,
  );
  assert.equal([verdict.state, verdict.ageSeconds], ['late', (31 * hour) / 1000]);
});

test.run();
