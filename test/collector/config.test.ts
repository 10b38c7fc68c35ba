/** Settings: what wins, and what a mistake is reported as. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addressesOf } from '../../collector/settings/addresses.ts';
import { type Flags, loadConfig } from '../../collector/settings/config.ts';
import { partLines } from '../../dashboards/web/pages/part-lines.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { makeCertificate, opensslIsHere } from '../support/certificate.ts';
import { namespaceMissing } from '../support/namespace.ts';
import { runCollector, temporaryFolder } from '../support/processes.ts';

const test = suite('config');
const folder = temporaryFolder();
test.after(() => folder.remove());
let files = 0;

/** A working folder of its own with this `evenkeel.yaml`. */
function cwdWith(yaml: string): string {
  const cwd = join(folder.path, `case-${++files}`);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'evenkeel.yaml'), yaml);
  return cwd;
}

function refusal(work: () => unknown): EvenkeelError {
  try {
    work();
  } catch (thrown) {
    assert.instance(thrown, EvenkeelError);
    return thrown as EvenkeelError;
  }
  throw new Error('it was taken');
}

const load = (yaml: string, flags: Flags = {}, env: Record<string, string> = {}) =>
  loadConfig(flags, env, cwdWith(yaml)).config;

test('the lines that Settings shows for a part that is off turn it on', () => {
  const secrets = ['desk.password', 'slack-app.token', 'slack-bot.token', 'jira.token', 'ldap.password'];
  for (const [name, lines] of Object.entries(partLines)) {
    const cwd = cwdWith(lines);
    for (const file of secrets) writeFileSync(join(cwd, file), 'xapp-secret', { mode: 0o600 });
    const { config } = loadConfig({}, {}, cwd);
    const on = {
      ...{ self_service: config.selfService.isOn, scripts: config.scripts.enabled, mail_in: config.mailIn !== null },
      ...{ chat: config.chat.length, desks: config.desks.length, remote_support: config.remoteSupport.length },
      ldap: config.ldap !== null,
    };
    for (const [part, value] of Object.entries(on)) assert.is(Boolean(value), part === name, `${name}: ${part}`);
  }
});

test('a time that cron does not read is told in words', () => {
  const lines = partLines.ldap.replace(/refresh: .*/, 'refresh: "61 * * * *"');
  const cwd = cwdWith(lines.includes('61 *') ? lines : lines.replace('ldap:', 'ldap:\n  refresh: "61 * * * *"'));
  writeFileSync(join(cwd, 'ldap.password'), 'secret', { mode: 0o600 });
  assert.throws(
    () => loadConfig({}, {}, cwd),
    /refresh is no time to read it: The minute .*61.* is not understood; give five/,
  );
});

test('nothing said: loopback, the known ports, ./data', () => {
  const { config, warnings } = loadConfig({}, {}, folder.path);
  assert.equal(config.http, { host: '127.0.0.1', port: 7460, publicUrl: null, names: [], trustProxy: [] });
  assert.equal(config.mqtt, { host: '127.0.0.1', port: 1883, publicUrl: null });
  assert.is(config.data, join(folder.path, 'data'));
  assert.equal(config.tickets, {
    ...{ openAfterMs: 120_000, resolveAfterMs: 600_000, reopenWithinMs: 86_400_000 },
    chat: null,
  });
  assert.is(config.agents.intervalMs, 10_000);
  assert.equal(config.outgoing, { allow: [] });
  assert.equal(warnings, []);
});

test('file, then environment, then flags', () => {
  const yaml = 'http: { port: 1 }\nmqtt: { port: 1 }\ndata: here\nlog: warn';
  const env = { EVENKEEL_HTTP_PORT: '2', EVENKEEL_MQTT_PORT: '2', EVENKEEL_LOG: 'debug' };
  const cwd = cwdWith(yaml);
  const { config } = loadConfig({ httpPort: '0' }, env, cwd);
  assert.equal([config.http.port, config.mqtt.port, config.data, config.log], [0, 2, join(cwd, 'here'), 'debug']);
});

test('an environment variable that means nothing is reported, with the one that was meant', () => {
  const { warnings } = loadConfig({}, { EVENKEEL_HTTP_PROT: '1', EVENKEEL_AGENT_DATA: 'x', HOME: '/' }, folder.path);
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', 'EVENKEEL_HTTP_PROT is not known; did you mean EVENKEEL_HTTP_PORT?');
});

test('any text is either taken or refused by name', () => {
  for (const text of [
    '',
    '# only a comment',
    'null',
    '{}',
    '[]',
    '42',
    '"text"',
    '? : :',
    '&a [*a]',
    '\u0000',
    '- - -\n',
  ]) {
    try {
      load(text);
    } catch (thrown) {
      assert.instance(thrown, EvenkeelError, JSON.stringify(text));
    }
  }
});

test('secrets come from files beside the settings', () => {
  const cwd = cwdWith(
    'channels:\n  - name: mail\n    kind: email\n    host: x\n    user: u\n    password_file: secret\n    from: b@x\n    to: a@x\n',
  );
  writeFileSync(join(cwd, 'secret'), 'pa ss\n');
  const { config } = loadConfig({}, {}, cwd);
  assert.equal(config.channels, [
    { name: 'mail', kind: 'email', settings: { host: 'x', user: 'u', from: 'b@x', to: 'a@x', password: 'pa ss' } },
  ]);
});

test('a channel as one address, in the settings or in a file, needs no kind; a typo in it is named and not shown', () => {
  const cwd = cwdWith(
    'channels:\n  - { name: chat, url_file: secret }\n  - { name: phone, url: "ntfy://alerts", zone: Asia/Tokyo, severities: [critical] }\n',
  );
  writeFileSync(join(cwd, 'secret'), 'slack://T1AB/B2CD/c3Ef\n');
  const { config } = loadConfig({}, {}, cwd);
  assert.equal(config.channels, [
    { name: 'chat', kind: 'slack', settings: { url: 'https://hooks.slack.com/services/T1AB/B2CD/c3Ef' } },
    { name: 'phone', kind: 'ntfy', settings: { topic: 'alerts', zone: 'Asia/Tokyo', severities: ['critical'] } },
  ]);
  writeFileSync(join(cwd, 'secret'), 'slak://h4nter2/B2CD/c3Ef\n');
  const { message } = refusal(() => loadConfig({}, {}, cwd));
  assert.match(
    message,
    /:2:\d+: channels\.chat\.url_file names a file whose address begins with slak:\/\/.*did you mean slack:\/\//,
  );
  assert.not.match(message, 'h4nter2');
});

test('beyond loopback only with a certificate: its own, or one from outside', () => {
  const own = ['http: { host: 0.0.0.0 }', 'mqtt: { host: "::" }', 'http: { host: 192.168.1.5 }', 'tls: {}'];
  for (const yaml of own) assert.equal(load(yaml).ownTls, { names: [] }, yaml);
  assert.equal(load('tls: { names: [keel, 10.0.0.1] }').ownTls, { names: ['keel', '10.0.0.1'] });
  assert.equal(load('', { httpHost: '0.0.0.0' }).ownTls, { names: [] });
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost'])
    assert.is(load(`http: { host: "${host}" }`).ownTls, null, host);
  assert.match(addressesOf(load('http: { host: 0.0.0.0 }'), { http: 1, mqtt: 2 }).http, /^https:/);
  for (const [yaml, fault] of [
    ['tls: { key: c.key }', /tls\.key .*is given without `cert`/],
    ['tls: { names: ["a:1"] }', /tls\.names.*holds a port/],
  ] as const)
    assert.match(refusal(() => load(yaml)).message, fault);
  if (!opensslIsHere) return console.log('\nSKIP openssl: not installed');
  const cwd = cwdWith('http: { host: 0.0.0.0 }\ntls: { cert: c.pem, key: c.key, ca: c.pem }');
  const { cert, key } = makeCertificate(cwd);
  const { config } = loadConfig({}, {}, cwd);
  const path = (name: string) => join(cwd, name);
  const paths = { cert: path('c.pem'), key: path('c.key'), ca: path('c.pem') };
  assert.equal(config.tls, { cert, key, ca: cert, files: paths });
  assert.is(config.ownTls, null);
  for (const more of ['', ', key: c.key, names: [x]'])
    assert.match(
      refusal(() => loadConfig({}, {}, cwdWith(`tls: { cert: c.pem${more} }`))).message,
      more === '' ? /without `key`/ : /for the certificate that the collector makes/,
    );
});

test('flags and files that cannot be', () => {
  assert.is(refusal(() => load('', { httpPort: 'eighty' })).code, 'BAD_FLAG');
  assert.is(refusal(() => load('', { mqttPort: '70000' })).code, 'BAD_FLAG');
  assert.is(refusal(() => load('', { log: 'loud' })).code, 'BAD_FLAG');
  assert.is(refusal(() => load('', { config: 'nowhere.yaml' })).code, 'CONFIG_UNREADABLE');
  assert.is(refusal(() => load('', {}, { EVENKEEL_ADMIN_PASSWORD_FILE: 'nowhere' })).code, 'BAD_CONFIG');
});

test('an https address that nothing answers is warned of; a proxy or a certificate may answer', () => {
  const warned = (yaml: string) => loadConfig({}, {}, cwdWith(yaml)).warnings.join();
  assert.match(warned('http: { publicUrl: "https://keel.example.net" }'), /nobody reaches it by that\. Run `tls init`/);
  for (const right of [
    'http: { publicUrl: "https://keel.example.net", trustProxy: [127.0.0.1] }',
    'http: { publicUrl: "https://keel.example.net", host: 0.0.0.0 }',
    'http: { publicUrl: "http://keel.example.net" }',
  ])
    assert.is(warned(right), '', right);
});

test('addresses as others reach them', () => {
  const config = load('http: { publicUrl: "https://keel.example.net/" }');
  assert.equal(addressesOf(config, { http: 1, mqtt: 2 }), {
    http: 'https://keel.example.net',
    mqtt: 'mqtt://127.0.0.1:2',
    trust: null,
    authorities: [],
    codePins: [],
    serverPins: [],
  });
  const six = load('http: { host: "::1" }');
  assert.is(addressesOf(six, { http: 5, mqtt: 2 }).http, 'http://[::1]:5');
});

test('a state in PostgreSQL: password by file, from either place, every space of it; none without an address', () => {
  const file = join(cwdWith(''), 'password');
  writeFileSync(file, ' with spaces \r\n');
  const address = 'postgres://keel@db.example.org/keel';
  const env = { EVENKEEL_STATE_PASSWORD_FILE: file };
  for (const { state } of [
    load(`state: ${address}\nstate_password_file: ${file}`),
    load(`state: ${address}`, {}, env),
    load('', {}, { ...env, EVENKEEL_STATE: address }),
  ])
    assert.is(state?.password, ' with spaces ');
  assert.is(load(`state: ${address}`).state?.password, null);
  assert.match(refusal(() => load(`state_password_file: ${file}`)).message, 'state_password_file is given without');
  assert.match(refusal(() => load('', {}, env)).message, 'EVENKEEL_STATE_PASSWORD_FILE is given without');
});

test('files with secrets that everybody may read are named with the command that mends it', async () => {
  const cwd = cwdWith(
    'channels:\n  - { name: mail, kind: email, host: x, user: u, password_file: pass word, from: b@x, to: a@x }\n' +
      '  - { name: hook, kind: webhook, url: "https://x/", token: abc }\n',
  );
  const files = { settings: 'evenkeel.yaml', channel: 'pass word', admin: 'admin' };
  const path = (name: keyof typeof files) => join(cwd, files[name]);
  for (const name of ['channel', 'admin'] as const) writeFileSync(path(name), 'a secret\n');
  for (const name of ['settings', 'channel', 'admin'] as const) chmodSync(path(name), 0o644);
  const warnings = () => loadConfig({}, { EVENKEEL_ADMIN_PASSWORD_FILE: 'admin' }, cwd).warnings;
  const said = (name: keyof typeof files) =>
    `"${path(name)}" holds a secret, and every user of this machine may read it. Run: chmod o= "${path(name)}"`;
  chmodSync(cwd, 0o700);
  assert.equal(warnings(), [], 'its folder is closed to them');
  chmodSync(cwd, 0o755);
  chmodSync(folder.path, 0o755);
  assert.equal(warnings(), [said('settings'), said('channel'), said('admin')]);
  const checked = await runCollector(['check-config'], {}, cwd).ended;
  assert.is(checked.code, 0, checked.stderr);
  for (const name of ['settings', 'channel'] as const) assert.match(checked.stderr, said(name));
  for (const name of ['settings', 'channel', 'admin'] as const) chmodSync(path(name), 0o640);
  assert.equal(warnings(), []);
  writeFileSync(join(cwd, 'evenkeel.yaml'), 'log: warn\n');
  chmodSync(path('settings'), 0o644);
  assert.equal(warnings(), [], 'settings without a secret are no secret');
  const hook = (url: string) => `channels: [{ name: hook, kind: webhook, url: "${url}" }]\n`;
  for (const [url, isSecret] of [
    ['https://x.example/hook', false],
    ['https://x.example/services/T0/B0/a-token-of-24-characters', true],
    ['https://x.example/hook?key=abc', true],
  ] as const) {
    writeFileSync(path('settings'), hook(url));
    assert.equal(warnings(), isSecret ? [said('settings')] : [], url);
  }
});

test('a place that takes no backup is named by check-config, which leaves nothing behind', async () => {
  const check = (to: string) => {
    const cwd = cwdWith(`backup: { to: ${to} }\n`);
    return { cwd, ended: runCollector(['check-config'], {}, cwd).ended };
  };
  const inside = await check('data/backups').ended;
  assert.is(inside.code, 1);
  assert.match(inside.stderr, /^backup\.to: .*lies in the data folder.*Choose a folder elsewhere/);
  assert.match(inside.stdout, 'but no backup can be made: see above.');
  const good = check('new/backups');
  const { code, stderr } = await good.ended;
  assert.is(code, 0, stderr);
  assert.equal(readdirSync(good.cwd), ['evenkeel.yaml']);
  if (process.platform !== 'linux') return;
  const nowhere = await check('/proc/x').ended;
  assert.is(nowhere.code, 1);
  assert.match(nowhere.stderr, /to \/proc\/x: .*Choose a folder|another one/);
});

test('conditions that look like a slip of the pen are named by check-config, and are no fault', async () => {
  const cwd = cwdWith(`channels: [{ name: ops, kind: webhook, url: "https://x.example/" }]
routes:
  receivers: ["channel:ops"]
  children:
    - { name: a, match: ['sit="Berlin"', 'job="pg"', 'site="Nowhere"'], receivers: ["channel:ops"] }
inhibit:
  - { source: ['rule="disk-spac"'], target: ['rule=~"cpu|memry"'] }
`);
  const { code, stdout, stderr } = await runCollector(['check-config'], {}, cwd).ended;
  assert.is(code, 0, stderr);
  assert.match(stdout, 'The settings are good.');
  const lines = stderr.trimEnd().split('\n');
  assert.is(lines.length, 3, stderr);
  assert.match(
    lines[0] ?? '',
    /^evenkeel.yaml:5:\d+: routes\.children\.a\.match\.0 can match nothing: .*"sit" now; did you mean "site"\? There are: /,
  );
  assert.match(
    lines[1] ?? '',
    /^evenkeel.yaml:7:\d+: inhibit\.0\.source\.0 can match nothing: .*did you mean "disk-space"\?/,
  );
  assert.match(
    lines[2] ?? '',
    /^evenkeel.yaml:7:\d+: inhibit\.0\.target\.0 can match nothing: .*did you mean "memory"\?/,
  );
});

test('channels and users that are not in the file are named by check-config with the nearest one, and are no fault', async () => {
  const cwd = cwdWith(`channels: [{ name: ops, kind: webhook, url: "https://x.example/" }]
schedules:
  - name: primary
    zone: Europe/Berlin
    layers:
      - { name: main, users: [nobodyknows, ann], rotation: { unit: week, every: 1, start: 2026-03-02T09:00 } }
    overrides: [{ from: 2026-12-24T09:00, to: 2026-12-26T09:00, user: bob, replace: nobodyknows }]
policies:
  - { name: servers, steps: [{ targets: ["channel:nothing", "schedule:primary"] }] }
routes:
  receivers: ["channel:opps"]
  children: [{ name: a, match: [severity=critical], receivers: ["channel:ops", "channel:opps"] }]
people:
  - { name: anne, ways: [{ channel: ops }] }
`);
  const { code, stdout, stderr } = await runCollector(['check-config'], {}, cwd).ended;
  assert.is(code, 0, stderr);
  assert.match(stdout, 'The settings are good.');
  const onUsers = 'Unless it is set up on the page Settings, alerts do not reach them';
  const onChannels = 'Unless it is set up on the page Channels, what is sent to it reaches nobody';
  assert.equal(stderr.trimEnd().split('\n'), [
    `evenkeel.yaml:6:31: schedules.primary.layers.main.users.0: No user "nobodyknows" stands under \`people\` (and in 1 more place); there is only: anne. ${onUsers}`,
    `evenkeel.yaml:6:44: schedules.primary.layers.main.users.1: No user "ann" stands under \`people\`; there is only: anne. ${onUsers}`,
    `evenkeel.yaml:7:65: schedules.primary.overrides.0.user: No user "bob" stands under \`people\`; there is only: anne. ${onUsers}`,
    `evenkeel.yaml:9:42: policies.servers.steps.0.targets.0: No channel "nothing" stands under \`channels\`; there is only: ops. ${onChannels}`,
    `evenkeel.yaml:11:15: routes.receivers.0: No channel "opps" stands under \`channels\` (and in 1 more place); there is only: ops. ${onChannels}`,
  ]);
  assert.equal(loadConfig({}, {}, cwd).warnings, [], 'a collector that starts knows what is set up on pages');
});

test('after a fault, the command that was run is the one to run again', async () => {
  const cwd = cwdWith('zone: UTC\n');
  mkdirSync(join(cwd, 'rules'));
  writeFileSync(join(cwd, 'rules', 'a.yaml'), '- id: cpu\n  fro: 5m\n');
  for (const command of ['check-config', 'rules diff', 'rules apply', 'rules test line.yaml']) {
    const { code, stderr } = await runCollector(command.split(' '), {}, cwd).ended;
    assert.is(code, 1);
    assert.is(
      stderr,
      `rules/a.yaml:2:3: unknown key "fro"; did you mean "for"?\nCorrect this, then run \`npm run collector -- ${command}\`.\n`,
    );
  }
});

const noNamespace = namespaceMissing();
if (noNamespace) console.log(`SKIP secrets of a container: ${noNamespace}`);

test('a secret that is mounted read-only for a container alone is no open one; any other file is', () => {
  if (noNamespace) return;
  // Its own /run: nothing of this machine is changed.
  const script = `
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/secrets/one /run/secrets/two /run/elsewhere
    for at in secrets/one secrets/two elsewhere; do
      mount -t tmpfs -o mode=755 tmpfs /run/$at; echo secret > /run/$at/file; chmod 444 /run/$at/file
    done
    mount -o remount,ro /run/secrets/one; mount -o remount,ro /run/elsewhere
    echo secret > /run/secrets/plain; chmod 444 /run/secrets/plain
    exec "$0" --input-type=module -e "$1"`;
  const module = new URL('../../collector/settings/secret-files.ts', import.meta.url).href;
  const look = `import { openSecrets } from ${JSON.stringify(module)};
    for (const path of ['one/file', 'two/file', 'plain', '../elsewhere/file'])
      console.log(path, openSecrets(['/run/secrets/' + path]).length);`;
  const flags = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount'];
  const { stdout, stderr } = spawnSync('unshare', [...flags, 'sh', '-euc', script, process.execPath, look], {
    encoding: 'utf8',
  });
  assert.is(stdout, 'one/file 0\ntwo/file 1\nplain 1\n../elsewhere/file 1\n', stderr);
});

test.run();
