/** What `broker-config` makes is what a real Mosquitto takes: right passwords come in, each to its own topics alone. */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bucketOf, topicOf } from '../../../shared/topics.ts';
import { enroll, makeCode } from '../../simulate/enroll.ts';
import { makeMachine } from '../../simulate/machine.ts';
import { openWire } from '../../simulate/wire.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { type MosquittoOptions, mosquittoMissing, startMosquitto } from '../../support/mosquitto.ts';
import { runCollector, temporaryFolder } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

const test = suite('broker-config');
const ends: (() => unknown)[] = [];
test.after.each(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Enrolled {
  endpoint: string;
  secret: string;
  name: string;
}

async function withEndpoints(
  count: number,
  settings?: string,
): Promise<{ own: InProcess; enrolled: Enrolled[]; out: string }> {
  const folder = temporaryFolder();
  if (settings !== undefined)
    writeFileSync(join(folder.path, 'broker.password'), 'secret of the collector\n', { mode: 0o600 });
  const own = await openCollector(settings === undefined ? {} : { settings }, folder);
  ends.push(own.close);
  const code = await makeCode(own.started.addresses.http, own.token('admin'), Math.max(1, count));
  const enrolled: Enrolled[] = [];
  for (let n = 0; n < count; n++) enrolled.push((await enroll(code, makeMachine(7, n))) as unknown as Enrolled);
  return { own, enrolled, out: join(folder.path, 'out') };
}

const config = ({ data }: InProcess, ...words: string[]) =>
  runCollector(['broker-config', ...words, '--data', data], {}, join(data, '..')).ended;

const verifierOfRow = async ({ state }: InProcess, id: string) =>
  (await state.selectFrom('endpoints').select('verifier').where('id', '=', id).executeTakeFirstOrThrow()).verifier;

test('files for Mosquitto: 0600, made again where they are ours, left alone where somebody has changed them', async () => {
  const { own, enrolled, out } = await withEndpoints(2);
  const [one, two] = enrolled as [Enrolled, Enrolled];
  const first = await config(own, 'mosquitto', '--out', out);
  assert.is(first.code, 0, first.stderr);
  for (const name of ['passwd', 'acl', 'mosquitto.conf', 'collector.password'])
    assert.is(statSync(join(out, name)).mode & 0o777, 0o600, name);
  const passwd = readFileSync(join(out, 'passwd'), 'utf8');
  assert.match(passwd, new RegExp(`^${one.endpoint}:\\$7\\$101\\$`, 'm'));
  assert.match(passwd, new RegExp(`^${two.endpoint}:\\$7\\$101\\$`, 'm'));
  assert.not.match(passwd, new RegExp(one.secret));
  assert.match(first.stderr, /2 endpoints have a user/);
  const password = readFileSync(join(out, 'collector.password'), 'utf8');

  await own.call(`/api/v1/endpoints/${two.endpoint}`, { method: 'DELETE', as: 'admin' });
  writeFileSync(join(out, 'acl'), 'user somebody\n');
  chmodSync(join(out, 'mosquitto.conf'), 0o644);
  const second = await config(own, 'mosquitto', '--out', out);
  assert.match(second.stdout, /acl: somebody has changed it, so it was left; what would be there is in acl\.evenkeel/);
  assert.match(second.stdout, /passwd: replaced/);
  assert.is(readFileSync(join(out, 'acl'), 'utf8'), 'user somebody\n');
  assert.match(readFileSync(join(out, 'acl.evenkeel'), 'utf8'), /pattern write ek\/v1\/\+\/%u\/report/);
  assert.is(statSync(join(out, 'mosquitto.conf')).mode & 0o777, 0o600);
  assert.not.match(readFileSync(join(out, 'passwd'), 'utf8'), new RegExp(two.endpoint));
  // The password that a person has put into the settings meanwhile.
  assert.is(readFileSync(join(out, 'collector.password'), 'utf8'), password);
});

test('an endpoint of before is named with what to do, and its next log-in is enough', async () => {
  const { own, enrolled, out } = await withEndpoints(1);
  const [one] = enrolled as [Enrolled];
  await own.state.updateTable('endpoints').set({ verifier: null }).execute();
  const again = await own.stop().then(() => own.again());
  ends.push(again.close);
  const without = await config(again, 'mosquitto', '--out', out);
  assert.match(
    without.stderr,
    new RegExp(`1 endpoint is not in it[\\s\\S]*${one.name} \\(${one.endpoint}\\)[\\s\\S]*credential rotate`),
  );
  const { hostname, port } = new URL(again.started.addresses.mqtt);
  const wire = openWire({ host: hostname, port: Number(port), clientId: one.endpoint, password: one.secret });
  assert.is(await wire.connected, 0);
  wire.cut();
  await until(async () => (await verifierOfRow(again, one.endpoint)) !== null, 5000, 'the verifier');
  const after = await config(again, 'mosquitto', '--out', out);
  assert.not.match(after.stderr, /not in it/);
});

test('without `broker` and without --out there is nowhere for the password; of another broker it is said what there is', async () => {
  const { own } = await withEndpoints(0);
  const [without, other, mixed] = await Promise.all([
    config(own, 'mosquitto'),
    config(own, 'rabbitmq'),
    config(own, 'emqx', '--dynamic-security', '--out', '/nonexistent'),
  ]);
  assert.is(without.code, 2);
  assert.match(without.stderr, /no --out DIR, and the settings have no `broker` yet/);
  assert.match(other.stderr, /"rabbitmq" as the kind of broker; it is mosquitto or emqx/);
  assert.match(mixed.stderr, /--dynamic-security, which only mosquitto has/);
});

test('a folder that cannot be written is named', async () => {
  const { own, out } = await withEndpoints(0);
  writeFileSync(out, 'a file');
  const { code, stderr } = await config(own, 'mosquitto', '--out', out);
  assert.is(code, 1);
  assert.match(stderr, new RegExp(`^Could not write into ${out}: `));
  assert.match(stderr, /name another folder with --out/);
});

const missing = mosquittoMissing();
if (missing !== null) console.log(`\nSKIP mosquitto: ${missing}`);
else
  for (const isDynamic of [false, true])
    test(`a real Mosquitto takes it: ${isDynamic ? 'dynamic security' : 'plain files'}`, async () => {
      const { own, enrolled, out } = await withEndpoints(2);
      const [one, two] = enrolled as [Enrolled, Enrolled];
      const words = isDynamic ? ['--dynamic-security'] : [];
      assert.is((await config(own, 'mosquitto', ...words, '--out', out)).code, 0);
      const read = (name: string) => readFileSync(join(out, name), 'utf8');
      const options: MosquittoOptions = isDynamic
        ? { dynamicSecurity: read('dynamic-security.json') }
        : { acl: read('acl'), passwords: read('passwd') };
      const server = await startMosquitto(options);
      ends.push(server.close);
      const heard: string[] = [];
      const open = (clientId: string, password: string) => {
        const onMessage = (topic: string) => void heard.push(topic);
        const wire = openWire({ host: '127.0.0.1', port: server.port, clientId, password, onMessage });
        ends.push(() => wire.cut());
        return wire;
      };
      assert.is(await open(one.endpoint, 'another').connected, 5);
      const collector = open('collector', read('collector.password').trim());
      const agent = open(one.endpoint, one.secret);
      assert.equal([await collector.connected, await agent.connected], [0, 0]);
      assert.equal(await collector.subscribe('ek/v1/+/+/report'), [1]);
      const topic = (id: string, leaf: 'report' | 'ack') => topicOf({ endpoint: id, bucket: bucketOf(id) }, leaf);
      assert.equal(await agent.subscribe(topic(one.endpoint, 'ack')), [1]);
      // Neither another's acknowledgements, nor reports under another's name.
      // Mosquitto acknowledges what its ACL throws away.
      await agent.publish(topic(two.endpoint, 'report'), 'false');
      await agent.publish(topic(one.endpoint, 'report'), 'true');
      await until(() => heard.length > 0, 5000, 'the report');
      assert.equal(heard, [topic(one.endpoint, 'report')]);
    });

test.run();
