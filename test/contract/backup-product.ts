/** What every backup product does. It is tested by being listed. */
import { Compile } from 'typebox/compile';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FinishedRun, Product } from '../../agent/checks/backup/product.ts';
import { metricOf } from '../../agent/checks/backup.ts';
import { type BackupJob, sections } from '../../shared/inventory.ts';
import { reasonsIn } from '../../shared/reason.ts';
import { removeTrees } from '../support/tree.ts';
import { checkManners, checkMetrics, checkReasons, checkThrown, garbage, onGarbage, onMachine } from './machine.ts';

const shape = Compile(sections.backups);
const hour = 3_600_000;

/** Every job is of the section's shape, says why it is not good, and of garbage none is good or has a time of success. */
function checkJobs(all: readonly BackupJob[]): void {
  // The check cuts the list of all products.
  const jobs = all.slice(0, 500);
  assert.ok(shape.Check(jobs), JSON.stringify([...shape.Errors(jobs)].slice(0, 3)));
  for (const job of jobs) {
    checkReasons([...reasonsIn(job.reason), ...reasonsIn(job.verifyNote)]);
    checkMetrics([metricOf(job, Date.now())]);
    assert.ok(job.result !== 'ok' && job.result !== 'warning', `good without evidence: ${JSON.stringify(job)}`);
    assert.is(job.lastSuccess, null, JSON.stringify(job));
  }
}

export function backupProductContract(product: Product): void {
  const { name, discover, report, outcome, query } = product;
  const test = suite(`backup product ${name}`);

  test('has a name, an interval, a line for doctor, and at least one way to tell something', () => {
    assert.match(name, /^[a-z][a-z0-9 -]{1,63}$/);
    assert.ok(product.every >= 0 && product.every <= 24 * hour, `every ${product.every} ms`);
    assert.ok(product.reads.length > 10 && !product.reads.includes('\n'), product.reads);
    assert.ok(discover ?? query ?? report ?? outcome);
    assert.is(outcome !== undefined && product.programs.length === 0, false, 'run-backup knows it by its programs');
  });

  if (discover)
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      test(`${platform}: without it NoData with a reason, of garbage no good backup`, async () => {
        const nothing = await onMachine({ platform }, (context) => discover(context, {}));
        removeTrees();
        checkThrown(nothing);
        assert.equal(nothing.value ?? [], []);
        const faults: string[] = [];
        await onGarbage(
          platform,
          (context) => discover(context, {}),
          (trial, what) => {
            try {
              checkManners(trial, hour / 3);
              checkThrown(trial);
              checkJobs(trial.value ?? []);
              assert.ok(trial.cpuMs < 3000, `${trial.cpuMs} ms`);
            } catch (thrown) {
              faults.push(`${what}: ${(thrown as Error).message}`);
            }
          },
        );
        assert.is(faults.join('\n'), '');
      });

  if (report)
    test('a report file of garbage holds no good backup', () => {
      for (const text of Object.values(garbage)) checkJobs(report(text));
    });

  if (outcome)
    test('a run that failed or was ended is failed, whatever it printed, and says why', () => {
      for (const text of Object.values(garbage))
        for (const end of [
          { code: 77, signal: null },
          { code: null, signal: 'SIGKILL' },
        ]) {
          const run: FinishedRun = { ...end, stdout: text, stderr: text };
          const told = outcome(run);
          assert.is(told.result, 'failed', JSON.stringify(end));
          assert.ok(told.reasons.length > 0);
          checkReasons(told.reasons);
          for (const value of [told.bytes, told.files]) assert.ok(value === null || Number.isFinite(value));
        }
    });

  test.run();
}
