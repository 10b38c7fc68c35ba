/** "I am on it": what it stops, how long it lasts, what ends it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { full, fuller, GiB, hour, minute, openScene, roomy, type Scene, second } from './scene.ts';

async function firing(options: Parameters<typeof openScene>[0] = {}, reading = full): Promise<Scene> {
  const s = await openScene(options);
  await s.presence('srv', 'online');
  await s.keepSaying(70 * second, 'srv', reading);
  return s;
}

const alertOf = async (s: Scene) => (await s.alertRows()).at(-1);
const idOf = async (s: Scene) => (await alertOf(s))?.id ?? '';
const history = async (s: Scene) =>
  (await s.state.selectFrom('alert_events').selectAll().orderBy('id').execute()).map((event) => ({
    ...event,
    params: JSON.parse(event.params) as Record<string, unknown>,
  }));
const endings = async (s: Scene) =>
  (await history(s)).filter(({ code }) => code === 'acknowledgement_ended').map(({ at, params }) => [at, params.why]);

test('the note stands in the history of the alert and in the story of the ticket; the ticket is taken', async () => {
  const s = await firing();
  await s.keepSaying(3 * minute, 'srv', full);
  await s.alerts.acknowledge(await idOf(s), { by: 'ada', note: 'disk is ordered' });
  const said = (await history(s)).find(({ code }) => code === 'acknowledged');
  assert.equal([said?.actor, said?.params.note], ['ada', 'disk is ordered']);
  assert.is((await alertOf(s))?.acknowledged_note, 'disk is ordered');
  const [ticket] = await s.ticketRows();
  assert.equal([ticket?.assignee, ticket?.state, ticket?.touched_at], ['ada', 'in_progress', s.now()]);
  const story = (await s.events(ticket?.id ?? 0)).find(({ kind }) => kind === 'acknowledged');
  assert.equal([story?.actor, story?.text], ['ada', 'disk is ordered']);
  await s.keepSaying(hour, 'srv', roomy);
  assert.is((await alertOf(s))?.state, 'resolved');
  assert.is((await s.ticketRows())[0]?.state, 'in_progress', 'the monitor does not resolve what a person has');
  await s.close();
});

test('acknowledged before its ticket opens: the ticket opens taken, with the note, and is not resolved by itself', async () => {
  const s = await firing();
  await s.alerts.acknowledge(await idOf(s), { by: 'ada', note: 'I see it' });
  assert.equal(await s.ticketRows(), []);
  await s.keepSaying(3 * minute, 'srv', full);
  const [ticket] = await s.ticketRows();
  assert.equal([ticket?.assignee, ticket?.state, typeof ticket?.touched_at], ['ada', 'in_progress', 'number']);
  const story = (await s.events(ticket?.id ?? 0)).map(({ kind, actor, text }) => [kind, actor, text]);
  assert.equal(story, [
    ['opened', 'monitor', null],
    ['acknowledged', 'ada', 'I see it'],
  ]);
  await s.keepSaying(30 * minute, 'srv', roomy);
  assert.is((await s.ticketRows())[0]?.state, 'in_progress');
  await s.close();
});

test('the same over a restart between the two', async () => {
  let s = await firing();
  await s.alerts.acknowledge(await idOf(s), { by: 'ada' });
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(3 * minute, 'srv', full);
  const [ticket] = await s.ticketRows();
  assert.equal([ticket?.assignee, typeof ticket?.touched_at], ['ada', 'number']);
  await s.close();
});

test('taken back: a ticket that it took is nobody’s again; what somebody had or has worked on stays theirs', async () => {
  for (const [before, between, owner] of [
    ['nobody', 'nothing', null],
    ['eve', 'nothing', 'eve'],
    ['nobody', 'comment', 'ada'],
    ['nobody', 'another acknowledges', 'ada'],
  ] as const) {
    const s = await firing();
    await s.keepSaying(3 * minute, 'srv', full);
    const id = (await s.ticketRows())[0]?.id ?? 0;
    if (before === 'eve') await s.tickets.assign(id, 'eve', 'eve');
    await s.alerts.acknowledge(await idOf(s), { by: 'ada' });
    const comment = { text: 'the disk is on its way', isPublic: false, isFromRequester: false };
    if (between === 'comment') await s.tickets.comment(id, 'ada', comment);
    if (between === 'another acknowledges') await s.alerts.acknowledge(await idOf(s), { by: 'bob' });
    await s.alerts.withdraw(await idOf(s), 'ada');
    assert.is((await s.ticketRows())[0]?.assignee, owner, `${before}, ${between}`);
    const last = (await s.events(id)).at(-1);
    assert.equal([last?.kind, last?.text], owner === null ? ['assigned', null] : [last?.kind, last?.text]);
    await s.close();
  }
});

test('given back before its ticket opens: the ticket is no one’s', async () => {
  const s = await firing();
  const id = await idOf(s);
  await s.alerts.acknowledge(id, { by: 'ada' });
  await s.alerts.withdraw(id, 'ada');
  assert.equal(await endings(s), [[s.now(), 'withdrawn']]);
  await s.keepSaying(3 * minute, 'srv', full);
  const [ticket] = await s.ticketRows();
  assert.equal([ticket?.assignee, ticket?.state, ticket?.touched_at], [null, 'new', null]);
  await s.close();
});

for (const [severity, reading, hours] of [
  ['warning', full, 24],
  ['critical', fuller, 4],
] as const)
  test(`${severity}: expires after ${hours} h, to the second, and that is an event of the alert`, async () => {
    const s = await firing({}, reading);
    await s.alerts.acknowledge(await idOf(s), { by: 'ada' });
    const at = s.now();
    await s.wait(hours * hour - 5 * second, minute);
    assert.is((await alertOf(s))?.acknowledged_by, 'ada');
    await s.wait(5 * second, 5 * second);
    const row = await alertOf(s);
    assert.equal([row?.acknowledged_by, row?.acknowledged_at, row?.first_acknowledged_at], [null, null, at]);
    assert.equal(await endings(s), [[at + hours * hour, 'expired']]);
    await s.close();
  });

test('what expired while the collector was away has expired at its return, once', async () => {
  let s = await firing({}, fuller);
  await s.alerts.acknowledge(await idOf(s), { by: 'ada' });
  s = await s.restart();
  await s.wait(hour, minute);
  assert.is((await alertOf(s))?.acknowledged_by, 'ada', 'kept over a restart');
  s = await s.restart({ startAt: s.now() + 8 * hour });
  await s.wait(2 * second);
  assert.is((await alertOf(s))?.acknowledged_by, null);
  assert.equal(
    (await endings(s)).map(([, why]) => why),
    ['expired'],
  );
  s = await s.restart();
  await s.wait(minute);
  assert.is((await endings(s)).length, 1);
  await s.close();
});

for (const sticky of [false, true])
  test(`a worse level ${sticky ? 'leaves a sticky one as it is' : 'ends it, and is notified'}`, async () => {
    const s = await firing();
    await s.alerts.acknowledge(await idOf(s), { by: 'ada', sticky });
    await s.keepSaying(2 * minute, 'srv', fuller);
    const row = await alertOf(s);
    assert.equal([row?.severity, row?.acknowledged_by], ['critical', sticky ? 'ada' : null]);
    assert.equal(
      (await endings(s)).map(([, why]) => why),
      sticky ? [] : ['worse'],
    );
    assert.equal(
      s.sent.map(({ severity }) => severity),
      ['warning', 'critical'],
    );
    await s.close();
  });

test('better does not end it; the end of the alert does, and the next alert is no one’s', async () => {
  const s = await firing({}, fuller);
  await s.alerts.acknowledge(await idOf(s), { by: 'ada' });
  await s.keepSaying(3 * minute, 'srv', ['disk', { used_percent: 91, free: 7 * GiB }, full[2] ?? {}]);
  assert.equal([(await alertOf(s))?.severity, (await alertOf(s))?.acknowledged_by], ['warning', 'ada']);
  await s.keepSaying(3 * minute, 'srv', roomy);
  await s.keepSaying(3 * minute, 'srv', full);
  assert.is((await s.alertRows()).length, 2);
  assert.is((await alertOf(s))?.acknowledged_by, null);
  await s.close();
});

for (const accepted of [false, true])
  test(`handed over and ${accepted ? '' : 'not '}accepted within a quarter of an hour, over a restart`, async () => {
    let s = await firing();
    const id = await idOf(s);
    await s.alerts.acknowledge(id, { by: 'ada' });
    await s.alerts.handOver(id, 'ada', 'bob');
    const at = s.now();
    assert.equal([(await alertOf(s))?.handed_to, (await alertOf(s))?.acknowledged_by], ['bob', 'ada']);
    await s.wait(10 * minute, minute);
    s = await s.restart();
    if (accepted) await s.alerts.acknowledge(id, { by: 'bob' });
    await s.wait(5 * minute - second);
    assert.is((await alertOf(s))?.acknowledged_by, accepted ? 'bob' : 'ada');
    await s.wait(second);
    assert.equal([(await alertOf(s))?.acknowledged_by, (await alertOf(s))?.handed_to], [accepted ? 'bob' : null, null]);
    assert.equal(await endings(s), accepted ? [] : [[at + 15 * minute, 'hand-over not accepted']]);
    await s.close();
  });

test('only what fires can be acknowledged; what no one has cannot be handed over', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await s.say('srv', full);
  const id = await idOf(s);
  const refused = (promise: Promise<void>) =>
    promise.then(
      () => assert.unreachable(),
      (thrown: { code?: string }) => assert.is(thrown.code, 'CONFLICT'),
    );
  await refused(s.alerts.acknowledge(id, { by: 'ada' }));
  await s.keepSaying(70 * second, 'srv', full);
  await refused(s.alerts.handOver(id, 'ada', 'bob'));
  await s.presence('srv', 'offline', 'sleep');
  await s.alerts.acknowledge(id, { by: 'ada' });
  assert.equal([(await alertOf(s))?.state, (await alertOf(s))?.acknowledged_by], ['unknown', 'ada']);
  await s.close();
});

test('a ticket that opens in the tick in which its alert ends is whole', async () => {
  const s = await openScene({ rules: [{ id: 'disk-space', for_s: 0, clear_for_s: 0 }] });
  await s.presence('srv', 'online');
  await s.say('srv', full);
  // The open delay ends between two looks at the time, and the good report is what comes first after it.
  await s.wait(119 * second, 119 * second);
  s.skip(5 * second);
  await s.say('srv', roomy);
  assert.is((await alertOf(s))?.state, 'resolved');
  const [ticket] = await s.ticketRows();
  assert.equal(
    [ticket?.rule, ticket?.instance, ticket?.endpoint, ticket?.priority, ticket?.alert],
    ['disk-space', '/var', 'srv', 3, await idOf(s)],
  );
  assert.is((await alertOf(s))?.ticket, ticket?.id);
  await s.close();
});

test('a later, worse alert of the same kind that opens the ticket again raises its priority', async () => {
  const s = await firing();
  await s.keepSaying(3 * minute, 'srv', full);
  assert.is((await s.ticketRows())[0]?.priority, 3);
  await s.keepSaying(15 * minute, 'srv', roomy);
  assert.is((await s.ticketRows())[0]?.state, 'resolved');
  await s.keepSaying(5 * minute, 'srv', fuller);
  const [ticket, ...more] = await s.ticketRows();
  assert.equal(more, []);
  assert.equal([ticket?.state, ticket?.priority, ticket?.alert], ['in_progress', 2, await idOf(s)]);
  await s.close();
});

test('worse while its ticket waits to be opened: the ticket opens with the priority of now', async () => {
  const s = await firing();
  await s.keepSaying(90 * second, 'srv', fuller);
  assert.equal([(await alertOf(s))?.severity, (await s.ticketRows()).length], ['critical', 0]);
  await s.keepSaying(2 * minute, 'srv', fuller);
  const [ticket] = await s.ticketRows();
  assert.equal([ticket?.urgency, ticket?.priority], [1, 2]);
  await s.close();
});

test('reopened because it still fires: who has it is written down once', async () => {
  const s = await firing();
  await s.keepSaying(3 * minute, 'srv', full);
  await s.alerts.acknowledge(await idOf(s), { by: 'ada', note: 'I see it' });
  const id = (await s.ticketRows())[0]?.id ?? 0;
  await s.tickets.resolve(id, 'bob', 'emptied');
  await s.keepSaying(5 * minute, 'srv', full);
  const [ticket] = await s.ticketRows();
  assert.equal([ticket?.state, ticket?.assignee, typeof ticket?.touched_at], ['in_progress', 'ada', 'number']);
  assert.equal(
    (await s.events(id)).map(({ kind, actor }) => `${kind} ${actor}`),
    ['opened monitor', 'acknowledged ada', 'state bob', 'reopened monitor'],
  );
  await s.alerts.acknowledge(await idOf(s), { by: 'ada', note: 'once more' });
  assert.is((await s.events(id)).at(-1)?.text, 'once more');
  await s.close();
});

async function siteWith(options: Parameters<typeof openScene>[0] = {}) {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const endpoints = Object.fromEntries(ids.map((id) => [id, 'server' as const]));
  const s = await openScene({ endpoints, site: 'plant', rules: [{ id: 'disk-space', for_s: 0 }], ...options });
  const sayAll = async (ms: number) => {
    for (const end = s.now() + ms; s.now() < end; await s.wait(10 * second, 10 * second))
      for (const id of ids) await s.say(id, full);
  };
  const one = async (id: string) => (await s.alertRows()).find(({ endpoint }) => endpoint === id)?.id ?? '';
  return { s, sayAll, one };
}

test('acknowledged, and then one of an incident: the incident’s ticket is taken', async () => {
  const { s, sayAll, one } = await siteWith();
  await sayAll(30 * second);
  await s.alerts.acknowledge(await one('b'), { by: 'ada', note: 'I see it' });
  await sayAll(3 * minute);
  const [ticket, ...more] = await s.ticketRows();
  assert.equal(
    [ticket?.kind, ticket?.assignee, typeof ticket?.touched_at, more.length],
    ['incident', 'ada', 'number', 0],
  );
  await s.close();
});

test('one of an incident is acknowledged: the incident’s ticket is taken', async () => {
  const { s, sayAll, one } = await siteWith();
  await sayAll(4 * minute);
  await s.alerts.acknowledge(await one('b'), { by: 'ada', note: 'I see it' });
  const [ticket] = await s.ticketRows();
  assert.equal([ticket?.kind, ticket?.state, ticket?.assignee], ['incident', 'in_progress', 'ada']);
  assert.is((await s.events(ticket?.id ?? 0)).at(-1)?.text, 'I see it');
  await s.close();
});

test.run();
