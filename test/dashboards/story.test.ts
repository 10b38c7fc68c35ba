import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { joined, storyOf } from '../../dashboards/web/time/story.ts';
import type { TicketDetail } from '../../shared/api.ts';

const test = suite('story of a ticket');
const minute = 60_000;

type Event = TicketDetail['events'][number];
const event = (minutes: number, kind: string, data: unknown = null): Event => ({
  id: minutes,
  at: minutes * minute,
  actor: 'monitor',
  kind,
  from: null,
  to: null,
  text: null,
  data,
  isPublic: false,
});

const alert = (firedAt: number, resolvedAt: number | null) =>
  ({
    metric: 'disk.used_percent',
    pendingAt: firedAt * minute,
    firedAt: firedAt * minute,
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: resolvedAt === null ? null : resolvedAt * minute,
  }) as unknown as NonNullable<TicketDetail['alert']>;

const detail = (events: Event[], of: TicketDetail['alert']) =>
  ({ row: {}, alert: of, events, quoted: [], notifications: [], follows: null }) as unknown as TicketDetail;

const told = (ticket: TicketDetail) =>
  storyOf(ticket).map((moment) =>
    moment.kind === 'event' ? moment.event.kind : moment.kind === 'alert' ? `alert ${moment.step}` : moment.kind,
  );

test('the alert tells its own coming and going, the monitor does not say it again', () => {
  const ticket = detail([event(1, 'opened'), event(5, 'fired'), event(9, 'cleared')], alert(5, 9));
  assert.equal(told(ticket), ['opened', 'alert pending', 'alert firing', 'alert resolved']);
});

test('an alert that comes and goes is one line with its count; a person’s word between stays where it was', () => {
  const comings = Array.from({ length: 6 }, (_, n) => event(n + 2, n % 2 === 0 ? 'fired' : 'cleared'));
  const ticket = detail(
    [event(1, 'opened'), ...comings, event(20, 'comment'), event(21, 'fired'), event(22, 'cleared')],
    alert(30, null),
  );
  assert.equal(told(ticket), ['opened', 'repeats', 'comment', 'fired', 'cleared', 'alert pending', 'alert firing']);
  const repeats = storyOf(ticket).find((moment) => moment.kind === 'repeats');
  assert.equal(repeats, { at: 7 * minute, kind: 'repeats', from: 2 * minute, fires: 3 });
});

test('in an incident each endpoint that joined is named', () => {
  const joins = Array.from({ length: 8 }, (_, n) =>
    event(n, 'fired', { key: 'k', endpoint: { id: `e${n}`, name: 'x' } }),
  );
  assert.is(told(detail(joins, null)).length, 8);
  assert.equal(joined(joins[3] as Event), { id: 'e3', name: 'x' });
  assert.is(joined(event(1, 'fired', { alert: 'a' })), null);
});

test('an acknowledgement is told once, when it was given, with its note', () => {
  const taken = { ...alert(5, null), acknowledgedAt: 6 * minute, acknowledgedBy: 'ada' };
  const note = (at: number, actor: string) => ({ ...event(at, 'acknowledged'), actor, text: 'on it' });
  const before = detail([event(7, 'opened'), note(7, 'ada')], taken);
  assert.equal(told(before), ['alert pending', 'alert firing', 'acknowledged', 'opened']);
  assert.is(storyOf(before)[2]?.at, 6 * minute);
  const same = detail([event(5, 'opened'), note(6, 'ada')], taken);
  assert.equal(told(same), ['alert pending', 'alert firing', 'opened', 'acknowledged']);
  const other = detail([event(5, 'opened'), note(6, 'bo')], taken);
  assert.equal(told(other).slice(3), ['alert acknowledged', 'acknowledged'], 'of somebody else it is another one');
});

test('the note that it flaps is kept', () => {
  const ticket = detail([event(1, 'opened'), event(2, 'fired'), event(2, 'fired', { flapping: true })], null);
  assert.equal(told(ticket), ['opened', 'fired', 'fired']);
});

test('an endpoint that went silent crossed no limit', () => {
  const silent = { ...alert(5, null), metric: 'endpoint.silent' };
  assert.equal(told(detail([], silent)), ['alert silent', 'alert firing']);
});

test('without a value no limit was crossed: what fired at once only fired, what was held began', () => {
  const outside = { ...alert(5, null), value: null, threshold: null };
  assert.equal(told(detail([], { ...outside, pendingAt: Number(outside.firedAt) })), ['alert firing']);
  assert.equal(told(detail([], { ...outside, pendingAt: 4 * minute })), ['alert held', 'alert firing']);
});

test.run();
