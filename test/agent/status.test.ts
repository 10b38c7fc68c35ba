/** `status`: what it says is wrong, and that of a real agent. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MachineStatus, statusOf } from '../../agent/commands/status.ts';
import { writeCredential } from '../../agent/credential.ts';
import { credentialFor, startAgent, temporaryFolder } from '../support/agent.ts';
import { until } from '../support/processes.ts';

const test = suite('status');
const now = Date.UTC(2026, 10, 1);
const credential = credentialFor('mqtts://keel.example.net:8883');
const link = {
  state: 'connected',
  since: now - 60_000,
  trouble: null,
  way: 'mqtt',
  lastAck: now - 5000,
  ownAck: null,
  sharedSince: null,
} as const;
const spool = { entries: 2, bytes: 10, epoch: 'e', seq: 1, inMemory: 0, losses: [] };
const here = { now, isWaiting: false };
const problems = (status: MachineStatus) => status.problems.map(({ problem }) => problem);

test('all is well: which endpoint, which way, what waits', () => {
  const status = statusOf(credential, { link, spool }, here);
  assert.equal(status.problems, []);
  assert.equal(
    [status.endpoint, status.name, status.way.state, status.lastAcknowledged, status.waiting, status.trust.mode],
    ['testendpoint01', 'test', 'connected', now - 5000, 2, 'system'],
  );
});

test('each thing that is wrong is said with what to do', () => {
  const said = (state: Parameters<typeof statusOf>[1]) => statusOf(credential, state, here);
  const cases: [MachineStatus, RegExp][] = [
    [statusOf(null, null, here), /is not enrolled/],
    [statusOf(null, null, { now, isWaiting: true }), /waits until a person approves it/],
    [said(null), /No agent runs/],
    [statusOf(credential, null, { ...here, isOther: true }), /hardware is not that of the enrolment/],
    [
      said({ link: { ...link, state: 'waiting', trouble: 'ECONNREFUSED' }, spool }),
      /no connection to mqtts:.*ECONNREFUSED/,
    ],
    [said({ link: { ...link, since: now - 9e6, lastAck: now - 8e6 }, spool }), /confirmed nothing for 2 hours/],
    [said({ link: { ...link, sharedSince: now }, spool }), /Another machine reports under this identity/],
    [
      said({ link, spool, trust: { version: 1, refused: { version: 2, why: 'no answer' } } }),
      /authority was not taken: no answer/,
    ],
  ];
  for (const [status, says] of cases) {
    assert.is(status.problems.length, 1, problems(status).join());
    assert.match(problems(status)[0] as string, says);
    assert.ok((status.problems[0]?.todo ?? '').length > 20);
  }
  // An agent that sleeps is no agent that is cut off.
  assert.equal(said({ link: { ...link, state: 'asleep' }, spool }).problems, []);
});

test('of a real agent, as JSON and in words, with its exit code', async () => {
  const folder = temporaryFolder();
  const status = (...words: string[]) => startAgent(['status', ...words, '--data', folder.path]).finished;
  try {
    const none = await status();
    assert.is(none.code, 1);
    assert.match(none.stdout, /is not enrolled.\n +to do: /);
    assert.ok(none.stdout.startsWith(`data folder    ${folder.path}\n`), none.stdout);
    const nowhere = await startAgent(['status', '--data', `${folder.path}/none`]).finished;
    assert.match(nowhere.stdout, /none, which is not there\n/);
    writeCredential(folder.path, credentialFor('mqtt://127.0.0.1:9'));
    assert.match((await status()).stdout, /No agent runs/);
    const agent = startAgent(['run', '--data', folder.path]);
    try {
      await until(() => agent.output().includes('No connection'), 30_000, 'the agent');
      const done = await status('--json');
      assert.is(done.code, 1);
      const { endpoint, way, waiting, trust } = JSON.parse(done.stdout) as MachineStatus;
      assert.equal([endpoint, way.url, trust.version], ['testendpoint01', 'mqtt://127.0.0.1:9', 0]);
      assert.ok(['waiting', 'connecting'].includes(way.state) && typeof waiting === 'number');
      assert.is((await status('--bad')).code, 2);
      assert.is((await status('word')).code, 2);
    } finally {
      agent.child.kill('SIGTERM');
      await agent.finished;
    }
  } finally {
    folder.remove();
  }
});

test.run();
