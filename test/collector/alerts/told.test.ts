/** What a message tells, and to whom: the true end, and a hand-over to whoever is asked. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { replacedBy } from '../../../collector/notify/replaced.ts';
import { escalating, firesFor } from './escalating.ts';
import { full, minute, openScene, roomy, second } from './scene.ts';

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

test.run();
