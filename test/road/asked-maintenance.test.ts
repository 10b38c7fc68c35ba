/** `evenkeel-agent maintenance` from the terminal to the page, over the real road; and what a machine may not ask. */
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditRow, EndpointRow, MaintenanceDetail, MaintenanceRow, MaintenanceSpan } from '../../shared/api.ts';
import type { Ack } from '../../shared/report.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { temporaryFolder } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { wired } from '../support/wired-machine.ts';

const test = suite('maintenance that a machine asks for');

const allowed = 'maintenance: { agents_may_ask: true }\n';
const hour = 3_600_000;

async function enrolAgent(collector: InProcess, data: string, name: string): Promise<AgentProcess> {
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', body: {}, as: 'admin' });
  const { code } = made.body as { code: string };
  const done = await startAgent(['enroll', code, '--data', data, '--name', name, '--kind', 'server']).finished;
  assert.is(done.code, 0, done.stderr);
  return startAgent(['run', '--data', data]);
}

const items = async <T>(collector: InProcess, path: string) =>
  ((await collector.call(`/api/v1/${path}`, { as: 'operator' })).body as { items: T[] }).items;

const online = (collector: InProcess, name: string) =>
  until(
    async () =>
      (await items<EndpointRow>(collector, 'endpoints')).some((one) => one.name === name && one.state === 'online'),
    30_000,
    `${name} to be online`,
  );

test('asked for at the terminal, seen on the page under the name of the machine, ended early', async () => {
  const folder = temporaryFolder();
  const collector = await openCollector({ settings: allowed });
  const data = join(folder.path, 'agent');
  const agent = await enrolAgent(collector, data, 'web-1');
  const say = (...words: string[]) => startAgent(['maintenance', ...words, '--data', data]).finished;
  try {
    await online(collector, 'web-1');
    // The settings come right behind the birth.
    await until(async () => (await say()).code === 0, 10_000, 'the agent to know that it may ask');
    assert.match((await say()).stdout, /^This machine is not in maintenance\.\n$/);

    const askedAt = Date.now();
    const accepted = await say('2h', 'new disk');
    assert.equal([accepted.code, accepted.stderr], [0, '']);
    assert.match(accepted.stdout, /^Until \d{4}-\d\d-\d\d \d\d:\d\d \([+-]\d\d:\d\d\): nobody is notified/);
    const [row] = await items<MaintenanceRow>(collector, 'maintenance');
    const [machine] = await items<EndpointRow>(collector, 'endpoints');
    assert.equal([row?.scope.of, row?.scope.target, row?.scope.name], ['endpoint', machine?.id, 'web-1']);
    assert.equal([row?.createdBy, row?.reason, row?.state], ['the machine web-1', 'new disk', 'running']);
    assert.is(row?.askedBy, machine?.id);
    assert.ok(Math.abs((row?.running[0]?.end ?? 0) - askedAt - 2 * hour) < 15_000);
    // For the numbers it is no planned work until somebody has approved it.
    assert.equal(row?.warnings, ['late']);
    assert.equal(
      (await items<MaintenanceRow>(collector, 'maintenance?waiting=true')).map(({ id }) => id),
      [row?.id],
    );
    const spans = () =>
      items<MaintenanceSpan>(
        collector,
        `maintenance/spans?endpoint=${machine?.id}&from=${new Date(askedAt - hour).toISOString()}&to=${new Date(askedAt + hour).toISOString()}`,
      );
    assert.equal(
      (await spans()).map(({ late, approval, by }) => [late, approval, by]),
      [[true, null, 'the machine web-1']],
    );

    const shorter = await say('1h', 'less');
    assert.is(shorter.code, 1);
    assert.match(shorter.stderr, /^Refused: .*already lasts until .* which is later/);
    const longer = await say('3h', 'the disk is slow');
    assert.is(longer.code, 0, longer.stderr);
    assert.match(
      (await say()).stdout,
      /^Until .*: this machine is in maintenance, entered by the machine web-1: new disk\n$/,
    );
    const much = await say('24h', 'for ever');
    assert.match(much.stderr, /more than 24 h within two days by its own asking; 1,439 minutes are left/);
    assert.is((await say('23h', 'nearly')).code, 0);

    const ended = await say('end');
    assert.equal([ended.code, ended.stderr], [0, '']);
    assert.match(ended.stdout, /^The maintenance has ended\./);
    assert.equal(await items(collector, 'maintenance'), []);
    const again = await say('end');
    assert.equal([again.code, again.stdout], [1, '']);
    assert.match(again.stderr, /Nothing that this machine asked for runs now/);

    const { history } = (await collector.call(`/api/v1/maintenance/${row?.id}`, { as: 'viewer' }))
      .body as unknown as MaintenanceDetail;
    assert.equal(
      history.map(({ code, by }) => [code, by]),
      ['ended', 'extended', 'extended', 'created'].map((code) => [code, 'the machine web-1']),
    );
    const { items: audit } = (await collector.call('/api/v1/audit?object=maintenance', { as: 'admin' }))
      .body as unknown as { items: AuditRow[] };
    assert.equal(
      audit.map(({ kind, actor, action, outcome, objectId }) => [kind, actor, action, outcome, objectId]),
      ['end', 'extend', 'extend', 'add'].map((action) => ['agent', 'the machine web-1', action, 'done', row?.id]),
    );

    // What a person entered, the machine does not end.
    const body = { scope: { of: 'endpoint', target: machine?.id }, reason: 'rack', to: Date.now() + hour };
    await collector.call('/api/v1/maintenance', { method: 'POST', as: 'operator', body });
    const foreign = await say('end');
    assert.is(foreign.code, 1);
    assert.match(foreign.stderr, /was entered by .* only a person can end it/);
    assert.is((await items(collector, 'maintenance')).length, 1);
  } finally {
    agent.child.kill('SIGTERM');
    await agent.finished;
    await collector.close();
    folder.remove();
  }
});

test('off by default: the terminal says so, and nothing is entered', async () => {
  const folder = temporaryFolder();
  const collector = await openCollector();
  const data = join(folder.path, 'agent');
  const agent = await enrolAgent(collector, data, 'web-2');
  try {
    await online(collector, 'web-2');
    const refused = await startAgent(['maintenance', '2h', 'why', '--data', data]).finished;
    assert.equal([refused.code, refused.stdout], [1, '']);
    assert.match(refused.stderr, /^Refused: the collector lets no machine ask.*\n.*agents_may_ask: true/);
    assert.equal(await items(collector, 'maintenance'), []);
  } finally {
    agent.child.kill('SIGTERM');
    await agent.finished;
    await collector.close();
    folder.remove();
  }
  const alone = await startAgent(['maintenance', '2h', 'why', '--data', data]).finished;
  assert.is(alone.code, 1);
  assert.match(alone.stderr, /No agent runs on the data folder/);
});

/** Speaks the wire itself, as an agent that somebody has taken over. */
async function hostile(collector: InProcess) {
  const answers: NonNullable<Ack['answer']>[] = [];
  const { id, wire } = await wired(collector, 'taken-over', {}, (_topic, payload) => {
    const { answer } = JSON.parse(payload.toString()) as Ack;
    if (answer) answers.push(answer);
  });
  const address = { bucket: bucketOf(id), endpoint: id };
  await wire.subscribe(topicOf(address, 'ack'));
  let n = 0;
  return {
    ...{ id, wire, answers, address },
    async ask(question: object) {
      const before = answers.length;
      n += 1;
      const message = { v: 1, id: String(n).padStart(16, '0'), about: 'maintenance', ...question };
      await wire.publish(topicOf(address, 'ask'), JSON.stringify(message), { qos: 1 });
      await until(() => answers.length > before, 5000, `an answer to ${JSON.stringify(question)}`).catch(() => {});
      return answers[before];
    },
  };
}

test('a machine that is taken over asks only for itself, for 24 h in two days, and not for ever', async () => {
  const collector = await openCollector({ settings: allowed });
  try {
    const bad = await hostile(collector);
    const begin = (minutes: number) => bad.ask({ act: 'begin', minutes, reason: 'x' });
    assert.match((await begin(24 * 60 + 1))?.text ?? '', /more than 24 h within two days.*1,440 minutes are left/);
    assert.is((await begin(23 * 60))?.ok, true);
    assert.is((await bad.ask({ act: 'end' }))?.ok, true);
    assert.is((await begin(24 * 60 - 1))?.ok, true, 'what was ended at once has used next to nothing');
    const [row] = await items<MaintenanceRow>(collector, 'maintenance');
    assert.is(row?.scope.target, bad.id);
    // Nothing names another machine: such a message is put aside, and not answered.
    const put = async () => (await items(collector, `quarantine`)).length;
    for (const more of [
      { endpoint: 'e2' },
      { scope: { of: 'site', target: 'HQ' } },
      { act: 'approve' },
      { minutes: 0.5 },
    ])
      await bad.wire.publish(
        topicOf(bad.address, 'ask'),
        JSON.stringify({
          v: 1,
          id: '0'.repeat(16),
          about: 'maintenance',
          act: 'begin',
          minutes: 5,
          reason: 'x',
          ...more,
        }),
        { qos: 1 },
      );
    await until(async () => (await put()) === 4, 5000, 'the quarantine');
    assert.is((await items(collector, 'maintenance')).length, 1);
    let last: string | undefined;
    for (let n = 0; n < 12; n++) last = (await bad.ask({ act: 'end' }))?.text;
    assert.match(last ?? '', /has asked too often; ask again in \d+ minutes/);
    const elsewhere = topicOf({ bucket: bucketOf('another00001'), endpoint: 'another00001' }, 'ask');
    await bad.wire.publish(elsewhere, '{}', { qos: 1 }).then(
      () => assert.unreachable('a topic of somebody else'),
      () => {},
    );
    bad.wire.end();
  } finally {
    await collector.close();
  }
});

test.run();
