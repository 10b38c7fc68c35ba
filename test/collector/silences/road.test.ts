/** Silences on the road from a verdict to people and tickets, on a clock moved by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { full, fuller, hour, minute, openScene, roomy, type Scene, second } from '../alerts/scene.ts';

const disks = ['rule="disk-space"', 'host="srv-name"'];
const reason = 'A new disk is on its way';

async function begun(options: Parameters<typeof openScene>[0] = {}): Promise<Scene> {
  const s = await openScene(options);
  await s.presence('srv', 'online');
  return s;
}

const enter = (s: Scene, ms: number, matchers: string[] = disks, start?: number) =>
  s.alerts.silences.create({ matchers, reason, start, end: (start ?? s.now()) + ms }, 'ana');

const events = (s: Scene) =>
  s.sent.filter(({ rule }) => rule.id.startsWith('disk-space')).map(({ event, severity }) => `${event} ${severity}`);
const codes = async (s: Scene, like = /silenc/) =>
  (await s.state.selectFrom('alert_events').select('code').orderBy('id').execute())
    .map(({ code }) => code)
    .filter((code) => like.test(code));

test('inside no message and no ticket; after the end one message with the true beginning, and a ticket after the delay', async () => {
  const s = await begun();
  const id = await enter(s, hour);
  const fired = s.now();
  await s.keepSaying(hour - 10 * second, 'srv', full);
  assert.equal(events(s), []);
  assert.equal(await s.ticketRows(), []);
  assert.is((await s.alertRows())[0]?.suppressed_by, 'silence');
  assert.equal(
    (await s.alerts.silences.row(id)).hides.map(({ rule, endpoint }) => [rule.id, endpoint.name]),
    [['disk-space', 'srv-name']],
  );
  assert.equal(s.alerts.silences.summary(), { active: 1, pending: 0, alerts: 1 });
  await s.keepSaying(minute, 'srv', full);
  assert.is((await s.ticketRows()).length, 0, 'the open delay counts from the end');
  await s.keepSaying(2 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  assert.ok((s.sent.find(({ event }) => event === 'firing')?.startedAt ?? 0) < fired + 10 * minute);
  assert.is((await s.ticketRows()).length, 1);
  assert.is((await s.alertRows())[0]?.suppressed_by, '');
  assert.equal(await codes(s), ['silenced', 'silence_ended']);
  await s.keepSaying(hour, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  assert.is((await s.alerts.silences.row(id)).state, 'over');
  await s.close();
});

test('it begins after the first message: only the end is sent', async () => {
  const s = await begun();
  await s.keepSaying(10 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  await enter(s, 2 * hour, ['host="srv-name"']);
  await s.keepSaying(30 * minute, 'srv', fuller);
  assert.equal(events(s), ['firing warning'], 'that it became critical is not sent inside');
  await s.keepSaying(40 * minute, 'srv', roomy);
  assert.equal(
    events(s).map((text) => text.split(' ')[0]),
    ['firing', 'resolved'],
  );
  await s.keepSaying(2 * hour, 'srv', roomy);
  assert.is(events(s).length, 2);
  await s.close();
});

test('what fires and ends inside is in its history, and nobody hears of it', async () => {
  const s = await begun();
  await enter(s, 2 * hour);
  await s.keepSaying(20 * minute, 'srv', full);
  await s.keepSaying(3 * hour, 'srv', roomy);
  assert.equal(s.sent, []);
  assert.equal(await s.ticketRows(), []);
  assert.equal(await codes(s, /silenc|resolved/), ['silenced', 'resolved']);
  const [hid] = await s.state.selectFrom('silenced').selectAll().execute();
  assert.ok(hid && hid.to_at !== null && hid.to_at > hid.from_at, 'when it was hidden, and until when');
  await s.close();
});

test('a silence of warnings does not hide that it became critical', async () => {
  const s = await begun();
  await enter(s, 3 * hour, ['rule="disk-space"', 'severity="warning"']);
  await s.keepSaying(20 * minute, 'srv', full);
  assert.equal(events(s), []);
  await s.keepSaying(30 * minute, 'srv', fuller);
  assert.equal(events(s), ['firing critical']);
  assert.equal(await codes(s), ['silenced', 'silence_ended']);
  await s.close();
});

test('of two that overlap the last end counts; ended early, it is over at once', async () => {
  const s = await begun();
  await enter(s, 20 * minute);
  const second = await enter(s, 2 * hour, ['metric=~"disk\\\\..*"']);
  await s.keepSaying(40 * minute, 'srv', full);
  assert.equal(events(s), []);
  assert.equal(await codes(s), ['silenced'], 'the end of the first is no end');
  await s.alerts.silences.change(second, { end: s.now() + 3 * hour }, 'bob');
  await s.keepSaying(100 * minute, 'srv', full);
  assert.equal(events(s), [], 'extended');
  await s.alerts.silences.end(second, 'bob');
  await s.keepSaying(minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  await s.close();
});

test('a planned one hides from its start, and not before; one that is taken back never does', async () => {
  const s = await begun();
  const later = await enter(s, hour, disks, s.now() + hour);
  await s.keepSaying(10 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  assert.is((await s.alerts.silences.row(later)).alerts, 1, 'it would hide this one');
  await s.alerts.silences.end(later, 'ana');
  await s.keepSaying(2 * hour, 'srv', full);
  assert.equal(await codes(s), []);
  await s.close();
});

test('an endpoint that comes to a silenced site is hidden with it, and heard of when it leaves', async () => {
  const s = await begun({ site: 'Berlin' });
  await enter(s, 3 * hour, ['site="Osaka"']);
  await s.keepSaying(10 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  await s.move('srv', 'Osaka');
  await s.keepSaying(minute, 'srv', full);
  assert.is((await s.alertRows())[0]?.suppressed_by, 'silence');
  await s.move('srv', 'Berlin');
  await s.keepSaying(minute, 'srv', full);
  assert.is((await s.alertRows())[0]?.suppressed_by, '');
  assert.equal(events(s), ['firing warning'], 'not a second time');
  await s.close();
});

test('after a restart it goes on; what ended meanwhile takes effect once', async () => {
  const first = await begun();
  await enter(first, hour);
  await first.keepSaying(20 * minute, 'srv', full);
  const second = await first.restart();
  await second.presence('srv', 'online');
  await second.keepSaying(20 * minute, 'srv', full);
  assert.equal(second.sent, []);
  assert.equal(await second.ticketRows(), []);
  second.skip(3 * hour);
  const third = await second.restart();
  await third.presence('srv', 'online');
  await third.keepSaying(10 * minute, 'srv', full);
  assert.equal(events(third), ['firing warning']);
  assert.is((await third.ticketRows()).length, 1);
  assert.equal(await codes(third), ['silenced', 'silence_ended']);
  assert.equal(third.alerts.silences.summary(), { active: 0, pending: 0, alerts: 0 });
  await third.close();
});

test('no number on stability changes: a silenced alert counts from its fire', async () => {
  const facts = async (silenced: boolean) => {
    const s = await begun();
    if (silenced) await enter(s, 5 * hour);
    await s.keepSaying(hour, 'srv', full);
    await s.keepSaying(hour, 'srv', roomy);
    const codesOf = await codes(s, /^(firing|resolved)$/);
    const [row] = await s.alertRows();
    await s.close();
    return { codesOf, fired: row?.fired_at, resolved: row?.resolved_at };
  };
  assert.equal(await facts(true), await facts(false));
});

test.run();
