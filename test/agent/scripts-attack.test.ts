/**
 * A running agent, and a broker in an attacker's hands that publishes what a collector could: orders of any form, thousands of
 * them, retained ones, with whatever else a message `config` may hold. What ran has left a mark.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ScriptOffers, ScriptRun } from '../../shared/inventory.ts';
import { topicOf } from '../../shared/topics.ts';
import { readHouse } from '../house/tree.ts';
import { credentialFor, enrolledFolder, startAgent } from '../support/agent.ts';
import { startBroker, type TestBroker, until } from '../support/broker.ts';

const test = suite('a collector in the hands of an attacker');
const linux = process.platform === 'linux';
const sectionsOf = (broker: TestBroker, section: string) =>
  broker.kept.flatMap((one) => ('section' in one && one.section === section ? [one.data] : []));

test('no message makes it run anything but what stands in its list, once', async () => {
  if (!linux) return console.log('SKIP scripts under attack: they run on Linux only');
  const broker = await startBroker();
  const folder = enrolledFolder(broker.port);
  const marks = join(folder.path, 'marks');
  const file = join(folder.path, 'mark');
  writeFileSync(file, `#!/bin/sh\necho "$@" >> ${marks}\n`, { mode: 0o755 });
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  writeFileSync(
    join(folder.path, 'scripts.yaml'),
    `enabled: true\nscripts: [{ name: mark, title: Mark, run: ${file}, sha256: ${sha256}, parameters: [{ name: queue, values: [hp-1] }] }]\n`,
    { mode: 0o644 },
  );
  const agent = startAgent(['run', '--data', folder.path], undefined, { EVENKEEL_LEAN: '2' });
  const config = topicOf(credentialFor('mqtt://127.0.0.1:1'), 'config');
  const send = (value: unknown) =>
    broker.publish(config, typeof value === 'string' ? value : JSON.stringify(value), true);
  const last = <T>(section: string) => sectionsOf(broker, section).at(-1) as T | undefined;
  const runs = () => last<ScriptRun[]>('script_runs') ?? [];
  const ran = () => (existsSync(marks) ? readFileSync(marks, 'utf8').trim().split('\n') : []);
  try {
    const offers = await until('the offer', () => last<ScriptOffers>('scripts'), 30_000);
    assert.equal(
      offers.list.map(({ name, problem }) => [name, problem]),
      [['mark', null]],
    );
    let n = 0;
    const order = (change: object = {}) => ({
      ...{ id: (++n).toString(16).padStart(32, '0'), token: offers.token, name: 'mark', sha256 },
      ...{ choices: { queue: 'hp-1' }, persons: ['nobody'], expires: Date.now() + 600_000, ...change },
    });
    const evil = '/bin/sh';
    // Of another form: the whole message is refused.
    for (const wrong of [
      { v: 1, scripts: [{ ...order(), run: evil }] },
      { v: 1, scripts: [{ ...order(), command: [evil, '-c', 'id'] }] },
      { v: 1, scripts: [{ ...order(), env: { LD_PRELOAD: '/tmp/x.so' } }] },
      { v: 1, scripts: [order({ name: '../../bin/sh' })] },
      { v: 1, scripts: [order({ choices: ['hp-1'] })] },
      { v: 1, scripts: [order({ choices: { queue: ['hp-1', '--force'] } })] },
      { v: 1, scripts: Array.from({ length: 5 }, () => order()) },
      { v: 1, scripts: order() },
      { v: 1, enabled: true, scripts_file: '/tmp/scripts.yaml', scripts: [order()] },
      '{"v":1,"scripts":[{"__proto__":{"name":"mark"}}]}',
      'scripts',
    ])
      await send(wrong);
    // Of the right form: judged, and refused by a reason.
    const judged = [
      [order({ name: 'other' }), 'script_unlisted'],
      [order({ sha256: 'f'.repeat(64) }), 'script_other'],
      [order({ choices: { queue: 'hp-1; touch /tmp/x' } }), 'script_value_refused'],
      [order({ choices: { queue: 'hp-1', more: '-c' } }), 'script_parameter_unknown'],
      [order({ token: '0'.repeat(32) }), 'order_stale'],
      [order({ expires: Date.now() - 1 }), 'order_expired'],
      [order({ expires: Date.now() + 86_400_000 }), 'order_too_far'],
    ] as const;
    for (const [one, code] of judged) {
      await send({ v: 1, scripts: [one] });
      const answer = await until(code, () => runs().find(({ id }) => id === one.id), 20_000);
      assert.equal([answer.state, (answer.reason as { code: string }[])[0]?.code], ['refused', code]);
    }
    assert.equal(ran(), []);

    // What the list allows, it may order; again and again it does not.
    const good = order();
    for (let times = 0; times < 20; times++) await send({ v: 1, scripts: [good] });
    await until('its end', () => runs().find(({ id, state }) => id === good.id && state === 'done'), 20_000);
    assert.equal(ran(), ['hp-1']);
    await send({ v: 1, scripts: [good, order()] });
    await until('the pause', () => JSON.stringify(runs()).includes('order_pause'), 20_000);
    // A flood: answers stop long before the spool is full.
    for (let times = 0; times < 200; times++)
      await send({
        v: 1,
        scripts: [order({ name: 'x' }), order({ name: 'x' }), order({ name: 'x' }), order({ name: 'x' })],
      });
    await send({ v: 1, interval_s: 11 });
    await until('the last message', () => agent.output().includes('"interval_s":11'), 30_000);
    assert.match(agent.output(), /there are too many in an hour/);
    assert.ok(sectionsOf(broker, 'script_runs').length < 150, `${sectionsOf(broker, 'script_runs').length} answers`);

    // The one that is retained waits for the next start: it is of before.
    const waiting = order();
    await send({ v: 1, scripts: [waiting] });
    agent.child.kill('SIGKILL');
    await agent.finished;
    const before = sectionsOf(broker, 'scripts').length;
    const again = startAgent(['run', '--data', folder.path], undefined, { EVENKEEL_LEAN: '2' });
    await until('the offer of the next start', () => sectionsOf(broker, 'scripts').length > before, 30_000);
    assert.is.not(last<ScriptOffers>('scripts')?.token, offers.token);
    // What the first start had not been acknowledged comes again behind it: each answer has its time.
    const answers = () => sectionsOf(broker, 'script_runs').flat() as ScriptRun[];
    const answer = await until('it to be refused', () => answers().find(({ id }) => id === waiting.id), 20_000);
    assert.equal(answer.reason, [{ code: 'order_stale' }]);
    assert.equal(ran(), ['hp-1']);
    again.child.kill('SIGTERM');
    await again.finished;
  } finally {
    agent.child.kill('SIGKILL');
    await broker.down();
    folder.remove();
  }
});

test('without a list and an order nothing of it is loaded: only scripts.ts is imported by its name', () => {
  const { sources } = readHouse();
  const imports = [...sources.values()]
    .filter(({ path }) => path.startsWith('agent/'))
    .flatMap(({ path, imports: all }) =>
      all.flatMap(({ to, kind }) => (kind === 'value' ? [[path, to] as const] : [])),
    );
  const here = (path: string) => path.startsWith('agent/scripts/') || path === 'agent/commands/scripts.ts';
  const inward = imports.filter(([path, to]) => to.startsWith('agent/scripts/') && !here(path));
  assert.equal(inward, [['agent/agent.ts', 'agent/scripts/scripts.ts']]);
  const loaded = readFileSync(new URL('../../agent/scripts/scripts.ts', import.meta.url), 'utf8').match(
    /^import (?!type )[^;]+from '(\.\/[^']+)'/gm,
  );
  assert.is(loaded, null, 'the rest comes by import() alone');
});

test('a machine without a list runs nothing, and says so', async () => {
  const broker = await startBroker();
  const folder = enrolledFolder(broker.port);
  const agent = startAgent(['run', '--data', folder.path], undefined, { EVENKEEL_LEAN: '2' });
  try {
    await until('the first report', () => broker.kept.some(({ leaf }) => leaf === 'report'), 30_000);
    assert.equal(sectionsOf(broker, 'scripts'), []);
    const order = {
      id: 'a'.repeat(32),
      token: 'b'.repeat(32),
      name: 'mark',
      sha256: 'c'.repeat(64),
      choices: {},
      persons: ['x'],
      expires: Date.now() + 60_000,
    };
    await broker.publish(
      topicOf(credentialFor('mqtt://127.0.0.1:1'), 'config'),
      JSON.stringify({ v: 1, scripts: [order] }),
      true,
    );
    const [run] = (await until('the answer', () => sectionsOf(broker, 'script_runs').at(-1), 20_000)) as ScriptRun[];
    assert.equal(
      [run?.state, run?.reason],
      [
        'refused',
        [linux ? { code: 'no_scripts_file' } : { code: 'scripts_not_on_system', params: { system: process.platform } }],
      ],
    );
  } finally {
    agent.child.kill('SIGTERM');
    await agent.finished;
    await broker.down();
    folder.remove();
  }
});

test.run();
