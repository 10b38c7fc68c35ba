/** A retired endpoint is taken back within 30 days, with its history and its credential. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, NewEnrollment, RetiredEndpoint } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { openWire } from '../../simulate/wire.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('take back');
const day = 86_400_000;
let collector: InProcess;
let ahead = 0;
const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };

test.before(async () => {
  collector = await openCollector({ clock });
});
test.after(() => collector.close());

const post = (path: string, body?: object) =>
  collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', ...(body === undefined ? {} : { body }) });

interface Enrolled {
  endpoint: string;
  name: string;
  secret: string;
}

async function enrol(hostname: string): Promise<Enrolled> {
  const { code } = (await post('enrollments', {})).body as NewEnrollment;
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0', hostname };
  return (await post('enroll', { code: decodeJoinCode(code).secret, ...about })).body as Enrolled;
}

const retire = (id: string) => collector.call(`/api/v1/endpoints/${id}`, { method: 'DELETE', as: 'admin' });
const listed = async () =>
  ((await collector.call('/api/v1/endpoints/retired', { as: 'admin' })).body as { items: RetiredEndpoint[] }).items;

async function answerTo({ endpoint, secret }: Enrolled): Promise<number> {
  const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
  const code = await wire.connected;
  wire.cut();
  return code;
}

test('its credential, name and history are back; it stands in the audit log and in its history', async () => {
  const one = await enrol('web-1');
  await retire(one.endpoint);
  assert.is(await answerTo(one), 4);
  const [row] = await listed();
  assert.is((row?.restorableUntil as number) - (row?.retiredAt as number), 30 * day);
  ahead = 29 * day;
  const answer = await post(`endpoints/${one.endpoint}/take-back`);
  assert.equal([answer.status, answer.body], [200, { name: 'web-1' }]);
  assert.is(await answerTo(one), 0);
  assert.equal(await listed(), []);
  const detail = (await collector.call(`/api/v1/endpoints/${one.endpoint}`, { as: 'viewer' })).body as EndpointDetail;
  assert.equal(
    detail.identityEvents.map(({ kind }) => kind),
    ['restored', 'retired'],
  );
  const audit = (await collector.call('/api/v1/audit?object=endpoint', { as: 'admin' })).text;
  assert.match(audit, /"action":"take_back"/);
  ahead = 0;
});

test('where its name is taken by then it gets another one', async () => {
  const one = await enrol('till');
  await retire(one.endpoint);
  await enrol('till');
  assert.equal((await post(`endpoints/${one.endpoint}/take-back`)).body, { name: 'till-2' });
});

test('what is not retired, was retired too long ago, was erased or replaced is refused in words', async () => {
  const one = await enrol('old');
  const problem = async (id: string) => (await post(`endpoints/${id}/take-back`)).text;
  assert.match(await problem(one.endpoint), /is not retired/);
  await retire(one.endpoint);
  ahead = 30 * day;
  assert.match(await problem(one.endpoint), /more than 30 days ago/);
  assert.is((await listed()).find(({ id }) => id === one.endpoint)?.restorableUntil, null);
  ahead = 0;
  await post(`endpoints/${one.endpoint}/erase`, { name: 'old', reason: 'test' });
  assert.match(await problem(one.endpoint), /erased/);
  assert.match(await problem('enobody'), /NOT_FOUND/);
});

test.run();
