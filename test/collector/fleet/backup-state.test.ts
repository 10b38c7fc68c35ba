import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeldAlert } from '../../../collector/alerts/alerts.ts';
import { createRuleBooks } from '../../../collector/evaluate/book.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { createMemory, evaluate } from '../../../collector/evaluate/evaluate.ts';
import { rhythmOf, withBackupAges, withDerivedAges } from '../../../collector/fleet/backup-age.ts';
import { backupVerdict } from '../../../collector/fleet/backup-state.ts';
import type { BackupJob } from '../../../shared/inventory.ts';
import type { Metric, Report } from '../../../shared/report.ts';

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
type Kind = 'server' | 'workstation';
const books = createRuleBooks(defaultRules);
const checked: Metric = { name: 'check', tags: { check: 'backup' }, fields: { ok: 1 }, timestamp: now };
const reportOf = (...metrics: Metric[]): Report => ({ v: 1, epoch: '', seq: 0, at: now, metrics });

/** What the default rules say of these jobs, worst first: as the engine would hold it once `for` has passed. */
function heldOf(jobs: readonly BackupJob[], kind: Kind, report = reportOf(checked)): HeldAlert[] {
  const book = books.for({ id: 'e', kind, site: null, tags: [] });
  const verdicts = evaluate(book, withBackupAges(report, jobs, now), createMemory(), new Set(), now);
  return verdicts.flatMap(({ family, metric, tags, levels }): HeldAlert[] => {
    const rule = levels.find(({ status }) => status === 'breach')?.rule;
    if (!rule) return [];
    return [
      {
        id: '1',
        family,
        rule: { id: rule.id },
        severity: rule.severity,
        state: 'firing',
        metric,
        tags,
        value: 1,
        since: now,
        isAcknowledged: false,
        isSuppressed: false,
      },
    ];
  });
}

const verdictOf = (jobs: BackupJob[] | null, kind: Kind = 'server') =>
  backupVerdict(jobs, jobs ? heldOf(jobs, kind) : [], now);
const stateOf = (more: Partial<BackupJob>, kind: Kind = 'server') => verdictOf([job(more)], kind).state;

test('not reported is unknown, reported empty is none', () => {
  assert.is(verdictOf(null).state, 'unknown');
  assert.is(verdictOf([]).state, 'none');
});

test('without a rhythm of its own: servers 30 h and 48 h, workstations 3 and 7 days', () => {
  const cases = [
    ['server', 29 * hour, 'ok', null],
    ['server', 31 * hour, 'late', 'warning'],
    ['server', 49 * hour, 'late', 'critical'],
    ['workstation', 2.9 * day, 'ok', null],
    ['workstation', 3.1 * day, 'late', 'warning'],
    ['workstation', 7.1 * day, 'late', 'critical'],
  ] as const;
  for (const [kind, age, state, severity] of cases) {
    const [verdict] = verdictOf([job({ lastSuccess: now - age })], kind).jobs;
    assert.equal([verdict?.state, verdict?.level], [state, severity], `${kind} ${age / hour} h`);
  }
});

test('a job is judged against its own rhythm', () => {
  assert.is(rhythmOf('6h'), 6 * hour);
  assert.is(rhythmOf('Weekly'), 7 * day);
  for (const words of [null, '', '0 3 * * *', 'whenever', '0h']) assert.is(rhythmOf(words), day);
  assert.is(stateOf({ schedule: 'weekly', lastSuccess: now - 5 * day }), 'ok');
  assert.is(stateOf({ schedule: 'weekly', lastSuccess: now - 40 * hour }), 'ok');
  assert.is(stateOf({ schedule: 'weekly', lastSuccess: now - 9 * day }), 'late');
  assert.is(stateOf({ schedule: 'hourly', lastSuccess: now - 5 * hour }), 'late');
  assert.is(stateOf({ schedule: 'hourly', lastSuccess: now - 1.5 * hour }), 'ok', 'an hour over is no lateness');
  // A laptop with an hourly job that was in a bag since yesterday.
  assert.is(stateOf({ schedule: 'hourly', lastSuccess: now - 20 * hour }, 'workstation'), 'ok');
});

test('a tool that tells nothing any more does not stop the age of what it told', () => {
  const jobs = [job({ lastSuccess: now - 40 * hour, result: 'unknown' })];
  const told: Metric = {
    name: 'backup',
    tags: { job: 'nightly', product: 'restic' },
    fields: { result: 5 },
    timestamp: now,
  };
  const families = (report: Report) => heldOf(jobs, 'server', report).map(({ family }) => family);
  assert.equal(families(reportOf(told)).sort(), ['backup-late-server', 'backup-unknown']);
  assert.equal(families(reportOf(checked)), ['backup-late-server'], 'not even that it cannot tell');
  assert.equal(families(reportOf()), [], 'made when the agent has looked, not with every report');
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
  const verdict = verdictOf([
    job({}),
    job({ job: 'b', result: 'warning' }),
    job({ job: 'c', lastSuccess: now - 31 * hour }),
  ]);
  assert.equal([verdict.state, verdict.ageSeconds], ['late', (31 * hour) / 1000]);
});

test('a chart of what is judged is made of the age that is stored, by the schedule of each job', async () => {
  const line = (metric: string, name: string, points: [number, number | null][]) => ({
    ...{ metric, tags: { job: name, product: 'restic' }, agg: 'mean' as const, points },
  });
  const size = line('backup.bytes', 'nightly', [[0, 5]]);
  const stored = [
    line('backup.age_s', 'nightly', [
      [0, 86_400],
      [1, null],
      [2, 129_600],
    ]),
    line('backup.age_s', 'each', [[0, 7200]]),
    size,
  ];
  const span = { from: 0, to: 3, step: 1, resolution: 'raw' as const };
  const asked: string[][] = [];
  const { query } = withDerivedAges(
    {
      async query({ metrics }) {
        asked.push([...metrics]);
        return { ...span, series: stored.filter(({ metric }) => metrics.includes(metric)) };
      },
    },
    () => ({ backups: [job({}), job({ job: 'each', schedule: '1h' })] }),
  );
  const seen = async (...metrics: string[]) => (await query({ endpoint: 'e', metrics, from: 0, to: 3 })).series;
  assert.equal(await seen('backup.age_percent', 'backup.overdue_s', 'backup.bytes'), [
    line('backup.age_percent', 'nightly', [
      [0, 100],
      [1, null],
      [2, 150],
    ]),
    line('backup.overdue_s', 'nightly', [
      [0, 0],
      [1, null],
      [2, 43_200],
    ]),
    line('backup.age_percent', 'each', [[0, 200]]),
    line('backup.overdue_s', 'each', [[0, 3600]]),
    size,
  ]);
  assert.equal(await seen('backup.bytes'), [size]);
  assert.equal(asked, [['backup.bytes', 'backup.age_s'], ['backup.bytes']]);
});

test.run();
