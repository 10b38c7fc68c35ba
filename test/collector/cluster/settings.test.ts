/** What the README shows for one collector and for three, and what the Compose file for three starts: taken by `check-config`. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeCertificate, opensslIsHere } from '../../support/certificate.ts';
import { clusterFolder, prepare, readCompose } from '../../support/compose.ts';
import { runCollector, temporaryFolder } from '../../support/processes.ts';

const test = suite('cluster: settings');
const folder = temporaryFolder();
test.after(() => folder.remove());
const withOpenssl = opensslIsHere ? test : test.skip;
if (!opensslIsHere) console.log('\nSKIP openssl: it is not installed');

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
/** The first example of settings behind these words. */
function exampleAfter(words: string): string {
  const [, text] = /```yaml\n(.*?)```/s.exec(readme.slice(readme.indexOf(words))) ?? [];
  assert.ok(readme.includes(words) && text, `the README has no settings behind "${words}"`);
  return text as string;
}

async function checked(yaml: string): Promise<{ code: number | null; stderr: string }> {
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(config, yaml, { mode: 0o600 });
  return runCollector(['check-config', '--config', config, '--data', join(folder.path, 'data')]).ended;
}

withOpenssl('evenkeel.yaml of the README for one machine and for three: a few lines apart, and both good', async () => {
  makeCertificate(folder.path, 'keel');
  for (const name of ['db-password', 'influx-password', 'broker-password'])
    writeFileSync(join(folder.path, name), 'a password of some length', { mode: 0o600 });
  const one = exampleAfter('The same in `evenkeel.yaml`').replace('keel.crt', 'keel.pem');
  const alone = await checked(one);
  assert.is(alone.code, 0, alone.stderr);

  const lines = exampleAfter('**Several collectors** share a fleet');
  const kept = one.split('\n').filter((line) => !line.startsWith('mqtt:'));
  const three = await checked(`${kept.join('\n')}\n${lines}`);
  assert.is(three.code, 0, three.stderr);
  assert.ok(lines.trim().split('\n').length <= 6, lines);
  // Beside the own broker it is refused, which the text says.
  assert.is((await checked(`${one}\n${lines}`)).code, 1);
});

withOpenssl(
  'Compose for three: its settings differ by the name alone, and are good with what the image sets',
  async () => {
    const made = join(folder.path, 'made');
    assert.is(prepare(made, 'keel.example.net').status, 0);
    const settings = [1, 2, 3].map((n) => readFileSync(join(made, `keel/keel-${n}.yaml`), 'utf8'));
    const same = settings.map((text) => text.replaceAll(/keel-\d:7462|keel-\d,|Collector \d/g, ''));
    assert.equal(same, [same[0], same[0], same[0]]);

    const recipe = readFileSync(join(clusterFolder, '../container/Containerfile'), 'utf8');
    const ofImage = [...recipe.matchAll(/(EVENKEEL_\w+)=(\S+)/g)].map(([, name, value]) => [name, value] as const);
    assert.ok(ofImage.length > 0);
    const { services } = readCompose();
    for (const name of ['keel-1', 'keel-2', 'keel-3']) {
      const own = Object.entries(services[name]?.environment ?? {});
      const env = Object.fromEntries(
        [...ofImage, ...own].map(([key, value]) => [key, value?.replace('/etc/evenkeel', join(made, 'keel')) ?? '']),
      );
      assert.ok(existsSync(env.EVENKEEL_CONFIG as string), env.EVENKEEL_CONFIG);
      const { code, stderr } = await runCollector(['check-config', '--data', join(folder.path, name)], env).ended;
      assert.is(code, 0, stderr);
      assert.is(stderr, '');
    }

    // A second time changes nothing, and what is missing is said.
    const password = readFileSync(join(made, 'keel/db-password'), 'utf8');
    assert.is(prepare(made, 'keel.example.net').status, 0);
    assert.is(readFileSync(join(made, 'keel/db-password'), 'utf8'), password);
    assert.match(prepare(made, '').said, /by which name is this machine reached\?/);
    const other = prepare(made, 'other.example.net');
    assert.is(other.status, 1);
    assert.match(other.said, /was made for keel\.example\.net\. Nothing was changed/);

    // As it says: the key of the authority is taken away. Another authority would be one that nobody trusts.
    const authority = readFileSync(join(made, 'authority/ca.crt'), 'utf8');
    rmSync(join(made, 'authority/ca.key'));
    assert.is(prepare(made, 'keel.example.net').status, 0);
    assert.is(readFileSync(join(made, 'authority/ca.crt'), 'utf8'), authority);
    rmSync(join(made, 'mosquitto/server.crt'));
    assert.match(prepare(made, 'keel.example.net').said, /put ca\.key there again/);
    assert.is(existsSync(join(made, 'mosquitto/server.crt')), false);
    assert.match(prepare(made, 'https://keel').said, /"https:\/\/keel" is no host name/);

    for (const { volumes } of Object.values(services))
      for (const [from = ''] of volumes.map((volume) => volume.split(':')))
        if (from.startsWith('.'))
          assert.ok(
            existsSync(from.startsWith('./made') ? join(made, from.slice(7)) : join(clusterFolder, from)),
            from,
          );
  },
);

test('Compose for three: ports on this machine, no password, and everything waits for what it needs to be well', () => {
  const text = readFileSync(join(clusterFolder, 'compose.yaml'), 'utf8');
  const { services, volumes } = readCompose();
  assert.not.match(text, /^[^#\n]*(PASSWORD|password)\w*: *["']?(?!\/run\/|\/etc\/)[\w$]/m);
  for (const [name, service] of Object.entries(services)) {
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name);
    for (const [volume = ''] of service.volumes.map((one) => one.split(':')))
      assert.ok(volume.startsWith('.') || volume in volumes, `${name}: ${volume}`);
    const isOnce = name === 'broker-files';
    assert.is(service.restart, isOnce ? undefined : 'unless-stopped', name);
    assert.is(service.healthcheck === undefined, isOnce, name);
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {}))
      assert.is(condition, other === 'broker-files' ? 'service_completed_successfully' : 'service_healthy', name);
  }
  assert.equal(Object.keys(services['keel-2']?.depends_on ?? {}), ['postgres', 'influxdb', 'mosquitto']);
  assert.equal(services.grafana?.profiles, ['grafana']);
  const provisioned = services.grafana?.volumes.filter((volume) => volume.includes('dashboards/grafana')).length;
  assert.is(provisioned, 3);
});

test.run();
