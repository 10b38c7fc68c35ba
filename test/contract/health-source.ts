/** What every health source does. It is tested by being listed. */
import { existsSync, readFileSync } from 'node:fs';
import { Compile } from 'typebox/compile';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HealthReading, type HealthSource, minute } from '../../agent/checks/health/source.ts';
import { sections } from '../../shared/inventory.ts';
import { reasonsIn } from '../../shared/reason.ts';
import { dictionaries } from '../../shared/words/index.ts';
import { removeTrees } from '../support/tree.ts';
import { checkManners, checkMetrics, checkReasons, checkThrown, onGarbage, onMachine, type Trial } from './machine.ts';

const room = new URL('../../agent/checks/health/', import.meta.url);
const section = Compile(sections.health);
const day = 86_400_000;
const platforms = ['linux', 'darwin', 'win32', 'freebsd'];
/** Where what is garbage elsewhere is an answer. */
const isAnswer: Readonly<Record<string, RegExp>> = {
  // who and quser print nothing when no one is logged in.
  users: /^(nothing|line ends), programs that (end well|fail)/,
  // rc-status --crashed prints nothing when nothing has.
  services: /^(nothing|line ends), programs that end well/,
  // A folder that can be listed and holds no report.
  crashes: /, files$/,
};

function checkReading({ items, metrics }: HealthReading): void {
  assert.ok(section.Check(items), JSON.stringify([...section.Errors(items)].slice(0, 3)));
  checkMetrics(metrics);
  for (const { kind, details, summary } of items) {
    assert.ok(reasonsIn(summary).length > 0, `${kind} says why`);
    checkReasons(reasonsIn(summary));
    for (const [language, words] of dictionaries)
      for (const name of Object.keys(details))
        assert.ok(words.has(`health.detail.${name}`), `${language} has no word for health.detail.${name}`);
  }
}

export function healthSourceContract(source: HealthSource): void {
  const { name } = source;
  const test = suite(`health source ${name}`);

  function checkTrial(trial: Trial<HealthReading>): void {
    checkManners(trial, source.every);
    checkThrown(trial);
    if (trial.value) checkReading(trial.value);
  }

  /** Nothing that was read says that anything is well. */
  function checkUnknown({ value }: Trial<HealthReading>): void {
    for (const item of value?.items ?? [])
      assert.ok(item.status !== 'ok', `"ok" without evidence: ${JSON.stringify(item)}`);
    if (!value?.items.some(({ status }) => status === 'critical' || status === 'warning'))
      assert.equal(value?.metrics ?? [], [], 'metrics without evidence');
  }

  test('is a file of its name, in the README, with an interval, platforms and a line for doctor', () => {
    assert.match(name, /^[a-z][a-z0-9_]{1,31}$/);
    assert.ok(existsSync(new URL(`${name}.ts`, room)), `${name}.ts`);
    assert.match(readFileSync(new URL('README.md', room), 'utf8'), `\`${name}.ts\``);
    assert.ok(source.every >= 5 * minute && source.every <= day, `every ${source.every} ms`);
    assert.ok(source.platforms.length > 0 && source.platforms.every((one) => platforms.includes(one)));
    assert.ok(source.reads.length > 10 && !source.reads.includes('\n'), source.reads);
  });

  for (const platform of source.platforms) {
    test(`${platform}: on a machine without anything it is NoData or unknown, with a reason`, async () => {
      const trial = await onMachine({ platform }, source.read);
      removeTrees();
      checkTrial(trial);
      checkUnknown(trial);
    });

    test(`${platform}: of garbage it makes nothing good, and takes no time`, async () => {
      const faults: string[] = [];
      await onGarbage(platform, source.read, (trial, what) => {
        try {
          checkTrial(trial);
          if (!isAnswer[name]?.test(what)) checkUnknown(trial);
          assert.ok(trial.cpuMs < 3000, `${trial.cpuMs} ms`);
        } catch (thrown) {
          faults.push(`${what}: ${(thrown as Error).message}`);
        }
      });
      assert.is(faults.join('\n'), '');
    });
  }

  test.run();
}
