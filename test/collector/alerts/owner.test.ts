/** An alert that somebody has: what they alone hear, what a pager is told, and what one link takes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChannels } from '../../../collector/notify/route.ts';
import { loopback, openReceiver } from '../notify/receiver.ts';
import { escalating, firesFor, person } from './escalating.ts';
import { full, fuller, hour, minute, roomy, second } from './scene.ts';

const said = (e: Awaited<ReturnType<typeof escalating>>) =>
  e.heard.map(({ who, event, notification }) => `${who} ${event} ${notification.severity}`);
const sticky = { by: 'dan', sticky: true };

test('kept although it gets worse: one message to its owner, none to others, no step; the end to all who heard', async () => {
  const e = await escalating({ receivers: ['policy:servers', 'channel:chat'] });
  await e.keep(firesFor(2 * minute), full);
  await e.s.alerts.acknowledge(await e.alert(), sticky);
  await e.keep(hour, fuller);
  assert.equal(said(e).sort(), ['cat firing warning', 'chat firing warning', 'dan update critical'].sort());
  await e.restart();
  await e.keep(10 * minute, fuller);
  assert.is(e.heard.length, 3, 'a restart says nothing again');
  await e.keep(10 * minute, roomy);
  e.isBalanced();
  await e.close();
});

test('taken before its first message, and then worse: its owner hears of it', async () => {
  const e = await escalating({ notify: { wait: 5 * minute } });
  await e.keep(firesFor(minute), full);
  await e.s.alerts.acknowledge(await e.alert(), sticky);
  await e.keep(20 * minute, fuller);
  assert.equal(said(e), ['dan update critical']);
  await e.keep(10 * minute, roomy);
  e.isBalanced();
  await e.close();
});

test('its end of being kept: all hear that it fires, as bad as it is', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  await e.s.alerts.acknowledge(await e.alert(), { ...sticky, until: e.s.now() + 20 * minute });
  await e.keep(30 * minute, fuller);
  assert.equal(said(e).slice(0, 3), ['cat firing warning', 'dan update critical', 'cat escalation critical']);
  await e.close();
});

test('in a silence nothing, and after it the owner alone', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  await e.s.alerts.acknowledge(await e.alert(), sticky);
  const start = e.s.now();
  const silence = { matchers: ['endpoint="srv"'], reason: 'known', start, end: start + 30 * minute };
  await e.s.alerts.silences.create(silence, 'ana');
  await e.keep(29 * minute, fuller);
  assert.equal(said(e), ['cat firing warning']);
  await e.keep(10 * minute, fuller);
  assert.equal(said(e), ['cat firing warning', 'dan update critical']);
  await e.close();
});

test('an owner without a way of their own: all who heard are told, so that somebody is', async () => {
  const e = await escalating({ receivers: ['channel:chat'], people: [person('cat')] });
  await e.keep(firesFor(2 * minute), full);
  await e.s.alerts.acknowledge(await e.alert(), sticky);
  await e.keep(20 * minute, fuller);
  assert.equal(said(e), ['chat firing warning', 'chat update critical']);
  await e.close();
});

test('PagerDuty: triggered, acknowledged once all of it is in somebody’s hands, resolved, under one key', async () => {
  await using receiver = await openReceiver(() => [202]);
  const settings = { routing_key: 'R0123456789012345678901234567890', url: receiver.url };
  const routed = createChannels([{ name: 'duty', kind: 'pagerduty', settings }], loopback);
  const e = await escalating({ receivers: ['channel:duty', 'channel:chat'], endpoints: ['srv', 'other'], routed });
  const events = () =>
    receiver.received.map(
      ({ body }) => JSON.parse(body) as { event_action: string; dedup_key: string; payload: object },
    );
  await e.keep(firesFor(6 * minute), full);
  const [first, second] = await e.s.alertRows();
  await e.s.alerts.acknowledge(first?.id ?? '', { by: 'ann' });
  await e.keep(minute, full);
  const before = events().length;
  assert.ok(
    events().every(({ event_action }) => event_action === 'trigger'),
    'half of it is in nobody’s hands',
  );
  await e.s.alerts.acknowledge(second?.id ?? '', { by: 'bob' });
  await e.keep(minute, full);
  assert.equal(
    events()
      .slice(before)
      .map(({ event_action }) => event_action),
    ['acknowledge'],
  );
  await e.keep(15 * minute, roomy);
  assert.is(events().at(-1)?.event_action, 'resolve');
  assert.is(new Set(events().map(({ dedup_key }) => dedup_key)).size, 1);
  assert.ok(!e.heard.some(({ event }) => event === 'acknowledged'), 'other channels keep no state to change');
  await e.close();
});

test('a link of a grouped message takes all that fired when it was sent, also those that it does not list', async () => {
  const endpoints = Array.from({ length: 34 }, (_, n) => `n${n}`);
  const e = await escalating({ receivers: ['channel:chat'], endpoints, links: true, notify: { wait: minute } });
  await e.keep(firesFor(2 * minute), full);
  const [message] = e.heard;
  assert.equal([message?.notification.members?.count, message?.notification.members?.list.length], [34, 20]);
  const link = message?.notification.links?.acknowledge ?? '';
  await e.s.act.use(link.slice(link.lastIndexOf('/') + 1));
  assert.equal(
    (await e.s.alertRows()).map(({ acknowledged_by }) => acknowledged_by),
    endpoints.map(() => 'message link'),
  );
  await e.close();
});

test('whoever has opened an alert gets further ones of it as a digest, is told at once of worse ones, and has nothing by it', async () => {
  for (const [name, opens, expected] of [
    ['nobody looks', false, ['1.2 ann firing', '6.2 ann update']],
    ['ann looks', true, ['1.2 ann firing', '16.2 ann digest']],
  ] as const) {
    const e = await escalating({ receivers: ['person:ann'], people: [person('ann')], endpoints: ['srv', 'other'] });
    const say = async (ms: number, other: typeof full) => {
      for (const end = e.s.now() + ms; e.s.now() < end; ) {
        await e.s.wait(10 * second, 10 * second);
        await e.s.say('srv', full);
        await e.s.say('other', other);
      }
    };
    await say(3 * minute, roomy);
    if (opens) {
      await e.s.alerts.opened(await e.alert(), 'ann');
      await e.s.alerts.opened(await e.alert(), 'ann');
    }
    await say(16 * minute, full);
    assert.equal(
      e.heard.map(({ at, who, event }) => `${Math.round(at / 6000) / 10} ${who} ${event}`),
      expected,
      name,
    );
    assert.equal(await e.history('opened'), opens ? [{ who: 'person:ann' }] : [], 'said once');
    assert.ok((await e.s.alertRows()).every(({ acknowledged_by }) => acknowledged_by === null));
    await say(2 * minute, fuller);
    if (opens) assert.equal(e.heard.at(-1)?.notification.severity, 'critical', 'worse is said at once');
    await e.close();
  }
});

test.run();
