/** The agent's own folder is deleted while it runs: it goes on reporting, says so, makes nothing anew, and ends when asked. */
import { existsSync, rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Report } from '../../shared/report.ts';
import { enrolledFolder, startAgent } from '../support/agent.ts';
import { startBroker } from '../support/broker.ts';
import { until } from '../support/processes.ts';

const test = suite('folder of the agent gone');

test('deleted: said here and to the collector, reports go on, nothing is made anew, stops when asked', async () => {
  const broker = await startBroker();
  const folder = enrolledFolder(broker.port);
  const agent = startAgent(['run', '--data', folder.path]);
  const reports = () => broker.kept.filter((kept): kept is typeof kept & Report => 'metrics' in kept);
  try {
    await until(() => reports().length > 1, 30_000, 'the first reports');
    rmSync(folder.path, { recursive: true });
    const before = reports().length;
    const failed = () =>
      reports()
        .flatMap(({ metrics }) => metrics)
        .some(({ name, tags, fields }) => name === 'check' && tags.check === 'agent' && fields.ok === 0);
    await until(failed, 100_000, 'the check of the agent itself to fail');
    assert.match(agent.output(), /no longer the one that was opened: it was deleted, moved or unmounted/);
    assert.match(agent.output(), /enrol this machine again/);
    assert.ok(reports().length > before + 2, 'reports go on');
    const asked = performance.now();
    agent.child.kill('SIGTERM');
    const { code } = await agent.finished;
    assert.is(code, 0);
    assert.ok(performance.now() - asked < 8000, `stopped after ${Math.round(performance.now() - asked)} ms`);
    assert.not(existsSync(folder.path), 'nothing was made anew');
    assert.ok(
      agent
        .output()
        .split('\n')
        .filter((line) => /memory of the agent could not/.test(line)).length <= 2,
    );
  } finally {
    agent.child.kill('SIGKILL');
    await broker.down();
    folder.remove();
  }
});

test.run();
