/** On call at the REST interface: what persons do with a log-in, what is noted of it, and the alert about a gap. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUsers } from '../../../collector/accounts/users.ts';
import type { OnCallAnswer, TraceAnswer } from '../../../shared/on-call.ts';
import type { OwnWay } from '../../../shared/own-ways.ts';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';
import { runCollector } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

const test = suite('on call at the REST interface');
let collector: InProcess;
const password = 'correct horse battery';
const cookies: Record<string, string> = {};
const settings = `
channels:
  - { name: ops, kind: webhook, url: http://127.0.0.1:9/hook }
outgoing: { allow: [127.0.0.1] }
`;

test.before(async () => {
  collector = await openCollector({ settings });
  const users = createUsers(collector.state, Date.now, () => undefined);
  for (const [name, role] of [
    ['ada', 'admin'],
    ['ann', 'operator'],
    ['vera', 'viewer'],
  ] as const) {
    await users.create({ name, password, role });
    const answer = await send('POST', '/api/v1/login', { user: name, password });
    cookies[name] = String(answer.headers.get('set-cookie')).split(';')[0] as string;
  }
});
test.after(() => collector.close());

function send(method: string, path: string, body?: object, by?: string): Promise<Answer> {
  const cookie = by === undefined ? undefined : cookies[by];
  return collector.call(path, { method, ...(body ? { body } : {}), headers: cookie === undefined ? {} : { cookie } });
}
const url = '/api/v1/on-call';
const content = {
  zone: 'Europe/Berlin',
  layers: [{ name: 'main', users: ['ann'], rotation: { unit: 'day', every: 1, start: '2026-03-02T09:00' } }],
};

test('an operator says how to be reached, and makes and revokes a link to the own shifts', async () => {
  const me = { content: { ways: [{ channel: 'ops' }], quiet: { zone: 'Asia/Tokyo', start: '22:00', end: '07:00' } } };
  assert.is((await send('PUT', `${url}/me`, me, 'ann')).status, 200);
  assert.equal((await send('GET', `${url}/me`, undefined, 'ann')).body, {
    name: 'ann',
    owner: 'people',
    ...me,
    warnings: [],
  });
  const wrong = await send('PUT', `${url}/me`, { content: { ways: [{ channel: 'opps' }] } }, 'ann');
  assert.is(wrong.status, 400);
  assert.match(wrong.text, /There is no channel \\"opps\\"; there is only: ops/);
  assert.is((await send('PUT', `${url}/schedules/primary`, { content }, 'ada')).status, 200);
  const made = (await send('POST', `${url}/feed`, undefined, 'ann')).body as { url: string };
  const path = new URL(made.url).pathname;
  const feed = await send('GET', path);
  assert.is(feed.status, 200);
  assert.match(feed.headers.get('content-type') ?? '', /^text\/calendar/);
  assert.match(feed.text, /^BEGIN:VCALENDAR\r\n[\s\S]*SUMMARY:On call: primary\r\n/);
  assert.is((await send('DELETE', `${url}/feed`, undefined, 'ann')).status, 204);
  assert.is((await send('GET', path)).status, 404);
});

test('one tests a saved way only; its result stays, and whose turn it is is said', async () => {
  const refused = await send('POST', `${url}/me/test`, { channel: 'ops', address: 'x@example.org' }, 'ann');
  assert.is(refused.status, 404, refused.text);
  const trial = (await send('POST', `${url}/me/test`, { channel: 'ops' }, 'ann')).body as { error: string };
  assert.match(trial.error, /ECONNREFUSED|refused/);
  const { items } = (await send('GET', `${url}/me/ways`, undefined, 'ann')).body as { items: OwnWay[] };
  assert.equal(
    items.map(({ channel, address, last }) => [channel, address, last?.error]),
    [['ops', null, trial.error]],
  );
  const turn = (await send('GET', `${url}/me/now`, undefined, 'ann')).body;
  assert.equal(turn, { schedules: ['primary'], until: null });
  assert.equal((await send('GET', `${url}/me/now`, undefined, 'vera')).body, { schedules: [], until: null });
});

test('a viewer sees who is on call, and changes nothing', async () => {
  const seen = (await send('GET', url, undefined, 'vera')).body as OnCallAnswer;
  assert.is(seen.schedules[0]?.now.user, 'ann');
  const span = { from: Date.now(), to: Date.now() + 3_600_000, user: 'vera' };
  const refused = [
    send('PUT', `${url}/me`, { content: { ways: [] } }, 'vera'),
    send('POST', `${url}/schedules/primary/overrides`, span, 'vera'),
    send('PUT', `${url}/schedules/primary`, { content }, 'vera'),
    send('PUT', '/api/v1/routes', { content: { receivers: ['channel:ops'] } }, 'vera'),
    send('PUT', `${url}/policies/x`, { content: { steps: [{ targets: ['channel:ops'] }] } }, 'vera'),
    send('PUT', `${url}/schedules/primary`, { content }, 'ann'),
  ];
  for (const answer of await Promise.all(refused)) assert.is(answer.status, 403, answer.text);
});

test('routes are tried, saved, and traced; what was and what is stands in the audit log', async () => {
  const policy = { steps: [{ targets: ['schedule:primary'], wait: '5m' }], fallback: 'channel:ops' };
  assert.is((await send('PUT', `${url}/policies/servers`, { content: policy }, 'ada')).status, 200);
  const routes = {
    receivers: ['channel:ops'],
    children: [{ name: 'own', match: ['endpoint="collector"'], receivers: ['policy:servers'] }],
  };
  assert.is((await send('POST', '/api/v1/routes/preview', { content: routes }, 'ada')).status, 200);
  assert.is(((await send('GET', '/api/v1/routes', undefined, 'vera')).body as { owner: string }).owner, 'default');
  assert.is((await send('PUT', '/api/v1/routes', { content: routes, reason: 'ours' }, 'ada')).status, 200);
  const question = 'endpoint=collector&rule=schedule-gap&severity=critical';
  const { heard } = (await send('GET', `/api/v1/routes/trace?${question}`, undefined, 'vera')).body as TraceAnswer;
  assert.equal(
    heard.map(({ receiver, path, steps }) => [receiver, path, steps.map(({ reached }) => reached[0]?.receiver)]),
    [['policy:servers', 'root/own', ['person:ann', 'channel:ops']]],
  );
  const { items } = (await send('GET', '/api/v1/audit?object=routes', undefined, 'ada')).body as {
    items: { actor: string; reason: string; before: object; after: object }[];
  };
  assert.is(items[0]?.actor, 'ada');
  assert.is(items[0]?.reason, 'ours');
  assert.match(JSON.stringify(items[0]?.before), /default/);
  assert.match(JSON.stringify(items[0]?.after), /policy:servers/);
});

test('what matches nothing, and what is gone, is said where it stands', async () => {
  const add = { name: 'old', kind: 'webhook', settings: { url: 'http://127.0.0.1:9/old' } };
  assert.is((await send('POST', '/api/v1/channels', add, 'ada')).status, 201);
  const routes = {
    receivers: ['channel:ops', 'channel:old'],
    children: [
      {
        name: 'slips',
        match: ['sit="Berlin"'],
        receivers: ['channel:ops'],
        children: [{ name: 'b', match: ['site=Berlim'] }],
      },
      { name: 'all', receivers: [] },
      { name: 'after', match: ['severity=critical'] },
    ],
  };
  type Warned = { warnings: { at: string; why: { code: string; params?: { meant?: string } } }[] };
  const brief = ({ warnings }: Warned) => warnings.map(({ at, why }) => [at, why.code, why.params?.meant]);
  await send('POST', '/api/v1/sites', { name: 'Berlin' }, 'ada');
  const slips = [
    ['children.0.match.0', 'matcher_no_label', 'site'],
    ['children.0.children.0.match.0', 'matcher_no_value', undefined],
    ['children.1.receivers', 'oncall_no_receivers', undefined],
    ['children.2', 'oncall_hidden', undefined],
  ];
  const tried = await send('POST', '/api/v1/routes/preview', { content: routes }, 'ada');
  assert.equal(brief(tried.body as Warned), slips, tried.text);
  const saved = await send('PUT', '/api/v1/routes', { content: routes }, 'ada');
  assert.equal(brief(saved.body as Warned), slips, 'a warning: it is saved');
  const policy = { steps: [{ targets: ['channel:old'], wait: '5m' }] };
  assert.equal((await send('PUT', `${url}/policies/late`, { content: policy }, 'ada')).body, {
    ...{ name: 'late', owner: 'people', content: policy, warnings: [] },
  });
  await send('PUT', `${url}/me`, { content: { ways: [{ channel: 'ops' }, { channel: 'old' }] } }, 'ann');
  assert.is((await send('DELETE', '/api/v1/channels/old', undefined, 'ada')).status, 204);
  const gone = async (path: string) => (await send('GET', path, undefined, path.endsWith('/me') ? 'ann' : 'ada')).body;
  assert.equal(brief((await gone('/api/v1/routes')) as Warned)[0], ['receivers.1', 'oncall_no_channel', undefined]);
  const { items } = (await gone(`${url}/policies`)) as { items: (Warned & { name: string })[] };
  const late = items.find(({ name }) => name === 'late') as Warned;
  assert.equal(brief(late), [['steps.0.targets.0', 'oncall_no_channel', undefined]]);
  assert.equal(brief((await gone(`${url}/me`)) as Warned), [['ways.1.channel', 'oncall_no_channel', undefined]]);
  const question = 'endpoint=collector&rule=schedule-gap&severity=critical';
  const traced = (await gone(`/api/v1/routes/trace?${question}`)) as TraceAnswer;
  assert.equal(traced.gone, [{ receiver: 'channel:old', path: 'root/all' }]);
  const { stdout, stderr, code } = await runCollector([
    'routes',
    'test',
    '--endpoint',
    'collector',
    '--rule',
    'schedule-gap',
    '--severity',
    'critical',
    '--data',
    collector.data,
  ]).ended;
  assert.is(code, 0, stderr);
  assert.match(stdout, /channel:old {3}of the route root\/all is not there any more: nobody hears by it/);
  assert.match(stderr, /children\.0\.match\.0: No alert has a label "sit" now; did you mean "site"\? There are: /);
  assert.match(stderr, /receivers\.1: There is no channel "old"/);
});

test('a gap within a week is an alert, which ends when an override fills it', async () => {
  const from = Date.now() + 2 * 86_400_000;
  const day = new Date(from).toISOString().slice(0, 10);
  const layer = { ...content.layers[0], holidays: [day] };
  const gaps = { zone: 'UTC', layers: [layer] };
  const firing = async () => {
    const { items } = (await send('GET', '/api/v1/alerts?state=firing', undefined, 'ada')).body as {
      items: { rule: { id: string }; tags: Record<string, string> }[];
    };
    return items.filter(({ rule }) => rule.id === 'schedule-gap').map(({ tags }) => tags.schedule);
  };
  const saved = await send('PUT', `${url}/schedules/nights`, { content: gaps }, 'ada');
  assert.is((saved.body as OnCallAnswer['schedules'][0]).gaps.length, 1, saved.text);
  await until(async () => (await firing()).includes('nights'), 10_000, 'the alert');
  const { items: shown } = (await send('GET', '/api/v1/alerts?state=firing', undefined, 'ada')).body as {
    items: { rule: { id: string }; value: number | null }[];
  };
  const gap = shown.find(({ rule }) => rule.id === 'schedule-gap');
  assert.is(gap?.value, Date.parse(`${day}T00:00Z`), 'when nobody is on call');
  const filled = await send('PUT', `${url}/schedules/filled`, { content: { ...gaps, fallback: 'channel:ops' } }, 'ada');
  assert.equal((filled.body as OnCallAnswer['schedules'][0]).gaps, [], 'the fallback is notified then');
  const span = { from: Date.parse(`${day}T00:00Z`), to: Date.parse(`${day}T00:00Z`) + 86_400_000, user: 'ann' };
  assert.is((await send('POST', `${url}/schedules/nights/overrides`, span, 'ann')).status, 201);
  await until(async () => !(await firing()).includes('nights'), 10_000, 'its end');
  // So does the end of the schedule itself.
  assert.is((await send('PUT', `${url}/schedules/evenings`, { content: gaps }, 'ada')).status, 200);
  await until(async () => (await firing()).includes('evenings'), 10_000, 'the alert of another');
  assert.not((await firing()).includes('filled'));
  assert.is((await send('DELETE', `${url}/schedules/evenings`, undefined, 'ada')).status, 204);
  await until(async () => !(await firing()).includes('evenings'), 10_000, 'its end with the schedule');
});

test.run();
