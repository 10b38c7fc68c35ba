/** A message does not get through: the next way of its person, and who hears when a person has none left. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { alertDetail } from '../../../collector/api/read-alerts.ts';
import { escalating, firesFor, person } from './escalating.ts';
import { full, fuller, hour, minute, roomy, second } from './scene.ts';

const ways = (name: string) => ({
  name,
  ways: [
    { channel: 'mail', address: `${name}@example.org` },
    { channel: 'sms', address: `${name}@sms.example.org` },
  ],
});
const channels = ['sms'];
const only = { receivers: ['person:cat'], channels, people: [ways('cat')] };
type Escalating = Awaited<ReturnType<typeof escalating>>;
const story = (e: Escalating) => e.heard.map(({ who, channel, event }) => `${who} ${channel} ${event}`);
const rows = (e: Escalating) =>
  e.s.state
    .selectFrom('deliveries')
    .select(['channel', 'state', 'attempts', 'user_name'])
    .orderBy('created_at')
    .orderBy('stands_in')
    .execute();

test('the first way fails twice: the next one within seconds, and the first does not come after it', async () => {
  let isDown = true;
  const e = await escalating({ ...only, problemOf: (channel) => (isDown && channel === 'mail' ? 'fails' : null) });
  await e.keep(firesFor(30 * second), full);
  assert.equal(story(e), ['cat sms firing']);
  assert.ok((e.heard[0]?.at ?? 0) <= 70 * second + 10 * second, `${e.heard[0]?.at}`);
  assert.equal((await rows(e)).map(({ channel, state, user_name }) => `${channel} ${state} ${user_name}`).sort(), [
    'mail dropped cat',
    'sms sent cat',
  ]);
  isDown = false;
  await e.keep(hour, full);
  assert.equal(story(e), ['cat sms firing']);
  await e.keep(10 * minute, roomy);
  assert.equal(story(e), ['cat sms firing', 'cat sms resolved'], 'the end by the way that brought the begin');
  e.isBalanced();
  await e.close();
});

test('once is not enough: the first way is tried a second time, and the next one hears nothing', async () => {
  let failures = 1;
  const e = await escalating({ ...only, problemOf: () => (failures-- > 0 ? 'fails' : null) });
  await e.keep(firesFor(minute), full);
  assert.equal(story(e), ['cat mail firing']);
  await e.close();
});

test('given up: the next way at once', async () => {
  const e = await escalating({ ...only, problemOf: (channel) => (channel === 'mail' ? 'refuses' : null) });
  await e.keep(firesFor(10 * second), full);
  assert.equal(
    e.heard.map(({ at, channel }) => `${at / second} ${channel}`),
    ['70 sms'],
  );
  await e.keep(10 * minute, roomy);
  assert.equal(story(e), ['cat sms firing', 'cat sms resolved']);
  await e.close();
});

test('the first way brought the begin and fails later: both hear of the end, and an update goes to one', async () => {
  let isDown = false;
  const e = await escalating({
    ...{
      channels,
      people: [ways('cat')],
      policies: [{ name: 'servers', steps: [{ targets: ['person:cat'], wait: '12h' }] }],
    },
    problemOf: (channel) => (isDown && channel === 'mail' ? 'fails' : null),
  });
  await e.keep(firesFor(minute), full);
  isDown = true;
  await e.keep(firesFor(6 * minute), fuller);
  assert.equal(story(e), ['cat mail firing', 'cat sms update']);
  isDown = false;
  await e.keep(10 * minute, roomy);
  assert.equal(story(e).slice(2).sort(), ['cat mail resolved', 'cat sms resolved']);
  await e.close();
});

test('ended before the second failure: the end takes its place, and nobody hears of either', async () => {
  const e = await escalating({
    ...only,
    rules: [{ id: 'disk-space', for_s: 0, clear_for_s: 0 }],
    problemOf: (channel) => (channel === 'mail' ? 'fails' : null),
  });
  await e.s.say('srv', full);
  e.s.pass(200);
  await e.s.say('srv', roomy);
  await e.s.wait(5 * minute);
  assert.ok(!story(e).includes('cat sms firing'), story(e).join());
  await e.close();
});

test('noticed before a crash, decided after it: the next way still hears, once', async () => {
  const e = await escalating({ ...only, problemOf: (channel) => (channel === 'mail' ? 'fails' : null) });
  await e.keep(70 * second, full);
  // As if the process had ended between the count of the second failure and what follows from it.
  await e.s.state.deleteFrom('deliveries').where('stands_in', 'is not', null).execute();
  await e.s.state.updateTable('deliveries').set({ state: 'queued', attempts: 2, passed_on: 0 }).execute();
  e.heard.length = 0;
  await e.restart();
  await e.keep(minute, full);
  assert.equal(story(e), ['cat sms firing']);
  await e.restart();
  await e.keep(minute, full);
  assert.equal(story(e), ['cat sms firing']);
  await e.close();
});

test('all ways of the person of step 1 are given up: step 2 at once, and the history says why', async () => {
  const e = await escalating({
    ...{ channels, people: [ways('cat'), person('ann')] },
    problemOf: (_, who) => (who === 'cat' ? 'refuses' : null),
  });
  await e.keep(firesFor(minute), full);
  assert.equal(story(e), ['ann mail escalation']);
  assert.equal(e.heard[0]?.at, 70 * second);
  assert.equal(await e.history('not_reached'), [{ who: 'person:cat' }]);
  await e.keep(5 * minute, full);
  assert.equal(story(e), ['ann mail escalation', 'chat chat exhausted']);
  await e.close();
});

test('one of two persons of a step hears: the next step comes after its wait', async () => {
  const e = await escalating({
    people: [person('cat'), person('dan'), person('ann')],
    policies: [
      {
        name: 'servers',
        steps: [
          { targets: ['person:cat', 'person:dan'], wait: '5m' },
          { targets: ['person:ann'], wait: '5m' },
        ],
      },
    ],
    problemOf: (_, who) => (who === 'cat' ? 'refuses' : null),
  });
  await e.keep(firesFor(6 * minute), full);
  assert.equal(e.story(), ['0 dan firing', '5 ann escalation']);
  await e.close();
});

test('no step reaches anybody: no empty rounds, the fallback at once', async () => {
  const e = await escalating({
    people: [person('cat')],
    policies: [
      {
        ...{ name: 'servers', steps: [{ targets: ['person:cat'], wait: '5m' }], repeat: 9 },
        fallback: 'channel:chat',
      },
    ],
    problemOf: (_, who) => (who === 'cat' ? 'refuses' : null),
  });
  await e.keep(firesFor(minute), full);
  assert.equal(e.story(), ['0 chat exhausted']);
  assert.is((await rows(e)).filter(({ user_name }) => user_name === 'cat').length, 1);
  await e.close();
});

test('a step that reaches nobody is in the history of the alert', async () => {
  const e = await escalating({ people: [person('cat')] });
  await e.keep(firesFor(7 * minute), full);
  assert.equal(e.story(), ['0 cat firing', '5 chat exhausted']);
  assert.equal(await e.history('reaches_nobody'), [{ receiver: 'policy:servers', step: 2, round: 1 }]);
  await e.close();
});

test('the first message waits, and gets worse meanwhile: what is sent is the first, not an update of what nobody has', async () => {
  const rules = ['disk-space', 'disk-space-critical'].map((id) => ({ id, for_s: 0 }));
  const e = await escalating({ receivers: ['person:cat'], people: [person('cat')], rules });
  const endpoint = e.s.fleet.get('srv');
  assert.ok(endpoint);
  for (const reading of [full, fuller]) {
    e.s.pass(second);
    await e.s.alerts.onReport(endpoint, e.s.report(reading), true);
  }
  await e.s.wait(second);
  assert.equal(
    e.heard.map(({ event, notification }) => `${event} ${notification.severity}`),
    ['firing critical'],
  );
  const { notifications } = await alertDetail(e.s.state, (id) => ({ id }) as never, await e.alert());
  assert.equal(
    notifications.map(({ event, state, user }) => `${event} ${state} ${user}`),
    ['firing dropped cat', 'firing sent cat'],
  );
  await e.close();
});

test.run();
