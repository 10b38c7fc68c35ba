/** Nobody reacts: who hears next, and what stops that. On the road from a verdict to channels, on a clock moved by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { escalating, firesFor, person, schedules, users } from './escalating.ts';
import { full, fuller, hour, minute, type Reading, roomy, second } from './scene.ts';

test('step 1 with the first message, step 2 five minutes later, then the fallback once; the end to all three, once', async () => {
  const e = await escalating();
  await e.keep(firesFor(40 * minute), full);
  assert.equal(e.story(), ['0 cat firing', '5 ann escalation', '10 chat exhausted']);
  await e.keep(10 * minute, roomy);
  assert.equal(
    e.heard
      .slice(3)
      .map(({ who, event }) => `${who} ${event}`)
      .sort(),
    ['ann resolved', 'cat resolved', 'chat resolved'],
  );
  e.isBalanced();
  await e.close();
});

test('a schedule is asked at its step: whoever has taken over meanwhile hears', async () => {
  const e = await escalating();
  await e.keep(6 * minute, roomy);
  await e.keep(firesFor(7 * minute), full);
  assert.equal(
    e.heard.map(({ who, event }) => `${who} ${event}`),
    ['cat firing', 'bob escalation'],
  );
  await e.close();
});

test('an acknowledgement stops the steps; its end begins again at step 1; the end goes only to those who heard', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  await e.s.alerts.acknowledge(await e.alert(), { by: 'cat', until: e.s.now() + 20 * minute });
  await e.keep(20 * minute - 10 * second, full);
  assert.equal(e.story(), ['0 cat firing']);
  await e.keep(minute, full);
  assert.equal(
    e.heard.map(({ who, event }) => `${who} ${event}`),
    ['cat firing', 'cat escalation'],
  );
  await e.keep(10 * minute, roomy);
  assert.equal(
    e.heard.map(({ who }) => who),
    ['cat', 'cat', 'cat'],
  );
  e.isBalanced();
  await e.close();
});

test('withdrawn: step 1 again, at once', async () => {
  const e = await escalating();
  await e.keep(firesFor(6 * minute), full);
  await e.s.alerts.acknowledge(await e.alert(), { by: 'ann' });
  await e.keep(30 * minute, full);
  await e.s.alerts.withdraw(await e.alert(), 'ann');
  await e.keep(6 * minute, full);
  assert.equal(
    e.heard.map(({ who, event }) => `${who} ${event}`),
    ['cat firing', 'ann escalation', 'cat escalation', 'bob escalation'],
  );
  await e.close();
});

test('resolved before step 2: nobody but the first hears of it', async () => {
  const e = await escalating();
  await e.keep(firesFor(minute), full);
  await e.keep(10 * minute, roomy);
  assert.equal(
    e.heard.map(({ who, event }) => `${who} ${event}`),
    ['cat firing', 'cat resolved'],
  );
  await e.close();
});

test('maintenance in the middle stops it; five minutes after its end it begins at step 1', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  const scope = { of: 'endpoint' as const, target: 'srv' };
  await e.s.alerts.maintenance.create({ scope, reason: 'New disk', to: e.s.now() + 20 * minute }, 'ana');
  const begun = e.s.elapsed();
  await e.keep(24 * minute, full);
  assert.equal(e.story(), ['0 cat firing']);
  await e.keep(8 * minute, full);
  assert.equal(
    e.heard.slice(1).map(({ at, who, event }) => `${(at - begun) / minute} ${who} ${event}`),
    ['25 cat escalation', '30 bob escalation'],
  );
  await e.close();
});

test('a silence in the middle stops it; it begins at step 1 the wait of the group after its end', async () => {
  const e = await escalating({ notify: { wait: 30 * second } });
  await e.keep(firesFor(2 * minute), full);
  const matchers = ['endpoint="srv"'];
  const [start, begun] = [e.s.now(), e.s.elapsed()];
  await e.s.alerts.silences.create({ matchers, reason: 'known', start, end: start + 10 * minute }, 'ana');
  await e.keep(10 * minute, full);
  assert.equal(e.heard.length, 1);
  await e.keep(6 * minute, full);
  assert.equal(
    e.heard.slice(1).map(({ at, who, event }) => `${(at - begun) / minute} ${who} ${event}`),
    ['10.5 cat escalation', '15.5 bob escalation'],
  );
  await e.close();
});

test('resolved in a silence: whoever heard that it fires hears its end, and nobody else', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  const matchers = ['endpoint="srv"'];
  const start = e.s.now();
  await e.s.alerts.silences.create({ matchers, reason: 'known', start, end: start + hour }, 'ana');
  await e.keep(10 * minute, roomy);
  assert.equal(
    e.heard.map(({ who, event }) => `${who} ${event}`),
    ['cat firing', 'cat resolved'],
  );
  await e.close();
});

test('unknown pauses it: on return the next step follows after the whole wait of the one before', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  await e.s.presence('srv', 'lost', 'will');
  await e.s.wait(3 * minute, 10 * second);
  const disk = () => e.heard.filter(({ notification }) => notification.rule.id === 'disk-space');
  assert.is(disk().length, 1);
  await e.s.wait(17 * minute, 10 * second);
  assert.is(disk().length, 1, 'no step while its endpoint is away');
  await e.s.presence('srv', 'online');
  await e.s.say('srv', full);
  const back = e.s.elapsed();
  await e.keep(6 * minute, full);
  assert.equal(
    disk()
      .slice(1)
      .map(({ at, who, event }) => `${(at - back) / minute} ${who} ${event}`),
    ['5 bob escalation'],
  );
  await e.close();
});

test('a restart in the middle: the step keeps its time', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  await e.restart();
  await e.keep(minute, full);
  await e.restart();
  await e.keep(4 * minute, full);
  assert.equal(e.story(), ['0 cat firing', '5 ann escalation']);
  await e.keep(10 * minute, roomy);
  e.isBalanced();
  await e.close();
});

test('of several steps that were due while no collector ran only the last is sent, at once', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  await e.restart(30 * minute);
  await e.keep(minute, full);
  assert.equal(
    e.heard.map(({ who, event }) => `${who} ${event}`),
    ['cat firing', 'chat exhausted'],
  );
  await e.keep(10 * minute, roomy);
  e.isBalanced();
  await e.close();
});

test('worse while nobody has it: those who heard get the update, the steps go on', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  await e.keep(firesFor(2 * minute), fuller);
  assert.equal(
    e.heard.map(({ who, event, notification }) => `${who} ${event} ${notification.severity}`),
    ['cat firing warning', 'cat update critical', 'ann escalation critical'],
  );
  await e.close();
});

test('step 2 reaches nobody: skipped without its wait, and the fallback follows', async () => {
  const e = await escalating({ people: [person('cat')] });
  await e.keep(firesFor(7 * minute), full);
  assert.equal(e.story(), ['0 cat firing', '5 chat exhausted']);
  await e.close();
});

for (const lacking of ['no_way', 'off'] as const)
  test(`whose turn it is cannot be reached (${lacking}): the fallback of the schedule is notified, and the history says so`, async () => {
    const withFallback = schedules.map((one) => ({ ...one, fallback: 'person:dan' }));
    const people = lacking === 'no_way' ? [person('cat'), person('dan')] : users.map((name) => person(name));
    const e = await escalating({ schedules: withFallback, people });
    if (lacking === 'off') {
      await e.s.state.updateTable('users').set({ disabled_at: 1 }).where('name', '=', 'ann').execute();
      await e.usersChanged();
    }
    await e.keep(firesFor(12 * minute), full);
    assert.equal(e.story(), ['0 cat firing', '5 dan escalation', '10 chat exhausted']);
    assert.equal(await e.history('stands_in'), [
      { receiver: 'schedule:primary', who: 'person:ann', why: lacking, instead: 'person:dan' },
    ]);
    assert.equal(await e.history('exhausted'), [{ receiver: 'policy:servers', to: ['channel:chat'] }]);
    assert.equal(await e.history('reaches_nobody'), []);
    await e.keep(10 * minute, roomy);
    e.isBalanced();
    await e.close();
  });

test('the same where a route names the schedule itself', async () => {
  const withFallback = schedules.map((one) => ({ ...one, fallback: 'channel:chat' }));
  const e = await escalating({ schedules: withFallback, people: [], receivers: ['schedule:primary'] });
  await e.keep(firesFor(2 * minute), full);
  assert.equal(e.story(), ['0 chat firing']);
  assert.equal((await e.history('stands_in')).length, 1);
  await e.close();
});

test('a policy that runs out without anybody to be told of it: the history of the alert says so', async () => {
  const e = await escalating({ policies: [{ name: 'servers', steps: [{ targets: ['person:cat'], wait: '5m' }] }] });
  await e.keep(firesFor(7 * minute), full);
  assert.equal(e.story(), ['0 cat firing']);
  assert.equal(await e.history('exhausted'), [{ receiver: 'policy:servers', to: [], isLast: true }]);
  assert.equal(await e.history('reaches_nobody'), []);
  await e.close();
});

/** From 00:00 to 00:30, for all that is not critical. */
const quiet = { zone: 'UTC', start: '00:00', end: '00:30' };

test('quiet hours hold a warning: one digest at their end', async () => {
  const e = await escalating({
    receivers: ['person:dan'],
    people: [person('dan', { quiet })],
    endpoints: ['srv', 'other'],
  });
  await e.keep(28 * minute, full);
  assert.equal(e.heard, []);
  await e.keep(5 * minute, full);
  assert.equal(
    e.heard.map(({ at, who, notification }) => [at / minute, who, notification.members?.count]),
    [[30, 'dan', 2]],
  );
  await e.keep(10 * minute, roomy);
  e.isBalanced();
  await e.close();
});

test('resolved while quiet hours hold it: nothing', async () => {
  const e = await escalating({ receivers: ['person:dan'], people: [person('dan', { quiet })] });
  await e.keep(10 * minute, full);
  await e.keep(30 * minute, roomy);
  assert.equal(e.heard, []);
  await e.close();
});

test('quiet hours let a critical one through', async () => {
  const e = await escalating({ receivers: ['person:dan'], people: [person('dan', { quiet })] });
  await e.keep(firesFor(minute), fuller);
  assert.equal(e.story(), ['0 dan firing']);
  await e.close();
});

const many = Array.from({ length: 34 }, (_, n) => `n${n}`);
test('thirty messages an hour, the others in a digest; the first critical one passes', async () => {
  const e = await escalating({ receivers: ['channel:chat'], endpoints: many, routes: { by: ['endpoint'] } });
  await e.keep(firesFor(minute), full);
  assert.is(e.heard.length, 30);
  await e.s.wait(second);
  for (let n = 0; n < 8; n++) {
    await e.s.wait(10 * second, 10 * second);
    for (const id of many) await e.s.say(id, id === 'n33' ? fuller : full);
  }
  assert.equal(
    e.heard.slice(30).map(({ event, notification }) => [event, notification.severity, notification.endpoint.id]),
    [['firing', 'critical', 'n33']],
  );
  await e.keep(10 * minute, full);
  assert.equal(
    e.heard.slice(31).map(({ event, notification }) => [event, notification.members?.count]),
    [['digest', 3]],
  );
  await e.close();
});

test('who has acknowledged one hears of the others in a digest; a worse one still calls', async () => {
  const e = await escalating({ receivers: ['person:ann'], endpoints: ['srv', 'other', 'third'] });
  const saying = async (ms: number, of: Record<string, Reading>) => {
    for (const end = e.s.now() + ms; e.s.now() < end; ) {
      await e.s.wait(10 * second, 10 * second);
      for (const [id, reading] of Object.entries(of)) await e.s.say(id, reading);
    }
  };
  await saying(firesFor(minute), { srv: full });
  assert.is(e.heard.length, 1);
  await e.s.alerts.acknowledge(await e.alert(), { by: 'ann' });
  await saying(9 * minute, { srv: full, other: full });
  assert.is(e.heard.length, 1, 'no page for one more');
  await saying(8 * minute, { srv: full, other: full });
  assert.equal(
    e.heard.slice(1).map(({ event, who }) => `${event} ${who}`),
    ['digest ann'],
  );
  await saying(3 * minute, { srv: full, other: full, third: fuller });
  assert.equal(
    e.heard.slice(2).map(({ event, who, notification }) => `${event} ${who} ${notification.severity}`),
    ['update ann critical'],
  );
  await e.close();
});

test('of a site incident that is over: who heard of it is not called by those still silent, others are; all hear the end', async () => {
  const endpoints = Array.from({ length: 20 }, (_, n) => `n${n}`);
  const routes = { children: [{ name: 'servers', match: ['rule="server-down"'], receivers: ['person:dan'] }] };
  const e = await escalating({ receivers: ['channel:chat'], endpoints, routes, notify: { wait: 30 * second } });
  const all = async (presence: [string, string?], ids: string[], then: number) => {
    for (const id of ids) await e.s.presence(id, ...(presence as ['lost', 'will']));
    await e.s.wait(then, 10 * second);
  };
  await e.s.wait(minute, 10 * second);
  await all(['lost', 'will'], endpoints, 10 * minute);
  await all(['online'], endpoints.slice(2), 20 * minute);
  assert.equal(e.heard.map(({ who, event, notification: { rule } }) => `${who} ${event} ${rule.id}`).sort(), [
    'chat firing site-down',
    'chat resolved site-down',
    'dan firing server-down',
  ]);
  e.heard.length = 0;
  await all(['online'], endpoints.slice(0, 2), 20 * minute);
  assert.equal(e.heard.map(({ who, event, notification: { members } }) => `${who} ${event} ${members?.count}`).sort(), [
    'chat resolved 2',
    'dan resolved 2',
  ]);
  await e.close();
});

test('worse, and with another receiver, but for the same person: she hears of the end once', async () => {
  const routes = { children: [{ name: 'warnings', match: ['severity="warning"'], receivers: ['person:cat'] }] };
  const e = await escalating({ routes });
  await e.keep(firesFor(2 * minute), full);
  assert.equal(e.story(), ['0 cat firing']);
  await e.keep(3 * minute, fuller);
  await e.s.alerts.acknowledge(await e.alert(), { by: 'cat' });
  await e.restart();
  await e.keep(10 * minute, roomy);
  assert.equal(
    e.heard.map(({ who, event, notification: { severity } }) => `${who} ${event} ${severity}`),
    ['cat firing warning', 'cat firing critical', 'cat resolved critical'],
  );
  e.isBalanced();
  await e.close();
});

test('worse, and with another receiver behind whom are others: whoever heard of the warning hears of the end, too', async () => {
  const routes = { children: [{ name: 'warnings', match: ['severity="warning"'], receivers: ['person:dan'] }] };
  const e = await escalating({ routes });
  await e.keep(firesFor(2 * minute), full);
  await e.keep(3 * minute, fuller);
  await e.s.alerts.acknowledge(await e.alert(), { by: 'cat' });
  await e.keep(10 * minute, roomy);
  assert.equal(e.heard.map(({ who, event }) => `${who} ${event}`).sort(), [
    ...['cat firing', 'cat resolved', 'dan firing', 'dan resolved'],
  ]);
  await e.close();
});

test('how it stands is known at each moment: the next step, to whom, and when; what stops it; and its end', async () => {
  const e = await escalating();
  const now = async () => e.s.alerts.escalationsOf(await e.alert());
  const brief = async () =>
    (await now()).map(({ state, step, notified, next }) => ({
      ...{ state, step, notified },
      next: next && [Math.round((next.at - e.s.now()) / minute), next.step, next.to],
    }));
  await e.keep(firesFor(2 * minute), full);
  const [whole] = await now();
  assert.equal([whole?.policy, whole?.round, whole?.rounds, whole?.steps], ['servers', 1, 1, 2]);
  const cat = ['person:cat'];
  assert.equal(await brief(), [{ state: 'running', step: 1, notified: cat, next: [3, 2, ['person:ann']] }]);
  await e.s.alerts.acknowledge(await e.alert(), { by: 'cat' });
  assert.equal(await brief(), [{ state: 'acknowledged', step: 1, notified: cat, next: null }]);
  await e.s.alerts.withdraw(await e.alert(), 'cat');
  await e.keep(10 * second, full);
  const scope = { of: 'endpoint' as const, target: 'srv' };
  await e.s.alerts.maintenance.create({ scope, reason: 'New disk', to: e.s.now() + 20 * minute }, 'ana');
  assert.equal(await brief(), [{ state: 'held', step: 1, notified: cat, next: null }]);
  await e.keep(31 * minute, full);
  const both = [...cat, 'person:bob'];
  assert.equal(await brief(), [{ state: 'running', step: 2, notified: both, next: [4, null, ['channel:chat']] }]);
  await e.keep(10 * minute, full);
  assert.equal(await brief(), [{ state: 'exhausted', step: 2, notified: [...both, 'channel:chat'], next: null }]);
  await e.keep(10 * minute, roomy);
  assert.equal(await now(), []);
  await e.close();
});

test('an alert in maintenance does not show the steps of the others of its group: nobody heard of it', async () => {
  const e = await escalating({ endpoints: ['srv', 'other'] });
  const scope = { of: 'endpoint' as const, target: 'other' };
  await e.s.alerts.maintenance.create({ scope, reason: 'New disk', to: e.s.now() + hour }, 'ana');
  await e.keep(firesFor(6 * minute), full);
  const rows = await e.s.alertRows();
  const shown = (endpoint: string) =>
    e.s.alerts
      .escalationsOf(rows.find((row) => row.endpoint === endpoint)?.id ?? '')
      .map(({ state, step, notified, next }) => ({ state, step, notified, isNext: next !== null }));
  assert.equal(shown('srv'), [{ state: 'running', step: 2, notified: ['person:cat', 'person:ann'], isNext: true }]);
  assert.equal(shown('other'), [{ state: 'held', step: 0, notified: [], isNext: false }]);
  await e.close();
});

test.run();
