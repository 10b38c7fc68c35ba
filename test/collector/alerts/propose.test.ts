/** Rules that only propose a ticket: none opens by itself, and one that a person opens lives as any other. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EvenkeelError } from '../../../shared/errors.ts';
import { full, hour, minute, openScene, roomy, type Scene, second } from './scene.ts';

const proposing = [{ id: 'disk-space', ticket: 'propose' as const }];

async function firing(rules: { id: string; ticket: 'off' | 'propose' | 'open' }[] = proposing): Promise<Scene> {
  const s = await openScene({ rules });
  await s.presence('srv', 'online');
  await s.keepSaying(10 * minute, 'srv', full);
  return s;
}
const alertOf = async (s: Scene) => (await s.alertRows()).at(-1);
const openFor = async (s: Scene) => s.alerts.openTicket((await alertOf(s))?.id ?? '', 'ada');
const refused = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (thrown) => (thrown instanceof EvenkeelError ? thrown.code : String(thrown)),
  );

test('nothing opens by itself, over a restart either', async () => {
  let s = await firing();
  assert.is((await alertOf(s))?.state, 'firing');
  assert.is((await alertOf(s))?.opens_ticket, 'propose');
  s = await s.restart();
  await s.keepSaying(30 * minute, 'srv', full);
  assert.equal(await s.ticketRows(), []);
  await s.close();
});

test('one click opens it at once, in the name of who clicked, and the alert says so', async () => {
  const s = await firing();
  await openFor(s);
  const [ticket] = await s.ticketRows();
  const alert = await alertOf(s);
  assert.equal(
    [ticket?.state, ticket?.kind, ticket?.alert, ticket?.rule, ticket?.endpoint, ticket?.opened_at],
    ['new', 'alert', alert?.id, 'disk-space', 'srv', s.now()],
  );
  assert.is(alert?.ticket, ticket?.id);
  const [opened] = await s.events(ticket?.id ?? 0);
  assert.equal([opened?.kind, opened?.actor], ['opened', 'ada']);
  const history = await s.state.selectFrom('alert_events').selectAll().where('code', '=', 'ticket_wanted').execute();
  assert.equal(
    history.map(({ actor }) => actor),
    ['ada'],
  );
  assert.is(await refused(openFor(s)), 'CONFLICT', 'there is one');
  assert.is((await s.ticketRows()).length, 1);
  await s.close();
});

test('untouched it is resolved when the alert has ended, and the next fire is proposed again', async () => {
  let s = await firing();
  await openFor(s);
  s = await s.restart();
  await s.keepSaying(hour, 'srv', roomy);
  assert.is((await s.ticketRows())[0]?.state, 'resolved');
  await s.keepSaying(30 * minute, 'srv', full);
  assert.is((await alertOf(s))?.state, 'firing');
  assert.equal(
    (await s.ticketRows()).map(({ state }) => state),
    ['resolved'],
  );
  await openFor(s);
  const [, next] = await s.ticketRows();
  assert.equal([next?.state, next?.follows], ['new', 1]);
  await s.close();
});

test('fires again while the ticket is open: counted in it', async () => {
  const s = await firing();
  await openFor(s);
  await s.tickets.comment(1, 'ada', { text: 'looking', isPublic: false, isFromRequester: false });
  await s.keepSaying(hour, 'srv', roomy);
  await s.keepSaying(20 * minute, 'srv', full);
  const tickets = await s.ticketRows();
  assert.equal(
    tickets.map(({ state, fires }) => [state, fires]),
    [['new', 2]],
  );
  await s.close();
});

test('also for a rule that wants none; not for an alert that is pending, resolved, or in the ticket it opened itself', async () => {
  const off = await firing([{ id: 'disk-space', ticket: 'off' }]);
  await openFor(off);
  assert.is((await off.ticketRows()).length, 1);
  await off.close();

  const pending = await openScene({ rules: proposing });
  await pending.presence('srv', 'online');
  await pending.keepSaying(20 * second, 'srv', full);
  assert.is((await alertOf(pending))?.state, 'pending');
  assert.is(await refused(openFor(pending)), 'CONFLICT');
  await pending.close();

  const itself = await firing([{ id: 'disk-space', ticket: 'open' }]);
  assert.is((await itself.ticketRows()).length, 1);
  assert.is(await refused(openFor(itself)), 'CONFLICT');
  await itself.keepSaying(hour, 'srv', roomy);
  assert.is(await refused(openFor(itself)), 'CONFLICT');
  assert.is(await refused(itself.alerts.openTicket('nothing', 'ada')), 'NOT_FOUND');
  await itself.close();
});

test.run();
