/** What a message tells, and to whom: the true end, and a hand-over to whoever is asked. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Notification } from '../../../collector/notify/channel.ts';
import { bodyText, headline } from '../../../collector/notify/notification-text.ts';
import { replacedBy } from '../../../collector/notify/replaced.ts';
import { escalating, firesFor } from './escalating.ts';
import { full, hour, minute, openScene, roomy, second } from './scene.ts';

for (const restarted of [false, true])
  test(`the end in a message is the end of the alert, however late it is sent${restarted ? ', also after a restart' : ''}`, async () => {
    let s = await openScene({ notify: { wait: 30 * second, interval: 5 * minute } });
    const { sent } = s;
    await s.presence('srv', 'online');
    await s.keepSaying(2 * minute, 'srv', full);
    await s.keepSaying(70 * second, 'srv', roomy);
    const [row] = await s.alertRows();
    assert.is(row?.state, 'resolved');
    if (restarted) {
      s = await s.restart();
      await s.presence('srv', 'online');
    }
    await s.keepSaying(8 * minute, 'srv', roomy);
    const end = [...sent, ...s.sent].find(({ event }) => event === 'resolved');
    assert.ok(s.now() - (row?.resolved_at ?? 0) > 5 * minute);
    assert.is(end?.endedAt, row?.resolved_at);
    await s.close();
  });

test('whoever an alert is handed to is told at once, and of its end', async () => {
  const e = await escalating();
  await e.keep(firesFor(2 * minute), full);
  const id = await e.alert();
  await e.s.alerts.acknowledge(id, { by: 'cat' });
  await e.s.alerts.handOver(id, 'cat', 'bob');
  await e.keep(30 * second, full);
  const told = e.heard.find(({ event }) => event === 'hand_over');
  assert.equal([told?.who, told?.notification.owner], ['bob', 'cat']);
  await e.s.alerts.acknowledge(id, { by: 'bob' });
  await e.keep(10 * minute, roomy);
  assert.equal(
    e.heard
      .filter(({ event }) => event === 'resolved')
      .map(({ who }) => who)
      .sort(),
    ['bob', 'cat'],
  );
  await e.close();
});

test('of what was never sent only the end is left to those who heard, and nothing to those who did not', () => {
  const rows = ['firing', 'escalation', 'resolved'].map((event, n) => {
    return { id: `${n}`, subject: 'group', event: event as 'firing', attempts: 0 };
  });
  assert.equal([...replacedBy(rows, () => false).ids].sort(), ['0', '1', '2']);
  assert.equal([...replacedBy(rows, () => true).ids].sort(), ['0', '1']);
  const still = rows.slice(0, 2);
  assert.equal([...replacedBy(still, () => false).ids], ['0'], 'the later one says that it fires');
});

/** Work that the agent of a machine reported. */
async function worked(e: Awaited<ReturnType<typeof escalating>>, id: number, what: 'patch' | 'restart', at: number) {
  const named = { kind: 'recognised', title: '', description: '', state: 'done', start_at: at, end_at: at };
  const none = { implemented_at: at, outcome: null, outcome_reason: null, objective_met: null, repair_of: null };
  const packages = JSON.stringify(what === 'patch' ? ['nginx 1.28', 'openssl 3.5'] : []);
  const made = { site: 'Berlin', created_at: at, created_by: 'monitor', updated_at: at, updated_by: 'monitor' };
  const row = { id, ...named, ...none, what, manager: what === 'patch' ? 'apt' : null, packages, ...made };
  await e.s.state
    .insertInto('changes')
    .values(row as never)
    .execute();
  const seen = { change: id, endpoint: 'srv', at, what, fingerprint: `f${id}`, packages: '[]' };
  await e.s.state
    .insertInto('change_observations')
    .values(seen as never)
    .execute();
}

test('a first message says what changed on the machine shortly before, a reminder its number, for how long, and the same', async () => {
  const e = await escalating({
    receivers: ['channel:chat'],
    notify: { repeat: { critical: null, warning: 9 * hour, info: null } },
  });
  const began = e.s.now();
  await worked(e, 1, 'restart', began - 25 * hour);
  await worked(e, 2, 'patch', began - 2 * hour);
  await e.keep(firesFor(minute), full);
  const [first] = e.heard;
  const line = (of: typeof first, language: 'en' | 'ja' = 'en') =>
    bodyText(of?.notification as Notification, language)
      .split('\n')
      .find((one) => /^(What changed before|直前の変更): /.test(one));
  assert.is(
    line(first),
    'What changed before: 2026-01-04 22:00:00 UTC – Updates: apt, packages: 2 (nginx 1.28, openssl 3.5)',
  );
  assert.match(line(first, 'ja') ?? '', /nginx/);
  // The restart is reported late, and is newer.
  await worked(e, 3, 'restart', began + minute);
  await e.keep(19 * hour, full);
  const reminders = e.heard.filter(({ event }) => event === 'repeat');
  assert.equal(
    reminders.map(({ notification }) => headline(notification, 'en').split(':')[0]),
    ['Warning · Reminder 1, firing for 9h', 'Warning · Reminder 2, firing for 18h'],
  );
  assert.match(headline(reminders[1]?.notification as Notification, 'ja'), /再通知 2\s回目・継続\s18\s時間/);
  assert.is(line(reminders[0]), 'What changed before: 2026-01-05 00:01:00 UTC – Restart');
  await e.keep(10 * minute, roomy);
  const end = e.heard.at(-1);
  assert.equal([end?.event, line(end)], ['resolved', undefined], 'it is over: nobody looks for its cause now');
  await e.close();
});

test('nothing is said to have changed where nothing did, or long before', async () => {
  const e = await escalating({ receivers: ['channel:chat'] });
  await worked(e, 1, 'patch', e.s.now() - 25 * hour);
  await e.keep(firesFor(minute), full);
  assert.is(e.heard[0]?.notification.changed, undefined);
  await e.close();
});

test.run();
