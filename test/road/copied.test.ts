/** A copied folder on other hardware, and hardware that was repaired: real collector, real agents, and what they read of the machine. */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Credential } from '../../agent/credential.ts';
import type { EndpointDetail, EndpointRow, NewEnrollment } from '../../shared/api.ts';
import type { Applicant } from '../../shared/applicant.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { temporaryFolder, until } from '../support/processes.ts';

const test = suite('copied');
const folder = temporaryFolder();
const faking = fileURLToPath(new URL('../support/fake-machine.ts', import.meta.url));
let collector: InProcess;
let ahead = 0;
const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };

test.before(async () => {
  collector = await openCollector({ clock });
});
test.after(async () => {
  await collector.close();
  folder.remove();
});

const home = (name: string) => join(folder.path, name);
const kept = (name: string) => JSON.parse(readFileSync(join(home(name), 'agent.json'), 'utf8')) as Credential;
const detail = async (id: string) =>
  (await collector.call(`/api/v1/endpoints/${id}`, { as: 'viewer' })).body as EndpointDetail;
const isOnline = (id: string) => async () => (await detail(id)).row.state === 'online';

interface Hardware {
  uuid?: string;
  serial?: string;
  system: string;
  card: string;
}

/** A folder that an agent takes for the machine that it runs on. */
function machine(name: string, { uuid, serial, system, card }: Hardware): string {
  const root = join(folder.path, `machine-${name}`);
  rmSync(root, { recursive: true, force: true });
  const files: Record<string, string | undefined> = {
    'sys/class/dmi/id/product_uuid': uuid,
    'sys/class/dmi/id/product_serial': serial,
    'etc/machine-id': system,
    'sys/class/net/eth0/address': card,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text !== undefined) writeFileSync(join(root, path), `${text}\n`);
  }
  symlinkSync('../../../devices/pci0000:00', join(root, 'sys/class/net/eth0/device'));
  mkdirSync(join(root, 'proc/self/ns'), { recursive: true });
  symlinkSync('pid:[4026531836]', join(root, 'proc/self/ns/pid'));
  return root;
}

/** Of an agent that runs: no socket, and nothing that is half written. */
const filter = (path: string) => !/\.(sock|\d+)$/.test(path);
const on = (root: string) => ({ NODE_OPTIONS: `--import ${faking}`, FAKE_MACHINE: root });
const start = (name: string, root: string) => startAgent(['run', '--data', home(name)], undefined, on(root));
async function stop(agent: AgentProcess): Promise<void> {
  agent.child.kill('SIGTERM');
  await agent.finished;
}

async function enrol(name: string, root: string, body: object = {}): Promise<Credential> {
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body });
  const { code } = made.body as NewEnrollment;
  const enrolling = startAgent(['enroll', '-', '--data', home(name), '--name', name], code, on(root));
  if ('approval' in body) await letIn();
  const done = await enrolling.finished;
  assert.is(done.code, 0, done.stderr);
  writeFileSync(join(home(name), 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1 }));
  return kept(name);
}

async function waitingOnes(): Promise<Applicant[]> {
  const { items } = (await collector.call('/api/v1/applicants', { as: 'admin' })).body as { items: Applicant[] };
  return items.filter(({ state }) => state === 'waiting');
}

async function letIn(): Promise<Applicant> {
  await until(async () => (await waitingOnes()).length > 0, 30_000, 'a machine that waits');
  const [one] = (await waitingOnes()) as [Applicant];
  const path = `/api/v1/applicants/${one.id}/approve`;
  assert.is((await collector.call(path, { method: 'POST', as: 'admin' })).status, 204);
  return one;
}

const gold = { uuid: '4c4c4544-0051-3610-8057-b4c04f4e3132', serial: 'C02XL0GYJGH5', system: 'a1b2'.repeat(8) };
const first = { ...gold, card: '52:54:00:12:34:56' };
const second = { ...first, uuid: '4c4c4544-0051-3610-8057-b4c04f4e9999', serial: 'C02XL0GYJGH9' };

test('a copy on other hardware is an endpoint of its own before it reports anything, and the original is never cut', async () => {
  const original = await enrol('gold', machine('gold', first), { site: 'north', tags: ['till'] });
  const running = start('gold', machine('gold', first));
  await until(isOnline(original.endpoint), 30_000, 'the original');
  assert.ok(kept('gold').hardware?.print.uuid);
  cpSync(home('gold'), home('copy'), { recursive: true, filter });
  const cutBefore = running.output().split('No connection').length;
  const copy = start('copy', machine('copy', second));
  await until(() => kept('copy').endpoint !== original.endpoint, 30_000, 'an endpoint of its own');
  const own = kept('copy');
  await until(isOnline(own.endpoint), 30_000, 'the copy');
  assert.is(running.output().split('No connection').length, cutBefore);
  const [of, from] = [await detail(own.endpoint), await detail(original.endpoint)];
  assert.equal([of.row.site, of.row.tags], ['north', ['till']]);
  assert.equal([of.identityEvents[0]?.kind, of.identityEvents[0]?.names], ['copied', { from: 'gold' }]);
  assert.equal([from.identityEvents[0]?.kind, from.sharedBy], ['copy_made', []]);
  assert.equal(
    of.looksLike.map(({ id, likeness }) => [id, likeness]),
    [[original.endpoint, 'copy']],
  );
  // What identifies the machine is not read of the other one.
  assert.is.not(own.hardware?.print.uuid, kept('gold').hardware?.print.uuid);
  await stop(copy);
  const again = start('copy', machine('copy', second));
  await until(() => again.output().includes('Connected'), 30_000, 'the next start');
  assert.not(again.output().includes('The hardware is not that'));
  await stop(again);
  await stop(running);
});

test('repaired: the same endpoint goes on, and its page says which parts are others', async () => {
  const parts = { ...first, uuid: '77777777-2222-3333-4444-555555555555', serial: 'S-1', card: '52:54:00:00:00:01' };
  const before = await enrol('fixed', machine('fixed', parts));
  const agent = start('fixed', machine('fixed', parts));
  await until(isOnline(before.endpoint), 30_000, 'the first start');
  await stop(agent);
  // Nobody knows yet whether the other machine still runs.
  const repaired = start('fixed', machine('fixed', { ...parts, serial: 'S-2', card: '52:54:00:aa:bb:cc' }));
  await until(() => repaired.output().includes('Nothing is reported until'), 30_000, 'the question');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.is((await detail(before.endpoint)).row.state, 'offline');
  const asked = on(machine('fixed-asked', { ...parts, serial: 'S-2', card: '52:54:00:aa:bb:cc' }));
  const said = await startAgent(['status', '--data', home('fixed')], undefined, asked).finished;
  assert.equal([said.code, /hardware is not that of the enrolment/.test(said.stdout)], [1, true], said.stdout);
  ahead += 180_000;
  await until(isOnline(before.endpoint), 30_000, 'the same endpoint');
  const { identityEvents } = await detail(before.endpoint);
  assert.equal([identityEvents[0]?.kind, identityEvents[0]?.names], ['hardware', { parts: 'serial macs' }]);
  await stop(repaired);
});

test('only some parts are others, and the original reports: a copy', async () => {
  const parts = { ...first, uuid: '11111111-2222-3333-4444-555555555555', serial: 'T-1' };
  const before = await enrol('twin', machine('twin', parts));
  const running = start('twin', machine('twin', parts));
  await until(isOnline(before.endpoint), 30_000, 'the original');
  cpSync(home('twin'), home('clone'), { recursive: true, filter });
  const clone = start('clone', machine('clone', { ...parts, serial: 'T-2', card: '52:54:00:00:00:02' }));
  await until(() => kept('clone').endpoint !== before.endpoint, 40_000, 'an endpoint of its own');
  await until(isOnline(kept('clone').endpoint), 30_000, 'the clone');
  assert.is((await detail(before.endpoint)).row.state, 'online');
  await stop(clone);
  await stop(running);
});

test('where a person had to let in the original, one lets in its copy', async () => {
  const parts = { ...first, uuid: '99999999-2222-3333-4444-555555555555', serial: 'P-1' };
  const before = await enrol('asked', machine('asked', parts), { approval: true });
  cpSync(home('asked'), home('other'), { recursive: true });
  const other = start('other', machine('other', { ...parts, uuid: second.uuid, serial: 'P-2' }));
  const one = await letIn();
  assert.is(one.copyOf, 'asked');
  await until(() => kept('other').endpoint !== before.endpoint, 30_000, 'an endpoint of its own');
  assert.match(other.output(), new RegExp(one.checkWord));
  await stop(other);
});

test('serial numbers that only root may read: it leaves hashes, and by them a copy is known', async () => {
  const of = (name: string, hardware: Hardware) => {
    const root = machine(name, hardware);
    const left = join(root, 'run/evenkeel-identity');
    mkdirSync(left, { recursive: true });
    return { root, left, file: join(left, 'hardware.json') };
  };
  /** Root's part, and then nobody else reads them. */
  const leave = async ({ root, left }: ReturnType<typeof of>) => {
    const done = await startAgent(['leave-hardware'], undefined, { ...on(root), RUNTIME_DIRECTORY: left }).finished;
    assert.is(done.code, 0, done.stderr);
    rmSync(join(root, 'sys/class/dmi'), { recursive: true });
  };
  const parts = { ...first, uuid: '88888888-2222-3333-4444-555555555555', serial: 'R-1', card: '52:54:00:00:00:08' };
  const here = of('left', parts);
  await leave(here);
  assert.is(statSync(here.file).mode & 0o777, 0o640);
  assert.equal(Object.keys(JSON.parse(readFileSync(here.file, 'utf8'))).sort(), ['serial', 'uuid']);
  assert.not.match(readFileSync(here.file, 'utf8'), /R-1/);
  const original = await enrol('left', here.root);
  assert.ok(original.hardware?.print.serial && original.hardware.print.machine);
  cpSync(home('left'), home('left-copy'), { recursive: true });
  const there = of('left-copy', { ...parts, uuid: second.uuid, serial: 'R-2' });
  await leave(there);
  const copy = start('left-copy', there.root);
  await until(() => kept('left-copy').endpoint !== original.endpoint, 40_000, 'an endpoint of its own');
  await stop(copy);
  // What somebody else could have written says nothing.
  chmodSync(here.file, 0o666);
  const open = await enrol('left-open', here.root);
  assert.equal(Object.keys(open.hardware?.print ?? {}).sort(), ['machine', 'macs']);
  const outside = await startAgent(['leave-hardware'], undefined, { ...on(here.root), RUNTIME_DIRECTORY: '' }).finished;
  assert.equal([outside.code, /outside of its unit/.test(outside.stderr)], [2, true]);
});

test('whoever has no credential is told nothing, and what is no hash is refused', async () => {
  const { endpoint, secret } = kept('gold');
  const about = { hostname: 'x', platform: 'linux', arch: 'x64', kind: 'server', kind_why: [], version: '0.1.0' };
  const ask = (body: object) =>
    collector.call('/api/v1/agent/copied', {
      method: 'POST',
      body: { endpoint, secret, ...about, fingerprint: {}, attempt: '0'.repeat(32), ...body },
    });
  assert.is((await ask({ secret: 'wrong' })).status, 401);
  assert.is((await ask({ endpoint: 'enobody' })).status, 401);
  assert.is((await ask({ fingerprint: { uuid: 'C02XL0GYJGH5' } })).status, 400);
  assert.is((await ask({ attempt: 'short' })).status, 400);
  assert.is((await ask({ fingerprint: undefined })).status, 400);
  // Nothing that it says of itself differs: it goes on.
  assert.equal((await ask({})).body, { goesOn: true });
  // An answer that was lost is asked for again, by the same attempt: one endpoint, and the newer secret counts.
  ahead += 180_000;
  const lost = await ask({ hostname: 'y', fingerprint: { uuid: 'f'.repeat(16), serial: 'e'.repeat(16) } });
  const repeated = await ask({ hostname: 'y', fingerprint: { uuid: 'f'.repeat(16), serial: 'e'.repeat(16) } });
  assert.equal([lost.status, repeated.status], [201, 201], lost.text);
  const [one, two] = [lost, repeated].map(({ body }) => body as Pick<Credential, 'endpoint' | 'secret'>);
  assert.is(one?.endpoint, two?.endpoint);
  assert.is.not(one?.secret, two?.secret);
  const again = `/api/v1/endpoints/${endpoint}/credential/again`;
  assert.is((await collector.call(again, { method: 'POST', as: 'admin', body: {} })).status, 204);
  assert.is((await ask({})).status, 401);
  const rows = (await collector.call('/api/v1/endpoints', { as: 'viewer' })).body as { items: EndpointRow[] };
  assert.is(rows.items.filter(({ name }) => name === 'x').length, 0);
});

test.run();
