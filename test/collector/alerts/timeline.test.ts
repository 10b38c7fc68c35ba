/** Acceptance on a time-line: at t say …, then want … */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Notification } from '../../../collector/notify/channel.ts';
import { full, fuller, hour, minute, openScene, recorder, roomy, second } from './scene.ts';

const events = (sent: { event: string; severity: string }[]) =>
  sent.map(({ event, severity }) => `${event} ${severity}`);

test('pending → firing → ticket → notification; cleared → resolved → second notification → ticket resolved', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await s.say('srv', full);
  assert.is((await s.alertRows())[0]?.state, 'pending');
  await s.keepSaying(50 * second, 'srv', full);
  assert.equal(s.sent, [], 'no one is notified of what is only pending');
  await s.keepSaying(10 * second, 'srv', full);
  const [alert] = await s.alertRows();
  assert.is(alert?.state, 'firing');
  assert.is(alert?.value, 92);
  assert.equal(events(s.sent), ['firing warning']);
  assert.is(s.sent[0]?.url, `https://ek.example/alerts/${alert?.id}`);
  assert.equal(await s.ticketRows(), [], 'the ticket waits for the delay');
  await s.keepSaying(2 * minute, 'srv', full);
  const [ticket] = await s.ticketRows();
  assert.equal([ticket?.rule, ticket?.instance, ticket?.endpoint, ticket?.title], ['disk-space', '/var', 'srv', null]);
  assert.is(ticket?.priority, 3, 'a server, hindered');
  assert.is(ticket?.alert, alert?.id);
  assert.is((await s.alertRows())[0]?.ticket, ticket?.id);
  assert.equal(
    s.alerts.held('srv').map(({ severity, state }) => [severity, state]),
    [['warning', 'firing']],
  );

  await s.keepSaying(2 * minute, 'srv', roomy);
  assert.equal(events(s.sent), ['firing warning', 'resolved warning']);
  assert.is(s.sent[1]?.key, s.sent[0]?.key);
  assert.is((await s.alertRows())[0]?.resolved_why, 'cleared');
  assert.type((await s.ticketRows())[0]?.restored_at, 'number');
  assert.is((await s.ticketRows())[0]?.state, 'new');
  await s.keepSaying(11 * minute, 'srv', roomy);
  assert.is((await s.ticketRows())[0]?.state, 'resolved');
  assert.is((await s.ticketRows())[0]?.open_key, null);
  assert.equal(
    (await s.events(ticket?.id ?? 0)).map((event) => event.kind),
    ['opened', 'cleared', 'state'],
  );
  await s.close();
});

test('a blip that ends before `for` leaves no trace', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await s.say('srv', full);
  await s.keepSaying(30 * second, 'srv', roomy);
  assert.equal(await s.alertRows(), []);
  assert.equal(s.sent, []);
  await s.close();
});

test('hysteresis: back below the limit but above the clear level keeps it firing', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  await s.keepSaying(10 * minute, 'srv', [
    'disk',
    { used_percent: 88, free: 2 },
    { path: '/var', device: '/dev/sdb1' },
  ]);
  assert.is((await s.alertRows())[0]?.state, 'firing');
  await s.close();
});

test('worse makes the same alert critical, with one more notification and a higher priority; better eases it silently', async () => {
  const s = await openScene({ policy: { openDelay: 0 } });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  assert.is((await s.ticketRows())[0]?.priority, 3);
  await s.keepSaying(2 * minute, 'srv', fuller);
  assert.is((await s.alertRows()).length, 1);
  assert.is((await s.alertRows())[0]?.severity, 'critical');
  assert.equal(events(s.sent), ['firing warning', 'update critical']);
  assert.is((await s.ticketRows()).length, 1);
  assert.is((await s.ticketRows())[0]?.priority, 2);
  await s.keepSaying(3 * minute, 'srv', ['disk', { used_percent: 91, free: 3 }, { path: '/var', device: '/dev/sdb1' }]);
  assert.is((await s.alertRows())[0]?.severity, 'warning');
  assert.is(s.sent.length, 2);
  await s.close();
});

test('two disks are two alerts, and one that is unmounted does not fire for ever', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  const other: typeof full = [full[0], full[1], { path: '/home', device: '/dev/sdc1' }];
  await s.keepSaying(2 * minute, 'srv', full, other);
  assert.is((await s.alertRows()).length, 2);
  await s.keepSaying(12 * minute, 'srv', other);
  const rows = await s.alertRows();
  assert.equal(rows.map((row) => row.resolved_why).sort(), ['gone', null]);
  await s.close();
});

test('endpoint off: what it measured is unknown; back and still bad, it is the same alert and no one is notified twice', async () => {
  const s = await openScene({ endpoints: { pc: 'workstation' } });
  await s.presence('pc', 'online');
  await s.keepSaying(5 * minute, 'pc', full);
  await s.presence('pc', 'offline', 'sleep');
  assert.is((await s.alertRows())[0]?.state, 'unknown');
  assert.is(s.alerts.held('pc')[0]?.state, 'unknown');
  assert.is((await s.ticketRows())[0]?.open_key !== null, true, 'unknown is not recovered');
  await s.wait(8 * hour, minute);
  await s.presence('pc', 'online');
  await s.say('pc', full);
  const [row] = await s.alertRows();
  assert.is(row?.state, 'firing');
  assert.is(row?.resolved_at, null);
  assert.is((await s.alertRows()).length, 1);
  assert.is(s.sent.length, 1);
  await s.keepSaying(2 * minute, 'pc', roomy);
  assert.equal(events(s.sent), ['firing warning', 'resolved warning']);
  await s.close();
});

test('pending when the endpoint goes: forgotten', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await s.say('srv', full);
  await s.presence('srv', 'offline', 'restart');
  assert.equal(await s.alertRows(), []);
  await s.close();
});

test('a server whose will came is down after a minute; back, it is resolved', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await s.presence('srv', 'lost', 'will');
  assert.is((await s.alertRows())[0]?.state, 'pending');
  await s.wait(61 * second);
  assert.equal(events(s.sent), ['firing critical']);
  assert.is(s.sent[0]?.rule.id, 'server-down');
  await s.wait(2 * minute);
  assert.is((await s.ticketRows())[0]?.priority, 2);
  await s.presence('srv', 'online');
  await s.wait(2 * minute);
  assert.equal(events(s.sent), ['firing critical', 'resolved critical']);
  await s.close();
});

test('a server that says goodbye or only falls silent is down after the time of the rule', async () => {
  for (const [state, reason] of [
    ['offline', 'shutdown'],
    ['offline', 'sleep'],
    ['lost', 'silent'],
  ] as const) {
    const s = await openScene();
    await s.presence('srv', 'online');
    await s.say('srv', roomy);
    await s.presence('srv', state, reason);
    await s.wait(9 * minute, 5 * second);
    assert.equal(await s.alertRows(), [], reason);
    await s.wait(3 * minute, 5 * second);
    assert.is((await s.alertRows())[0]?.state, 'firing', reason);
    await s.close();
  }
});

test('a workstation that sleeps, shuts down, dies or is silent raises none; after three weeks one quiet ticket', async () => {
  for (const [state, reason] of [
    ['offline', 'sleep'],
    ['offline', 'shutdown'],
    ['lost', 'will'],
    ['lost', 'silent'],
  ] as const) {
    const s = await openScene({ endpoints: { pc: 'workstation' } });
    await s.presence('pc', 'online');
    await s.say('pc', roomy);
    await s.presence('pc', state, reason);
    await s.wait(20 * 24 * hour, hour);
    assert.equal(await s.alertRows(), [], reason);
    await s.wait(2 * 24 * hour, hour);
    assert.is((await s.ticketRows()).length, 1, reason);
    assert.equal(s.sent, [], 'for pages, not for messages');
    await s.close();
  }
});

test('an endpoint of which nothing is known yet is neither down nor well', async () => {
  const s = await openScene();
  await s.presence('srv', 'lost', 'will');
  await s.wait(2 * minute);
  const down = await s.restart();
  assert.is((await down.alertRows())[0]?.state, 'firing');
  await down.presence('srv', 'unknown', 'collector_restarted');
  await down.wait(5 * minute);
  assert.is((await down.alertRows())[0]?.state, 'firing', 'goes on');
  await down.close();
});

test('backlog raises nothing', async () => {
  const s = await openScene({ rules: [{ id: 'disk-space', for_s: 0 }] });
  await s.presence('srv', 'online');
  const endpoint = s.fleet.get('srv');
  if (!endpoint) throw new Error('no endpoint');
  await s.alerts.onReport(endpoint, s.report(full), false);
  assert.equal(await s.alertRows(), []);
  await s.close();
});

test('a pending alert keeps its time over a restart', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await s.say('srv', full);
  await s.keepSaying(40 * second, 'srv', full);
  const again = await s.restart();
  assert.is((await again.alertRows())[0]?.state, 'pending');
  await again.presence('srv', 'online');
  await again.keepSaying(20 * second, 'srv', full);
  assert.is((await again.alertRows())[0]?.state, 'firing');
  assert.is(again.sent.length, 1);
  await again.close();
});

test('a restart between firing and ticket, and between recovery and resolution, loses neither', async () => {
  let s = await openScene();
  await s.presence('srv', 'online');
  await s.keepSaying(90 * second, 'srv', full);
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  assert.is((await s.ticketRows()).length, 1);
  await s.keepSaying(3 * minute, 'srv', roomy);
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(11 * minute, 'srv', roomy);
  assert.is((await s.ticketRows())[0]?.state, 'resolved');
  await s.close();
});

test('recovered while the collector was away: the alert ends with the first good report, the orphaned ticket follows', async () => {
  let s = await openScene({ policy: { openDelay: 0 } });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  // The alert's end was saved, the ticket's was lost: an orphan.
  await s.state.updateTable('alerts').set({ state: 'resolved', active_key: null, resolved_why: 'cleared' }).execute();
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(11 * minute, 'srv', roomy);
  const [ticket] = await s.ticketRows();
  assert.is(ticket?.state, 'resolved');
  assert.equal(
    (await s.events(ticket?.id ?? 0)).map((event) => event.kind),
    ['opened', 'cleared', 'state'],
  );
  await s.close();
});

test('a rule that is switched off ends its alerts with that reason', async () => {
  let s = await openScene();
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  s = await s.restart({
    rules: [
      { id: 'disk-space', enabled: false },
      { id: 'disk-space-critical', enabled: false },
    ],
  });
  assert.is((await s.alertRows())[0]?.resolved_why, 'rule_removed');
  await s.wait(second);
  assert.is(s.sent[0]?.event, 'resolved');
  await s.close();
});

test('retired: alerts end, the untouched ticket is resolved', async () => {
  const s = await openScene({ policy: { openDelay: 0 } });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  await s.state.updateTable('endpoints').set({ retired_at: s.now() }).execute();
  await s.fleet.reload('srv');
  await s.alerts.retired('srv');
  assert.is((await s.alertRows())[0]?.resolved_why, 'retired');
  await s.wait(11 * minute, minute);
  assert.is((await s.ticketRows())[0]?.state, 'resolved');
  await s.close();
});

test('closed by hand while it fires: opened again; touched: never resolved by the monitor', async () => {
  const s = await openScene({ policy: { openDelay: minute } });
  await s.presence('srv', 'online');
  await s.keepSaying(3 * minute, 'srv', full);
  const id = (await s.ticketRows())[0]?.id ?? 0;
  await s.tickets.resolve(id, 'ada', 'I think it is solved');
  await s.keepSaying(2 * minute, 'srv', full);
  assert.is((await s.ticketRows())[0]?.state, 'in_progress');
  assert.is((await s.ticketRows()).length, 1);
  await s.tickets.comment(id, 'ada', { text: 'on it', isPublic: false, isFromRequester: false });
  await s.keepSaying(30 * minute, 'srv', roomy);
  const [ticket] = await s.ticketRows();
  assert.is(ticket?.state, 'in_progress');
  assert.type(ticket?.restored_at, 'number');
  await s.keepSaying(24 * hour, 'srv', roomy);
  assert.is(s.sent.at(-1)?.event, 'reminder');
  await s.close();
});

/** Event, and of how many alerts. */
const counted = (sent: Notification[]) => sent.map(({ event, members }) => `${event} ${members?.count ?? 1}`);
const grouping = { wait: 30 * second, interval: 5 * minute };

test('nine servers of a site are down at once: one message, one ticket, one end', async () => {
  const endpoints = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`srv${i}`, 'server' as const]));
  const s = await openScene({ endpoints, site: 'BER', notify: grouping });
  for (const id of Object.keys(endpoints)) await s.presence(id, 'online');
  for (const id of Object.keys(endpoints)) await s.presence(id, 'lost', 'will');
  await s.wait(5 * minute);
  assert.equal(counted(s.sent), ['firing 9']);
  const tickets = await s.ticketRows();
  assert.is(tickets.filter((ticket) => ticket.open_key !== null).length, 1);
  assert.is((await s.alertRows()).filter((alert) => alert.ticket === tickets.at(-1)?.id).length, 10);
  for (const id of Object.keys(endpoints)) await s.presence(id, 'online');
  await s.wait(13 * minute, 10 * second);
  assert.is((await s.ticketRows()).filter((ticket) => ticket.open_key !== null).length, 0);
  assert.equal(counted(s.sent), ['firing 9', 'resolved 9']);
  await s.close();
});

test('an incident goes on over a restart: its end is notified', async () => {
  const endpoints = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`srv${i}`, 'server' as const]));
  const ids = Object.keys(endpoints);
  const heard: Notification[] = [];
  let s = await openScene({ endpoints, site: 'BER', routes: [recorder(heard)], notify: grouping });
  for (const id of ids) await s.presence(id, 'online');
  for (const id of ids.slice(1)) await s.presence(id, 'lost', 'will');
  await s.wait(4 * minute);
  s = await s.restart();
  await s.wait(4 * minute);
  const open = (await s.ticketRows()).filter((ticket) => ticket.open_key !== null);
  assert.is(open.filter(({ kind }) => kind === 'incident').length, 1);
  assert.equal(counted(heard), ['firing 6']);
  for (const id of ids) await s.presence(id, 'online');
  await s.wait(13 * minute, 10 * second);
  assert.equal(
    (await s.ticketRows()).map((ticket) => ticket.state),
    ['resolved'],
  );
  assert.equal(counted(heard), ['firing 6', 'resolved 6']);
  await s.close();
});

test('flapping over a restart: one ticket, resolved only after half an hour without a fire', async () => {
  const quick = [
    { id: 'disk-space', for_s: 0, clear_for_s: 0 },
    { id: 'disk-space-critical', for_s: 0, clear_for_s: 0 },
  ];
  let s = await openScene({ rules: quick, policy: { openDelay: 0 } });
  await s.presence('srv', 'online');
  for (let i = 0; i < 3; i++) {
    await s.keepSaying(minute, 'srv', full);
    await s.keepSaying(minute, 'srv', roomy);
  }
  const [ticket] = await s.ticketRows();
  const rows = await s.alertRows();
  assert.equal(
    rows.map((row) => row.ticket),
    [ticket?.id, ticket?.id, ticket?.id],
    'each alert leads to the ticket that counts it',
  );
  assert.is(ticket?.alert, rows.at(-1)?.id, 'and the ticket shows the last of them');
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(20 * minute, 'srv', roomy);
  assert.is((await s.ticketRows())[0]?.open_key !== null, true);
  await s.keepSaying(12 * minute, 'srv', roomy);
  assert.equal(
    (await s.ticketRows()).map(({ state, fires }) => [state, fires]),
    [['resolved', 3]],
  );
  await s.close();
});

test('a value that does not come: unknown has a rule of its own', async () => {
  const s = await openScene({
    rules: [
      { id: 'update-scan-missing', when: { kind: 'missing', measurement: 'patches', field: 'scan_ok', after_s: 7200 } },
    ],
  });
  await s.presence('srv', 'online');
  await s.say('srv', roomy);
  await s.wait(3 * hour, minute);
  const rows = (await s.alertRows()).filter((row) => row.rule === 'update-scan-missing');
  assert.is(rows[0]?.state, 'firing');
  await s.say('srv', ['patches', { scan_ok: 1 }, { manager: 'apt' }]);
  await s.wait(2 * minute, minute);
  const after = (await s.alertRows()).filter((row) => row.rule === 'update-scan-missing');
  assert.is(after[0]?.state, 'resolved');
  await s.close();
});

test('the collector about itself: notified, and notified when it is over', async () => {
  const s = await openScene();
  await s.alerts.self('the series store does not take reports: disk full');
  await s.alerts.self('the series store does not take reports: disk full');
  await s.wait(second);
  assert.equal(events(s.sent), ['firing critical']);
  await s.alerts.self(null);
  await s.wait(second);
  assert.equal(events(s.sent), ['firing critical', 'resolved critical']);
  await s.close();
});

test('when state cannot be written the channels are notified of it directly, once', async () => {
  const s = await openScene();
  await s.state.schema.dropTable('deliveries').execute();
  await s.alerts.self('state cannot be written');
  await s.alerts.self('state cannot be written');
  assert.equal(events(s.sent), ['firing critical']);
  await s.close();
});

test('a save that fails is no alert lost: the next report raises it', async () => {
  const s = await openScene({ rules: [{ id: 'disk-space', for_s: 0 }] });
  await s.presence('srv', 'online');
  await s.state.schema.alterTable('deliveries').renameTo('elsewhere').execute();
  try {
    await s.alerts.onReport(s.fleet.get('srv') ?? (undefined as never), s.report(full), true);
    assert.unreachable();
  } catch (thrown) {
    assert.match(String(thrown), /deliveries/);
  }
  assert.equal(await s.alertRows(), [], 'nothing of the change was kept');
  await s.state.schema.alterTable('elsewhere').renameTo('deliveries').execute();
  await s.say('srv', full);
  assert.is((await s.alertRows())[0]?.state, 'firing');
  assert.is(s.sent.length, 1);
  await s.close();
});

test('a second person takes over, the first stays the one that counts; a resolved alert cannot be acknowledged', async () => {
  const s = await openScene({ rules: [{ id: 'disk-space', for_s: 0 }] });
  await s.presence('srv', 'online');
  await s.say('srv', full);
  const id = (await s.alertRows())[0]?.id ?? '';
  await s.alerts.acknowledge(id, { by: 'ada' });
  await s.wait(minute);
  await s.alerts.acknowledge(id, { by: 'bob' });
  const [row] = await s.alertRows();
  assert.is(row?.acknowledged_by, 'bob');
  assert.is((row?.acknowledged_at ?? 0) - (row?.first_acknowledged_at ?? 0), minute);
  await s.keepSaying(3 * minute, 'srv', roomy);
  for (const [which, code] of [
    [id, 'CONFLICT'],
    ['nothing', 'NOT_FOUND'],
  ] as const)
    await s.alerts.acknowledge(which, { by: 'ada' }).then(
      () => assert.unreachable(),
      (thrown: { code?: string }) => assert.is(thrown.code, code),
    );
  await s.close();
});

test('a healthy report touches no database and makes no promise of its own', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  const endpoint = s.fleet.get('srv');
  if (!endpoint) throw new Error('no endpoint');
  const first = s.alerts.onReport(endpoint, s.report(roomy), true);
  assert.is(s.alerts.onReport(endpoint, s.report(roomy), true), first);
  await s.keepSaying(2 * minute, 'srv', full);
  assert.is(s.alerts.onReport(endpoint, s.report(full), true), first, 'firing on is no transition');
  await s.close();
});

test('what comes at once is saved together: 300 alerts in a moment', async () => {
  const endpoints = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`srv${i}`, 'server' as const]));
  const s = await openScene({ endpoints, rules: [{ id: 'disk-space', for_s: 0 }] });
  const started = performance.now();
  await Promise.all([...s.fleet.all()].map((endpoint) => s.alerts.onReport(endpoint, s.report(full), true)));
  const ms = performance.now() - started;
  console.log(`\nFIGURE 300 alerts at once, saved with their notifications: ${ms.toFixed(0)} ms`);
  assert.is((await s.alertRows()).length, 300);
  await s.close();
});

test.run();
