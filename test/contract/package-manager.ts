/** What every package manager does. It is tested by being listed. */
import { existsSync, readFileSync } from 'node:fs';
import { Compile } from 'typebox/compile';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PatchManager } from '../../agent/checks/patches/manager.ts';
import { metricOf } from '../../agent/checks/patches.ts';
import { PatchState } from '../../shared/inventory.ts';
import { reasonsIn } from '../../shared/reason.ts';
import { removeTrees } from '../support/tree.ts';
import { checkManners, checkMetrics, checkReasons, checkThrown, onGarbage, onMachine, type Trial } from './machine.ts';

const room = new URL('../../agent/checks/patches/', import.meta.url);
const shape = Compile(PatchState);
const hour = 3_600_000;
/** Where what is garbage elsewhere is an answer. */
const isAnswer: Readonly<Record<string, RegExp>> = {
  // It prints nothing when nothing waits, and its own index of the remote is fresh.
  flatpak: /^(nothing|line ends), programs that end well, files$/,
};

export function packageManagerContract(manager: PatchManager): void {
  const { name } = manager;
  const test = suite(`package manager ${name}`);

  function checkTrial(trial: Trial<PatchState>): void {
    // Twenty minutes is the limit of the process of the heavy checks.
    checkManners(trial, hour / 3);
    checkThrown(trial);
    const { value: state } = trial;
    if (!state) return;
    assert.ok(shape.Check(state), JSON.stringify([...shape.Errors(state)].slice(0, 3)));
    assert.is(state.manager, name);
    checkReasons(reasonsIn(state.reason));
    checkMetrics(metricOf(state, Date.now()));
    if (state.scan !== 'ok') assert.ok(reasonsIn(state.reason).length > 0, 'a scan that is not ok says why');
  }

  /** Zero pending is something that a tool has said; of nothing and of garbage it does not follow. */
  function checkUnknown({ value: state }: Trial<PatchState>): void {
    if (!state) return;
    assert.is.not(state.scan, 'ok', JSON.stringify(state));
    assert.is.not(state.pending, 0);
    assert.is.not(state.pendingSecurity, 0);
    for (const { fields } of metricOf(state, Date.now()))
      assert.ok(fields.pending !== 0 && fields.pending_security !== 0 && fields.scan_ok !== 1, JSON.stringify(fields));
  }

  test('is a file of its name, in the README, with platforms and a line for doctor', () => {
    assert.match(name, /^[a-z][a-z0-9-]{1,31}$/);
    assert.ok(existsSync(new URL(`${name}.ts`, room)), `${name}.ts`);
    assert.match(readFileSync(new URL('README.md', room), 'utf8'), `\`${name}.ts\``);
    assert.ok(manager.platforms.length > 0);
    assert.ok(manager.reads.length > 10 && !manager.reads.includes('\n'), manager.reads);
  });

  for (const platform of manager.platforms) {
    test(`${platform}: on a machine without it, it is NoData or unknown, with a reason`, async () => {
      const trial = await onMachine({ platform }, manager.read);
      removeTrees();
      checkTrial(trial);
      checkUnknown(trial);
      assert.ok(trial.thrown === null ? trial.value?.scan === 'unknown' : (trial.thrown as Error).name === 'NoData');
    });

    test(`${platform}: of garbage it makes no "up to date", and takes no time`, async () => {
      const faults: string[] = [];
      await onGarbage(platform, manager.read, (trial, what) => {
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
