/** What a machine reports for who works on it: over the real wire, only where it is allowed, bounded, with the link in the answer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createReporting } from '../../../agent/asking.ts';
import { snapshotOf } from '../../../agent/snapshot.ts';
import { bucketOf, topicOf } from '../../../shared/topics.ts';
import { openCollector } from '../../support/collector.ts';
import { until } from '../../support/processes.ts';
import { wired } from '../../support/wired-machine.ts';

const test = suite('reports of machines');

async function asking(settings: string, questions: object[]) {
  const collector = await openCollector({ settings });
  const answers: { id: string; ok: boolean; text: string }[] = [];
  const { id, wire } = await wired(collector, 'pc-17', {}, (topic, payload) => {
    if (topic.endsWith('/ack')) answers.push(...[JSON.parse(String(payload)).answer ?? []].flat());
  });
  const address = { bucket: bucketOf(id), endpoint: id };
  await wire.subscribe(topicOf(address, 'ack'));
  const topic = topicOf(address, 'ask');
  for (const [n, question] of questions.entries()) {
    const ask = { v: 1, id: n.toString(16).padStart(16, '0'), about: 'report', ...question };
    await wire.publish(topic, JSON.stringify(ask), { qos: 1 });
    await until(async () => answers.length > n, 10_000, `answer ${n}`);
  }
  return { collector, answers, id, end: () => wire.end() };
}

test('a ticket of its own endpoint with the snapshot, and a link that follows it; so many, and no more', async () => {
  const send = { act: 'send', text: 'The screen\u00a0is black', snapshot: 'CPU: 12 %' };
  const questions = [send, { act: 'page' }, ...Array(6).fill({ act: 'send', text: 'again' })];
  const { collector, answers, id, end } = await asking(
    'self_service: { enabled: true, agents_may_report: true }',
    questions,
  );
  const [first, page, ...rest] = answers;
  assert.ok(first?.ok, first?.text);
  const path = new URL(/https?:\S+/.exec(first?.text ?? '')?.[0] ?? '').pathname;
  const followed = await collector.call(path);
  assert.match(followed.text, 'CPU: 12 %');
  const row = await collector.state.selectFrom('tickets').selectAll().where('id', '=', 1).executeTakeFirstOrThrow();
  assert.equal([row.endpoint, row.channel, row.requester], [id, 'portal', 'pc-17 (self-service)']);
  assert.is((await collector.call(new URL(page?.text ?? '').pathname)).status, 200);
  assert.equal(
    rest.map(({ ok }) => ok),
    [true, true, true, true, false, false],
  );
  assert.match(rest.at(-1)?.text ?? '', 'in a short time');
  end();
  await collector.close();
});

test('where it is off it is refused, and no ticket is made', async () => {
  const { collector, answers, end } = await asking('self_service: { enabled: true }', [{ act: 'send', text: 'x' }]);
  assert.is(answers[0]?.ok, false);
  assert.match(answers[0]?.text ?? '', 'agents_may_report');
  assert.equal(await collector.state.selectFrom('tickets').select('id').execute(), []);
  end();
  await collector.close();
});

test('the agent shows what would go along, sends it only as wished, and asks ten times in ten minutes', async () => {
  const sent: object[] = [];
  let now = 0;
  const link = {
    state: () => ({ state: 'connected' }),
    ask: async (question: object) => {
      sent.push(question);
      return { id: '', ok: true, until: null, text: 'done' };
    },
  };
  const report = createReporting({
    link: () => link,
    mayAsk: () => ['report'],
    snapshot: () => 'CPU: 1 %',
    now: () => now,
  });
  assert.equal(await report({ act: 'look' }), { snapshot: 'CPU: 1 %' });
  await report({ act: 'send', text: 'a' });
  await report({ act: 'send', text: 'b', withState: true });
  assert.equal(sent, [
    { about: 'report', act: 'send', text: 'a' },
    { about: 'report', act: 'send', text: 'b', snapshot: 'CPU: 1 %' },
  ]);
  for (let n = 0; n < 8; n++) await report({ act: 'page' });
  assert.equal(await report({ act: 'page' }), { no: 'often' });
  now += 600_001;
  assert.equal((await report({ act: 'page' })) as { text?: string }, { id: '', ok: true, until: null, text: 'done' });
});

test('a snapshot has numbers of the machine, and nothing of processes or people', () => {
  const metric = (name: string, tags: Record<string, string>, fields: Record<string, number>) => ({
    name,
    tags,
    fields,
    timestamp: 1,
  });
  const text = snapshotOf(
    [
      metric('cpu', { cpu: 'cpu-total' }, { usage_active: 12.4 }),
      metric('mem', {}, { used_percent: 50 }),
      metric('disk', { path: '/' }, { used_percent: 97.2 }),
      metric('procstat', { process_name: 'secret-program' }, { cpu_usage: 90 }),
      metric('check', { check: 'smart' }, { ok: 0 }),
    ],
    7200,
  );
  assert.is(text, 'CPU: 12 %\nMemory: 50 %\nDisk /: 97 %\nUp for 2.0 h\nChecks that failed: smart');
});

test.run();
