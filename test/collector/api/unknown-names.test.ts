/** Names that are not there and times that nobody can mean are refused, with what was most likely meant. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SiteRow, StatusPageRow, TicketDetail } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId, putEndpoint } from '../../support/fleet-history.ts';

const test = suite('unknown names');
const day = 86_400_000;
let collector: InProcess;
let ticket: string;
let page: string;
let site: SiteRow;

const call = (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') =>
  collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body === undefined ? {} : { body }) });
const made = async <T>(path: string, body: unknown): Promise<T> => {
  const answer = await call(path, body);
  assert.is(answer.status, 201, answer.text);
  return answer.body as T;
};

test.before(async () => {
  const first = await openCollector({ settings: 'zone: Asia/Tokyo\n' });
  const id = await putEndpoint(first.state, 1);
  await first.state.updateTable('endpoints').set({ tags: '["shop"]' }).where('id', '=', id).execute();
  await first.stop();
  collector = await first.again();
  await made('users', { name: 'ada', password: 'a sentence of its own', role: 'operator' });
  site = await made<SiteRow>('sites', { name: 'Berlin' });
  await made('groups', { name: 'Web servers' });
  ticket = `tickets/${(await made<TicketDetail>('tickets', { title: 'x' })).row.id}`;
  const components = [{ id: 'all', name: 'All', of: 'site', target: site.id }];
  const own = { slug: 'it', title: 'IT', intro: '', access: 'login', enabled: false, zone: 'UTC', components };
  page = `status-pages/${(await made<StatusPageRow>('status-pages', own)).id}`;
});
test.after(() => collector.close());

test('an alert goes to nobody who could not take it: a viewer, oneself, or somebody whom no message reaches', async () => {
  await made('users', { name: 'vic', password: 'a sentence of its own', role: 'viewer' });
  const told = async (to: string) => {
    const answer = await call('alerts/x/hand-over', { to });
    return `${answer.status} ${answer.text}`;
  };
  assert.match(await told('vic'), /^409.*cannot be handed over to \\"vic\\": as a viewer they may not acknowledge it/);
  assert.match(await told('a admin'), /^409.*that is you; name somebody else/);
  assert.match(await told('ada'), /^404/, 'without any channel only the alert itself is missing');
  await made('channels', { name: 'hook', kind: 'webhook', settings: { url: 'http://127.0.0.1:9/' } });
  assert.match(await told('ada'), /^409.*no message can reach them; they set under Settings/);
});

const when = { from: Date.now() + day, to: Date.now() + day + 3_600_000 };
const scoped = (of: string, target: string) => ({ scope: { of, target }, reason: 'x', ...when });
const names: [what: string, path: () => string, body: () => unknown, RegExp, method?: string][] = [
  [
    'assignee',
    () => `${ticket}/assign`,
    () => ({ assignee: 'adda' }),
    /no user "adda"; did you mean "ada"\? There are: .*ada/,
  ],
  ['owner', () => `${ticket}/hand-off`, () => ({ tier: 2, assignee: 'eve', reason: 'x', tried: 'x' }), /no user "eve"/],
  [
    'helper',
    () => `${ticket}/participants/join`,
    () => ({ kind: 'local', person: 'ad' }),
    /did you mean "ada"\? There are: .*ada/,
  ],
  [
    'who takes an alert',
    () => 'alerts/x/hand-over',
    () => ({ to: 'aad' }),
    /no user "aad"; did you mean "ada"\? There are: .*ada/,
  ],
  ['endpoint of a ticket', () => 'tickets', () => ({ title: 'x', endpoint: 'box-0001' }), new RegExp(endpointId(1))],
  [
    'site of maintenance',
    () => 'maintenance',
    () => scoped('site', 'Berlim'),
    /no site "Berlim"; there is only: Berlin/,
  ],
  ['tag of maintenance', () => 'maintenance', () => scoped('tag', 'shopp'), /"shopp"; there is only: shop/],
  ['group of maintenance', () => 'maintenance', () => scoped('group', 'Web server'), /there is only: Web servers/],
  ['endpoint of maintenance', () => 'maintenance', () => scoped('endpoint', 'box-0001'), new RegExp(endpointId(1))],
  [
    'site of a change',
    () => 'changes',
    () => ({ title: 'x', scopes: [{ of: 'site', target: 'Berlim' }], ...when }),
    /no site "Berlim"; there is only: Berlin/,
  ],
  [
    'tag of a target',
    () => 'availability/targets',
    () => ({ scope: 'tag', target: 'shoq', percent: 99.9, reason: 'x' }),
    /"shoq"; there is only: shop/,
    'PUT',
  ],
  [
    'part of a status page',
    () => page,
    () => ({ components: [{ id: 'all', name: 'All', of: 'site', target: 'berlin' }] }),
    /Berlin has the id s/,
    'PATCH',
  ],
];
for (const [what, path, body, why, method] of names)
  test(`a name that is not there: ${what}`, async () => {
    const answer = await call(path(), body(), method);
    assert.is(answer.status, 404, answer.text);
    assert.match((answer.body as { message: string }).message, why);
  });

test('a question about a place that is not there names those that are', async () => {
  const messageOf = async (query: string) => ((await call(`stability?${query}`)).body as { message: string }).message;
  assert.match(await messageOf('site=Berlim'), /"Berlim"; there is only: Berlin/);
});

const times: [what: string, path: () => string, body: (now: number) => unknown, RegExp][] = [
  ['a mute that is over', () => `${ticket}/resolve`, (now) => ({ wontFixUntil: now - day }), /is over/],
  ['a mute in seconds', () => `${ticket}/resolve`, (now) => ({ wontFixUntil: Math.floor(now / 1000) }), /is over/],
  ['a mute for ever', () => `${ticket}/resolve`, (now) => ({ wontFixUntil: now + 4000 * day }), /ten years/],
  [
    'a hold',
    () => `${ticket}/state`,
    (now) => ({ state: 'on_hold', reason: 'awaiting_vendor', until: now - 1 }),
    /over/,
  ],
  ['a notice of 1970', () => `${page}/notices`, () => ({ title: 'x', words: 'x', beganAt: 5 }), /too far in the past/],
  [
    'a next word that is past',
    () => `${page}/notices`,
    (now) => ({ title: 'x', words: 'x', nextAt: now - day }),
    /nextAt lies too far in the past/,
  ],
  [
    'a cost of the year 9',
    () => 'costs',
    () => ({
      ...{ name: 'x', category: 'tools', kind: 'monthly', cents: 5, from: '0009-01', to: null, months: null },
      reason: 'x',
    }),
    /between 1990 and 2100/,
  ],
  [
    'a restore of 1970',
    () => `endpoints/${endpointId(1)}/backups/daily/verified`,
    () => ({ ok: true, at: 5 }),
    /ten years ago/,
  ],
];
for (const [what, path, body, why] of times)
  test(`a time that nobody can mean: ${what}`, async () => {
    const answer = await call(path(), body(Date.now()));
    assert.is(answer.status, 400, answer.text);
    assert.match((answer.body as { message: string }).message, why);
  });

test('a message shows times in the report zone, and nothing as such', async () => {
  const messageOf = async (path: string, body: unknown) =>
    ((await call(path, body)).body as { message: string }).message;
  const from = Date.parse('2031-03-01T23:30:00Z');
  const change = { title: 'x', scopes: [{ of: 'site', target: 'Berlin' }], from, to: from - 3_600_000 };
  assert.match(await messageOf('changes', change), /Its end 2031-03-02 07:30 \(Asia\/Tokyo\) is not after .* 08:30/);
  const window = { scope: { of: 'site', target: 'Berlin' }, reason: 'x', from, to: from - 60_000 };
  assert.match(await messageOf('maintenance', window), /2031-03-02 08:29 \(Asia\/Tokyo\)/);
  const hold = { state: 'on_hold', reason: 'awaiting_vendor', until: Date.parse('2020-01-01T20:00:00Z') };
  assert.match(await messageOf(`${ticket}/state`, hold), /2020-01-02 05:00 \(Asia\/Tokyo\) is over/);
  for (const body of [change, window, { ...hold, wontFixUntil: 5 }])
    assert.not.match(JSON.stringify(await messageOf('changes', body)), /T\d\d:\d\d.*Z/);
  const cost = { name: 'Laptop', category: 'tools', kind: 'capital', cents: 90_000, from: '2026-11', to: null };
  const told = await messageOf('costs', { ...cost, months: null, reason: 'x' });
  assert.match(told, /months \(empty\): A purchase needs its months of life, 1 to 600/);
  assert.not.match(told, /""/);
});

test('what is there is taken: a user, and the caller under its own name', async () => {
  for (const assignee of ['ada', 'a admin', null]) {
    const answer = await call(`${ticket}/assign`, { assignee });
    assert.is(answer.status, 200, answer.text);
    assert.is((answer.body as TicketDetail).row.assignee, assignee);
  }
});

test.run();
