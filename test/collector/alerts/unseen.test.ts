/** What is no longer seen has not become good: which silence ends an alert, and which does not. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { full, fuller, hour, minute, openScene, type Reading, roomy, type Scene } from './scene.ts';

const day = 24 * hour;
const smart = (name: string, severity: number): Reading => ['smart', { severity }, { name }];
const array = (severity: number): Reading => ['array', { severity }, { name: 'tank' }];
const backup = (result: number): Reading => ['backup', { result, age_s: 60 }, { job: 'nightly', product: 'restic' }];
const custom = (status: number): Reading => ['custom', { status }, { check: 'ups' }];

/** Reports for so long: every five minutes, over days twice an hour. */
async function goOn(s: Scene, ms: number, ...readings: Reading[]): Promise<void> {
  const every = ms > 6 * hour ? 30 * minute : 5 * minute;
  for (const end = s.now() + ms; s.now() < end; ) {
    await s.wait(every, every);
    await s.say('srv', ...readings);
  }
}

const alertOf = async (s: Scene, family: string) =>
  (await s.alertRows()).filter(({ rule }) => rule === family || rule === `${family}-critical`).at(-1);

/** Rules of what is missing altogether are about something else. */
const rules = ['backup-none-server', 'update-scan-missing'].map((id) => ({ id, enabled: false }));

async function opened() {
  const s = await openScene({ rules });
  await s.presence('srv', 'online');
  return s;
}

for (const [family, bad] of [
  ['disk-health', smart('sda', 2)],
  ['array-health', array(2)],
] as const)
  test(`${family}: its measurement stops for three days, the rest goes on: it still fires and its ticket is open`, async () => {
    const s = await opened();
    await goOn(s, 20 * minute, bad, roomy);
    assert.is((await alertOf(s, family))?.severity, 'critical');
    await goOn(s, 3 * day, roomy);
    const alert = await alertOf(s, family);
    assert.equal([alert?.state, alert?.severity, alert?.resolved_at], ['firing', 'critical', null]);
    const [ticket] = await s.ticketRows();
    assert.ok(ticket?.open_key);
    assert.is(ticket?.restored_at, null);
    assert.equal(
      s.sent.map(({ event }) => event),
      ['firing'],
      'no one was notified that it ended',
    );
    await s.close();
  });

test('one disk of several is no longer among the samples: its alert ends as gone, not before its time', async () => {
  const s = await opened();
  await goOn(s, 20 * minute, smart('sda', 2), smart('sdb', 2), smart('sdc', 0));
  assert.is((await s.alertRows()).length, 2);
  await goOn(s, 25 * hour, smart('sdb', 2), smart('sdc', 0));
  assert.equal(
    (await s.alertRows()).map(({ state }) => state),
    ['firing', 'firing'],
  );
  await goOn(s, 90 * minute, smart('sdb', 2), smart('sdc', 0));
  const ends = (await s.alertRows()).map(({ tags, resolved_why }) => [JSON.parse(tags).name, resolved_why]);
  assert.equal(ends.sort(), [
    ['sda', 'gone'],
    ['sdb', null],
  ]);
  await s.close();
});

test('a disk that reports less often than the time after which it is gone is there in each of its reports', async () => {
  const s = await opened();
  for (const reading of [full, full, fuller, fuller]) {
    await s.say('srv', reading);
    await s.wait(15 * minute, minute);
  }
  const alerts = (await s.alertRows()).map(({ state, severity, resolved_why }) => [state, severity, resolved_why]);
  assert.equal(alerts, [['firing', 'critical', null]]);
  await s.close();
});

test('a restart does not bring the end of what is gone closer', async () => {
  let s = await opened();
  await goOn(s, 20 * minute, smart('sda', 2), smart('sdb', 0));
  await goOn(s, 20 * hour, smart('sdb', 0));
  s = await s.restart();
  await s.presence('srv', 'online');
  await goOn(s, 20 * hour, smart('sdb', 0));
  assert.is((await alertOf(s, 'disk-health'))?.state, 'firing', 'counted from the return of the collector');
  await goOn(s, 7 * hour, smart('sdb', 0));
  assert.is((await alertOf(s, 'disk-health'))?.resolved_why, 'gone');
  await s.close();
});

for (const [family, bad, unknown, good] of [
  ['backup-failed', backup(2), backup(5), backup(0)],
  ['custom-check', custom(2), custom(3), custom(0)],
] as const)
  test(`${family}: unknown after bad is not good; good is`, async () => {
    const s = await opened();
    await goOn(s, 20 * minute, bad);
    const before = await alertOf(s, family);
    assert.is(before?.state, 'firing');
    await goOn(s, 2 * day, unknown);
    const after = await alertOf(s, family);
    assert.equal([after?.id, after?.state, after?.severity], [before?.id, 'firing', before?.severity]);
    assert.ok((await s.ticketRows()).find(({ rule }) => rule === family)?.open_key);
    await goOn(s, 10 * minute, good);
    assert.is((await alertOf(s, family))?.resolved_why, 'cleared');
    await s.close();
  });

test('what was taken out for good is ended by a person, who is named; then its ticket is resolved', async () => {
  const s = await opened();
  await goOn(s, 20 * minute, smart('sda', 2));
  const id = (await alertOf(s, 'disk-health'))?.id ?? '';
  await goOn(s, 3 * day, roomy);
  await s.alerts.end(id, 'ada');
  assert.is((await alertOf(s, 'disk-health'))?.resolved_why, 'ended_by_person');
  const last = await s.state.selectFrom('alert_events').selectAll().where('alert', '=', id).orderBy('id').execute();
  assert.equal([last.at(-1)?.code, last.at(-1)?.actor], ['resolved', 'ada']);
  await s.wait(11 * minute, minute);
  assert.is((await s.ticketRows())[0]?.state, 'resolved');
  assert.equal(
    s.sent.map(({ event, why }) => [event, why]),
    [
      ['firing', null],
      ['resolved', 'ended_by_person'],
    ],
  );
  await s.alerts.end(id, 'ada').then(
    () => assert.unreachable(),
    (thrown: { code?: string }) => assert.is(thrown.code, 'CONFLICT'),
  );
  await goOn(s, 10 * minute, roomy);
  assert.is((await s.alertRows()).length, 1);
  await goOn(s, 10 * minute, smart('sda', 2));
  assert.is((await s.alertRows()).length, 2, 'seen again, it is a new alert');
  await s.close();
});

test('endpoint off: unknown for as long as it is away, and no time of absence counts as gone', async () => {
  const s = await opened();
  await goOn(s, 20 * minute, array(2), smart('sda', 0));
  await s.presence('srv', 'offline', 'shutdown');
  assert.is((await alertOf(s, 'array-health'))?.state, 'unknown');
  assert.is(s.alerts.held('srv').find(({ family }) => family === 'array-health')?.state, 'unknown');
  await s.wait(2 * day, hour);
  assert.is((await alertOf(s, 'array-health'))?.state, 'unknown');
  await s.presence('srv', 'online');
  // Its array is looked at seldom: the first reports do not speak of it.
  await goOn(s, hour, roomy);
  assert.is((await alertOf(s, 'array-health'))?.state, 'unknown');
  await goOn(s, 10 * minute, array(2));
  const alert = await alertOf(s, 'array-health');
  assert.equal([alert?.state, alert?.severity], ['firing', 'critical']);
  assert.is((await s.alertRows()).filter(({ rule }) => rule.startsWith('array-health')).length, 1);
  const told = s.sent.filter(({ rule }) => rule.id.startsWith('array-health')).map(({ event }) => event);
  assert.equal(told, ['firing'], 'notified once');
  await goOn(s, 10 * minute, array(0));
  assert.is((await alertOf(s, 'array-health'))?.resolved_why, 'cleared');
  await s.close();
});

test.run();
