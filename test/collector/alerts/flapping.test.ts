/** A disk around its limit for hours: one alert, one ticket, a word at the start and one at the end. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Notification } from '../../../collector/notify/channel.ts';
import { full, GiB, hour, minute, openScene, type Reading, recorder, roomy, type Scene, second } from './scene.ts';

const tags = { path: '/var', device: '/dev/sdb1' };
const at = (used_percent: number): Reading => ['disk', { used_percent, free: GiB }, tags];
const words = (sent: readonly Notification[]) => sent.map(({ event, why }) => (why ? `${event} ${why}` : event));
const quick = ['disk-space', 'disk-space-critical'].map((id) => ({ id, for_s: 0, clear_for_s: 0 }));

/** Over the limit and back, each for so long. */
async function swing(s: Scene, ms: number, each: number): Promise<void> {
  for (const end = s.now() + ms; s.now() < end; ) {
    await s.keepSaying(each, 'srv', at(91));
    await s.keepSaying(each, 'srv', at(86));
  }
}

const codes = async (s: Scene) =>
  (await s.state.selectFrom('alert_events').select('code').orderBy('id').execute()).map(({ code }) => code);

test('91 and 86 percent in turn for six hours: one "flapping", one end, one ticket', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await swing(s, 6 * hour, 5 * minute);
  const flapping = s.sent.findIndex(({ event }) => event === 'flapping');
  assert.is(s.sent.filter(({ event }) => event === 'flapping').length, 1);
  assert.is(flapping, s.sent.length - 1, 'nothing after it');
  const before = words(s.sent.slice(0, flapping));
  assert.ok(before.length <= 5, before.join(', '));
  assert.is((await s.ticketRows()).length, 1);
  const held = s.alerts.held('srv');
  assert.equal(
    held.map(({ state }) => state),
    ['firing'],
    'one firing alert, whatever the last sample said',
  );
  await s.keepSaying(2 * hour, 'srv', at(86));
  assert.equal(words(s.sent.slice(flapping)), ['flapping', 'resolved stable']);
  assert.is(s.alerts.held('srv').length, 0);
  const rows = await s.alertRows();
  assert.is(rows.at(-1)?.resolved_why, 'stable');
  assert.is(rows.filter(({ state }) => state !== 'resolved').length, 0);
  await s.keepSaying(40 * minute, 'srv', at(86));
  assert.equal(
    (await s.ticketRows()).map(({ state }) => state),
    ['resolved'],
  );
  await s.close();
});

test('a server that comes and goes for hours: one "flapping", and one end once it stays', async () => {
  const s = await openScene();
  for (let n = 0; n < 10; n++) {
    await s.presence('srv', 'lost', 'will');
    await s.wait(10 * minute, minute);
    await s.presence('srv', 'online');
    await s.wait(2 * minute, minute);
  }
  assert.is(s.sent.filter(({ event }) => event === 'flapping').length, 1);
  assert.is(s.sent.at(-1)?.event, 'flapping', 'nothing after it');
  await s.wait(2 * hour, minute);
  assert.is(s.sent.at(-1)?.why, 'stable');
  assert.is(s.alerts.held('srv').length, 0);
  await s.close();
});

test('up and down each ten minutes, at the limits of flapping: once it has begun again it takes half an hour to end', async () => {
  let s = await openScene();
  const cycle = async () => {
    await s.presence('srv', 'lost', 'will');
    await s.wait(10 * minute, minute);
    await s.presence('srv', 'online');
    await s.wait(10 * minute, minute);
  };
  for (let n = 0; n < 4; n++) await cycle();
  const said = words(s.sent);
  assert.is(said.filter((one) => one === 'flapping').length, 2, said.join(', '));
  // A restart in the middle knows that it is the second time.
  const before = [...s.sent];
  s = await s.restart();
  for (let n = 0; n < 6; n++) await cycle();
  assert.equal(words(s.sent), [], `nothing new in two hours, after ${words(before).join(', ')}`);
  await s.wait(15 * minute, minute);
  assert.equal(words(s.sent), [], '25 minutes since it came back');
  await s.wait(9 * minute, minute);
  assert.equal(words(s.sent), ['resolved stable']);
  await s.close();
});

test('stable at the bad side: notified once that it fires on, and then as any other', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await swing(s, hour, 5 * minute);
  const begun = s.sent.length;
  await s.keepSaying(2 * hour, 'srv', at(91));
  assert.equal(words(s.sent.slice(begun)), ['stable stable']);
  assert.is(s.alerts.held('srv')[0]?.state, 'firing');
  assert.is((await s.alertRows()).filter(({ state }) => state === 'firing').length, 1);
  await s.keepSaying(5 * minute, 'srv', roomy);
  assert.equal(words(s.sent.slice(begun)), ['stable stable', 'resolved']);
  await s.close();
});

test('rules without any time to hold flap as well, and their alert keeps its row', async () => {
  for (const blip of [10 * second, 4 * minute]) {
    const s = await openScene({ rules: quick });
    await s.presence('srv', 'online');
    for (let i = 0; i < 12; i++) {
      await s.keepSaying(blip, 'srv', full);
      await s.keepSaying(4 * minute, 'srv', roomy);
    }
    const said = words(s.sent);
    const begins = said.indexOf('flapping');
    assert.is(begins, said.length - 1, said.join(', '));
    const inTurn = said.slice(0, begins).map((_, i) => (i % 2 === 0 ? 'firing' : 'resolved'));
    assert.equal(said.slice(0, begins), inTurn, 'it takes the place of what the last change would have said');
    const changed = (await codes(s)).indexOf('flapping');
    assert.is(changed, begins + 1);
    const active = (await s.alertRows()).filter(({ active_key }) => active_key !== null);
    assert.equal(
      active.map(({ state, flapping, calm }) => [state, flapping, calm]),
      [['firing', 1, 1]],
    );
    assert.is(active[0]?.id, s.alerts.held('srv')[0]?.id);
    const again = await s.restart();
    assert.is(again.alerts.held('srv')[0]?.state, 'firing', 'and is found again');
    await again.close();
  }
});

test('an acknowledgement holds while it flaps, and each real interval is counted by the ticket', async () => {
  const s = await openScene({ rules: quick, policy: { openDelay: 0 } });
  await s.presence('srv', 'online');
  await swing(s, hour, 5 * minute);
  const id = s.alerts.held('srv')[0]?.id ?? '';
  await s.alerts.acknowledge(id, { by: 'ada' });
  await swing(s, hour, 5 * minute);
  const [row] = (await s.alertRows()).filter(({ active_key }) => active_key !== null);
  assert.equal([row?.id, row?.acknowledged_by], [id, 'ada']);
  const [ticket, ...others] = await s.ticketRows();
  assert.equal(others, []);
  assert.is(ticket?.assignee, 'ada');
  assert.ok(ticket?.flapping_since);
  assert.is(ticket?.fires, (await codes(s)).filter((code) => code === 'firing').length);
  await s.close();
});

test('worse than all that was notified in this episode is still notified; the same again is not', async () => {
  const s = await openScene({ rules: quick });
  await s.presence('srv', 'online');
  await swing(s, hour, 5 * minute);
  const begun = s.sent.length;
  await s.keepSaying(5 * minute, 'srv', at(97));
  assert.equal(
    s.sent.slice(begun).map(({ event, severity }) => `${event} ${severity}`),
    ['update critical'],
  );
  await s.keepSaying(5 * minute, 'srv', at(91));
  await s.keepSaying(5 * minute, 'srv', at(97));
  assert.is(s.sent.length, begun + 1);
  await s.close();
});

test('a restart in the middle: no second "flapping", still one ticket, and the end is notified', async () => {
  const heard: Notification[] = [];
  let s = await openScene({ routes: [recorder(heard)] });
  await s.presence('srv', 'online');
  await swing(s, hour, 5 * minute);
  const begun = heard.length;
  assert.is(heard.at(-1)?.event, 'flapping');
  const id = s.alerts.held('srv')[0]?.id;
  s = await s.restart();
  await s.presence('srv', 'online');
  assert.is(s.alerts.held('srv')[0]?.id, id);
  await swing(s, hour, 5 * minute);
  s = await s.restart();
  await s.presence('srv', 'online');
  assert.is(heard.length, begun);
  assert.is((await s.ticketRows()).length, 1);
  await s.keepSaying(3 * hour, 'srv', at(86));
  assert.equal(words(heard.slice(begun)), ['resolved stable']);
  assert.is((await s.alertRows()).filter(({ state }) => state !== 'resolved').length, 0);
  assert.is((await s.ticketRows())[0]?.state, 'resolved');
  await s.close();
});

test('the endpoint goes away while its alert flaps: unknown, then it goes on or is stable', async () => {
  const s = await openScene({ endpoints: { srv: 'workstation' } });
  await s.presence('srv', 'online');
  await swing(s, hour, 5 * minute);
  const begun = s.sent.length;
  await s.presence('srv', 'offline', 'sleep');
  assert.is(s.alerts.held('srv')[0]?.state, 'unknown');
  await s.wait(10 * minute, second * 10);
  await s.presence('srv', 'online');
  await s.keepSaying(3 * hour, 'srv', at(86));
  assert.equal(words(s.sent.slice(begun)), ['resolved stable']);
  await s.close();
});

test('it begins to flap by getting worse: one word of it, as bad as it is', async () => {
  const s = await openScene({ rules: quick });
  await s.presence('srv', 'online');
  for (const reading of [full, roomy, full, roomy, full]) await s.keepSaying(4 * minute, 'srv', reading);
  assert.is(s.sent.at(-1)?.event, 'firing');
  const begun = s.sent.length;
  await s.keepSaying(minute, 'srv', at(97));
  assert.equal(
    s.sent.slice(begun).map(({ event, severity }) => `${event} ${severity}`),
    ['flapping critical'],
  );
  await s.close();
});

test('fires again at a worse level than was acknowledged: no one is on that', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await swing(s, hour, 5 * minute);
  await s.alerts.acknowledge(s.alerts.held('srv')[0]?.id ?? '', { by: 'ada' });
  await s.keepSaying(5 * minute, 'srv', at(97));
  const [row] = (await s.alertRows()).filter(({ active_key }) => active_key !== null);
  assert.equal([row?.severity, row?.acknowledged_by], ['critical', null]);
  assert.equal((await codes(s)).slice(-2), ['acknowledgement_ended', 'firing']);
  await s.close();
});

test('five changes never are flapping', async () => {
  const s = await openScene({ rules: quick });
  await s.presence('srv', 'online');
  for (const reading of [full, roomy, full, roomy, full]) await s.keepSaying(9 * minute, 'srv', reading);
  assert.is(s.sent.filter(({ event }) => event === 'flapping').length, 0);
  assert.equal(words(s.sent), ['firing', 'resolved', 'firing', 'resolved', 'firing']);
  await s.close();
});

test.run();
