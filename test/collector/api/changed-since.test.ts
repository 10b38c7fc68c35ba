/** Two people with the same form open: the later save is refused, with who came between, and is not written over the other. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseHeader, versionHeader } from '../../../shared/base.ts';
import { usualUpdateNumbers } from '../../../shared/update-choices.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite<{ collector: InProcess }>('changed since', {} as { collector: InProcess });
test.before(async (context) => {
  context.collector = await openCollector();
});
test.after(({ collector }) => collector.close());

interface Refused {
  code: string;
  message: string;
  why: { code: string; params: { by: string } }[];
}
const send = (collector: InProcess, method: string, path: string, body?: object, base?: string | null) =>
  collector.call(`/api/v1/${path}`, {
    ...{ method, as: 'admin', ...(body && { body }) },
    ...(base == null ? {} : { headers: { [baseHeader]: base } }),
  });
const versionOf = async (collector: InProcess, path: string) =>
  (await send(collector, 'GET', path)).headers.get(versionHeader);

const reason = 'test';
const calendar = { zone: 'UTC', weekly: { mon: [['09:00', '17:00']] }, region: null, holidays: [], overrides: {} };
const documents: Record<
  string,
  { make?: { path: string; body: object }; read: string; method: string; path: string; bodies: [object, object] }
> = {
  'settings of agents': {
    ...{ read: 'agent-settings', method: 'PUT', path: 'agent-settings/layers' },
    bodies: [
      { scope: { of: 'all', target: '' }, settings: { interval_s: 60, services: ['nginx'] }, reason },
      { scope: { of: 'all', target: '' }, settings: { interval_s: 30 }, reason },
    ],
  },
  'settings of updates': {
    ...{ read: 'agent-updates', method: 'PUT', path: 'agent-updates/settings' },
    bodies: [
      { on: true, numbers: usualUpdateNumbers },
      { on: false, numbers: usualUpdateNumbers },
    ],
  },
  'a calendar': {
    make: { path: 'calendars', body: { ...calendar, name: 'Office', reason } },
    ...{ read: 'calendars', method: 'PATCH', path: 'calendars/:id' },
    bodies: [
      { zone: 'Asia/Tokyo', reason },
      { zone: 'UTC', reason },
    ],
  },
  'a cost': {
    make: {
      path: 'costs',
      body: {
        name: 'Desk',
        category: 'people',
        kind: 'monthly',
        cents: 1,
        from: '2026-01',
        to: null,
        months: null,
        reason,
      },
    },
    ...{ read: 'costs', method: 'PATCH', path: 'costs/:id' },
    bodies: [
      { cents: 2, reason },
      { cents: 3, reason },
    ],
  },
  'a rule': {
    ...{ read: 'rules', method: 'POST', path: 'rules/changes' },
    bodies: [
      { changes: [{ rule: 'cpu', parts: { for_s: 600 } }], reason },
      { changes: [{ rule: 'cpu', parts: { for_s: 900 } }], reason },
    ],
  },
  'the routes': {
    make: { path: 'channels', body: { name: 'ops', kind: 'webhook', settings: { url: 'https://example.org/x' } } },
    ...{ read: 'routes', method: 'PUT', path: 'routes' },
    bodies: [
      { content: { receivers: ['channel:ops'] }, reason },
      { content: { receivers: ['channel:ops'], wait: '1m' }, reason },
    ],
  },
  'a target of a site': {
    make: { path: 'sites', body: { name: 'Osaka' } },
    ...{ read: 'availability/targets', method: 'PUT', path: 'availability/targets' },
    bodies: [
      { scope: 'site', target: 'Osaka', percent: 99, reason },
      { scope: 'site', target: 'Osaka', percent: 98, reason },
    ],
  },
};

for (const [what, { make, read, method, path, bodies }] of Object.entries(documents))
  test(`${what}: who saves later is told of the other`, async ({ collector }) => {
    const made = make && (await send(collector, 'POST', make.path, make.body));
    if (made) assert.is(made.status, 201, made.text);
    const at = path.replace(':id', String((made?.body as { id?: string } | undefined)?.id));
    const base = await versionOf(collector, read);
    assert.match(base ?? '', /^\d+$/);
    const [first, second] = bodies;
    const saved = await send(collector, method, at, first, base);
    assert.ok(saved.status < 300, saved.text);
    const late = await send(collector, method, at, second, base);
    assert.is(late.status, 409, late.text);
    const { code, message, why } = late.body as Refused;
    assert.is(code, 'CHANGED_SINCE');
    assert.match(message, /It was changed since you opened it, by a admin/);
    assert.equal(why, [{ code: 'changed_since', params: { by: 'a admin' } }]);
    // The same form goes on after its own save, and the other one once it has been told.
    assert.ok((await send(collector, method, at, second, saved.headers.get(versionHeader))).status < 300);
    assert.ok((await send(collector, method, at, first, late.headers.get(versionHeader))).status === 409);
    assert.ok((await send(collector, method, at, first, await versionOf(collector, read))).status < 300);
  });

test('another document is no reason, nor what is new; a base that is none is refused', async ({ collector }) => {
  const named = (name: string) => ({ ...calendar, name, reason });
  const made = await send(collector, 'POST', 'calendars', named('A'));
  const { id } = made.body as { id: string };
  const base = await versionOf(collector, 'calendars');
  assert.is((await send(collector, 'POST', 'calendars', named('B'), base)).status, 201);
  assert.is((await send(collector, 'POST', 'calendars', named('C'), base)).status, 201);
  assert.is((await send(collector, 'PATCH', `calendars/${id}`, { zone: 'Asia/Tokyo', reason }, base)).status, 200);
  const wrong = await send(collector, 'PATCH', `calendars/${id}`, { zone: 'UTC', reason }, 'today');
  assert.is(wrong.status, 400);
  assert.match(wrong.text, /evenkeel-base .*today.* is not the number that evenkeel-version gave/);
});

test('of two at the same moment one is saved', async ({ collector }) => {
  const base = await versionOf(collector, 'agent-settings');
  const layer = (interval_s: number) => ({ scope: { of: 'all', target: '' }, settings: { interval_s }, reason });
  const both = await Promise.all(
    [20, 30].map((seconds) => send(collector, 'PUT', 'agent-settings/layers', layer(seconds), base)),
  );
  assert.equal(both.map(({ status }) => status).sort(), [200, 409]);
  const rows = await collector.state
    .selectFrom('audit_log')
    .selectAll()
    .where('object', '=', 'agent_settings')
    .execute();
  assert.equal(
    rows.map(({ outcome, object_id }) => [outcome, object_id]).filter(([outcome]) => outcome !== 'done'),
    [],
  );
});

test.run();
