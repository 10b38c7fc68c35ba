/** What every check does. It is tested by being listed, each run on a check made anew. */
import { existsSync } from 'node:fs';
import { Compile } from 'typebox/compile';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Check, CheckContext, Findings } from '../../agent/checks/check.ts';
import { run } from '../../agent/run.ts';
import { type SectionName, sections } from '../../shared/inventory.ts';
import type { Reason } from '../../shared/reason.ts';
import { removeTrees } from '../support/tree.ts';
import { checkMetrics, checkReasons, checkThrown, garbage, onMachine, type Trial } from './machine.ts';

const room = new URL('../../agent/checks/', import.meta.url);
const day = 86_400_000;
/** What needs a reading before it has nothing to tell at the first. */
const byDifference: ReadonlySet<string> = new Set(['cpu']);
/** The file of a check that is one of several in it. */
const files: Readonly<Record<string, string>> = { os_state: 'os-state', health_slow: 'health' };

/** All reasons within a section, wherever they stand. */
function reasonsWithin(value: unknown): Reason[] {
  if (typeof value !== 'object' || value === null) return [];
  const { code } = value as { code?: unknown };
  if (typeof code === 'string') return [value as Reason];
  return Object.values(value).flatMap(reasonsWithin);
}

function checkFindings({ metrics = [], sections: told = {}, note = [] }: Findings): void {
  checkMetrics(metrics);
  checkReasons(note);
  for (const [name, section] of Object.entries(told)) {
    const shape = Compile(sections[name as SectionName]);
    assert.ok(shape.Check(section), `${name}: ${JSON.stringify([...shape.Errors(section)].slice(0, 3))}`);
    checkReasons(reasonsWithin(section));
  }
}

/** @param make the check, made anew: one with state of its own must not share it between two agents */
export function checkContract(name: string, make: () => Check): void {
  const test = suite(`check ${name}`);
  const read = (context: CheckContext) => make().run(context);

  function checkTrial(trial: Trial<Findings>): void {
    assert.equal(trial.written, [], 'a check only reads');
    checkThrown(trial);
    if (!trial.value) return;
    checkFindings(trial.value);
    const { metrics = [], sections: told = {} } = trial.value;
    const isSomething = metrics.length > 0 || Object.keys(told).length > 0;
    assert.ok(isSomething || byDifference.has(name), 'findings without anything are NoData');
  }

  test('has a name, its file, an interval and a line for doctor', () => {
    const check = make();
    assert.match(name, /^[a-z][a-z_]{1,31}$/);
    assert.ok(existsSync(new URL(`${files[name] ?? name}.ts`, room)), `${files[name] ?? name}.ts`);
    assert.ok(check.every >= 5000 && check.every <= day, `every ${check.every} ms`);
    assert.ok(!check.heavy || check.every >= 3_600_000, 'a process of its own is not started more often than hourly');
    assert.ok(check.reads.length > 10 && !check.reads.includes('\n'), check.reads);
  });

  test('on this machine: twice in a row its findings are of the catalogue and of the schema', async () => {
    const check = make();
    // Heavy ones take seconds, and their sources have suites of their own.
    if (check.heavy) return;
    for (let turn = 0; turn < 2; turn++) {
      const trial = await onMachine({ platform: process.platform, root: '' }, (context) =>
        check.run({ ...context, run }),
      );
      checkTrial(trial);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  for (const platform of ['linux', 'darwin', 'win32', 'freebsd'] as const)
    test(`${platform}: without anything, and of garbage, an answer in the catalogue or a reason, and no "ok"`, async () => {
      const faults: string[] = [];
      const texts: [string, string | null][] = [['nothing there', null]];
      if (platform !== 'freebsd') texts.push(...Object.entries(garbage));
      for (const [what, stdout] of texts) {
        const trial = await onMachine({ platform, answer: stdout === null ? null : { stdout } }, read);
        try {
          checkTrial(trial);
          // Of health its own sources answer: for some of them an empty answer is one.
          const { backups, patches } = trial.value?.sections ?? {};
          assert.not.match(JSON.stringify([backups, patches]), /"(result|scan)":"ok"/);
          assert.ok(trial.cpuMs < 5000, `${trial.cpuMs} ms`);
        } catch (thrown) {
          faults.push(`${what}: ${(thrown as Error).message}`);
        }
      }
      removeTrees();
      assert.is(faults.join('\n'), '');
    });

  test.run();
}
