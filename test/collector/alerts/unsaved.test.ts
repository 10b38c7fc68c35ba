/** The state cannot be written for a while: whatever the moment, in the end things are as if it always could. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { full, hour, minute, openScene, roomy, type Scene, second } from './scene.ts';

const quick = ['disk-space', 'disk-space-critical'].map((id) => ({ id, for_s: 0, clear_for_s: 0 }));

/** Nothing about alerts can be saved until the function that it returns is called. */
async function breakState(s: Scene): Promise<() => Promise<void>> {
  const tables = ['alert_events', 'ticket_events'];
  for (const table of tables) await s.state.schema.alterTable(table).renameTo(`${table}_away`).execute();
  return async () => {
    for (const table of tables) await s.state.schema.alterTable(`${table}_away`).renameTo(table).execute();
  };
}

const fails = (work: Promise<unknown> | undefined) =>
  Promise.resolve(work).then(
    () => assert.unreachable('it was saved'),
    (thrown) => assert.match(String(thrown), /_events/),
  );
/** Time goes on, whether or not what it brings about can be saved. */
const waitFailing = (s: Scene, ms: number) =>
  (async () => {
    for (const end = s.now() + ms; s.now() < end; ) await s.wait(second).catch(() => undefined);
  })();

test('a server becomes down in the very second: it is notified once the state can be written', async () => {
  const s = await openScene({ rules: [{ id: 'server-down', for_s: 0 }] });
  await s.presence('srv', 'online');
  await s.say('srv', roomy);
  await s.presence('srv', 'lost', 'silent');
  await s.wait(9 * minute, minute);
  const mend = await breakState(s);
  await waitFailing(s, 2 * minute);
  assert.equal(await s.alertRows(), []);
  await mend();
  await s.wait(2 * second);
  const [alert] = await s.alertRows();
  assert.is(alert?.state, 'firing');
  assert.is(s.sent.length, 1);
  await s.close();
});

test('the ticket opens, the alert ends, a person acknowledges: each is made up for', async () => {
  const s = await openScene({ rules: quick });
  await s.presence('srv', 'online');
  await s.say('srv', full);
  await s.wait(minute);
  const id = (await s.alertRows())[0]?.id ?? '';
  const mend = await breakState(s);
  await fails(s.alerts.acknowledge(id, { by: 'ada' }));
  await waitFailing(s, 3 * minute);
  assert.equal(await s.ticketRows(), []);
  await mend();
  await s.wait(2 * second);
  const [ticket] = await s.ticketRows();
  assert.ok(ticket?.open_key);
  assert.is((await s.alertRows())[0]?.acknowledged_by, 'ada');
  const again = await breakState(s);
  await fails(s.alerts.onReport(s.fleet.get('srv') as never, s.report(roomy), true));
  assert.is(s.alerts.held('srv').length, 1, 'not over before it is saved');
  await again();
  await s.wait(2 * second);
  assert.is((await s.alertRows())[0]?.state, 'resolved');
  assert.equal(
    s.sent.map(({ event }) => event),
    ['firing', 'resolved'],
  );
  await s.close();
});

test('an acknowledgement expires meanwhile: once, at its own time', async () => {
  const s = await openScene({ rules: quick });
  await s.presence('srv', 'online');
  await s.say('srv', full);
  const id = (await s.alertRows())[0]?.id ?? '';
  const until = s.now() + hour;
  await s.alerts.acknowledge(id, { by: 'ada', until });
  await s.wait(59 * minute, minute);
  const mend = await breakState(s);
  await waitFailing(s, 2 * minute);
  await mend();
  await s.wait(2 * second);
  const events = await s.state
    .selectFrom('alert_events')
    .selectAll()
    .where('code', '=', 'acknowledgement_ended')
    .execute();
  assert.equal(
    events.map(({ at, params }) => [at, JSON.parse(params).why]),
    [[until, 'expired']],
  );
  assert.is((await s.alertRows())[0]?.acknowledged_by, null);
  await s.close();
});

test('retired, or an end by a person, while it cannot be saved', async () => {
  const s = await openScene({ endpoints: { srv: 'server', old: 'server' }, rules: quick });
  for (const id of ['srv', 'old']) {
    await s.presence(id, 'online');
    await s.say(id, full);
  }
  const mend = await breakState(s);
  await fails(s.alerts.retired('old'));
  await fails(s.alerts.end(s.alerts.held('srv')[0]?.id ?? '', 'ada'));
  assert.is(s.alerts.held('old').length, 1);
  await mend();
  await s.wait(2 * second);
  assert.equal((await s.alertRows()).map(({ resolved_why }) => resolved_why).sort(), ['ended_by_person', 'retired']);
  assert.is(s.alerts.held('srv').length, 0);
  await s.close();
});

test('stopped while it fails: the next start finds what was saved, and the next report brings the rest', async () => {
  let s = await openScene({ rules: quick });
  await s.presence('srv', 'online');
  const mend = await breakState(s);
  await fails(s.alerts.onReport(s.fleet.get('srv') as never, s.report(full), true));
  await mend();
  s = await s.restart();
  await s.presence('srv', 'online');
  assert.equal(await s.alertRows(), []);
  await s.say('srv', full);
  assert.is((await s.alertRows())[0]?.state, 'firing');
  await s.close();
});

test.run();
