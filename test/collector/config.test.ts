/** Settings: what wins, and what a mistake is told as. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addressesOf } from '../../collector/addresses.ts';
import { type Flags, loadConfig } from '../../collector/config.ts';
import { parseSettings } from '../../collector/config-file.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { temporaryFolder } from '../support/processes.ts';

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

test('nothing said: loopback, the known ports, ./data', () => {
  const { config, warnings } = loadConfig({}, {}, folder.path);
  assert.equal(config.http, { host: '127.0.0.1', port: 7460, publicUrl: null });
  assert.equal(config.mqtt, { host: '127.0.0.1', port: 1883, publicUrl: null });
  assert.is(config.data, join(folder.path, 'data'));
  assert.equal(config.tickets, { openAfterMs: 120_000, resolveAfterMs: 600_000, reopenWithinMs: 86_400_000 });
  assert.is(config.agents.intervalMs, 10_000);
  assert.equal(warnings, []);
});

test('file, then environment, then flags', () => {
  const yaml = 'http: { port: 1 }\nmqtt: { port: 1 }\ndata: here\nlog: warn';
  const env = { EVENKEEL_HTTP_PORT: '2', EVENKEEL_MQTT_PORT: '2', EVENKEEL_LOG: 'debug' };
  const cwd = cwdWith(yaml);
  const { config } = loadConfig({ httpPort: '0' }, env, cwd);
  assert.equal([config.http.port, config.mqtt.port, config.data, config.log], [0, 2, join(cwd, 'here'), 'debug']);
});

test('an environment variable that means nothing is told, with the one that was meant', () => {
  const { warnings } = loadConfig({}, { EVENKEEL_HTTP_PROT: '1', EVENKEEL_AGENT_DATA: 'x', HOME: '/' }, folder.path);
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', 'EVENKEEL_HTTP_PROT is not known; did you mean EVENKEEL_HTTP_PORT?');
});

const mistakes: [name: string, yaml: string, message: string][] = [
  [
    'a typing error in a key',
    'http:\n  host: 127.0.0.1\n  prot: 80\n',
    ':3:3: unknown key "prot"; did you mean "port"?',
  ],
  [
    'a key that is like none',
    'http:\n  colour: red\n',
    ':2:3: unknown key "colour"; known here: host, port, publicUrl',
  ],
  ['a key at the top', 'retentions:\n  raw: 1d\n', ':1:1: unknown key "retentions"; did you mean "retention"?'],
  ['a wrong type', 'http:\n  port: many\n', ':2:9: http.port must be integer'],
  ['a port out of range', 'http:\n  port: 70000\n', ':2:9: http.port must be <= 65535'],
  ['a word out of a list', 'log: loud\n', ':1:6: log must be one of debug, info, warn, error'],
  ['a duration', 'tickets:\n  openAfter: soon\n', ':2:14: tickets.openAfter "soon" is not a duration.'],
  ['a zone', 'zone: Mars/Base\n', ':1:7: zone "Mars/Base" is not a time zone'],
  ['no YAML', 'http: [1\nmqtt: 2\n', ':2:1: '],
  ['the same key twice', 'log: info\nlog: warn\n', ':2:1: '],
  [
    'a secret file that is missing',
    'channels:\n  - name: mail\n    kind: email\n    password_file: nowhere\n',
    ':4:20: ',
  ],
  ['an item of a list', 'channels:\n  - kind: email\n', ':2:5: channels.0 must have required properties name'],
];
for (const [name, yaml, message] of mistakes) {
  test(`line and column of ${name}`, () => {
    const error = refusal(() => load(yaml));
    assert.is(error.code, 'BAD_CONFIG');
    assert.ok(error.message.includes(`evenkeel.yaml${message}`), error.message);
    assert.match(error.hint, 'check-config');
  });
}

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
      parseSettings(text, 'x.yaml');
    } catch (thrown) {
      assert.instance(thrown, EvenkeelError, JSON.stringify(text));
    }
  }
});

test('secrets come from files beside the settings', () => {
  const cwd = cwdWith('channels:\n  - name: mail\n    kind: email\n    password_file: secret\n    to: a@example.net\n');
  writeFileSync(join(cwd, 'secret'), 'pa ss\n');
  const { config } = loadConfig({}, {}, cwd);
  assert.equal(config.channels, [
    { name: 'mail', kind: 'email', settings: { password: 'pa ss', to: 'a@example.net' } },
  ]);
});

test('beyond loopback only with certificates', () => {
  for (const yaml of ['http: { host: 0.0.0.0 }', 'mqtt: { host: "::" }', 'http: { host: 192.168.1.5 }']) {
    assert.is(refusal(() => load(yaml)).code, 'PLAIN_BEYOND_LOOPBACK', yaml);
  }
  assert.is(refusal(() => load('', { httpHost: '0.0.0.0' })).code, 'PLAIN_BEYOND_LOOPBACK');
  const cwd = cwdWith('http: { host: 0.0.0.0 }\ntls: { cert: c.pem, key: k.pem, ca: c.pem }');
  writeFileSync(join(cwd, 'c.pem'), 'certificate');
  writeFileSync(join(cwd, 'k.pem'), 'key');
  const { config } = loadConfig({}, {}, cwd);
  assert.equal(config.tls, { cert: 'certificate', key: 'key', ca: 'certificate' });
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) load(`http: { host: "${host}" }`);
});

test('flags and files that cannot be', () => {
  assert.is(refusal(() => load('', { httpPort: 'eighty' })).code, 'BAD_FLAG');
  assert.is(refusal(() => load('', { mqttPort: '70000' })).code, 'BAD_FLAG');
  assert.is(refusal(() => load('', { log: 'loud' })).code, 'BAD_FLAG');
  assert.is(refusal(() => load('', { config: 'nowhere.yaml' })).code, 'CONFIG_UNREADABLE');
  assert.is(refusal(() => load('', {}, { EVENKEEL_ADMIN_PASSWORD_FILE: 'nowhere' })).code, 'CONFIG_UNREADABLE');
});

test('addresses as others reach them', () => {
  const config = load('http: { publicUrl: "https://keel.example.net/" }');
  assert.equal(addressesOf(config, { http: 1, mqtt: 2 }), {
    http: 'https://keel.example.net',
    mqtt: 'mqtt://127.0.0.1:2',
    ca: null,
  });
  const six = load('http: { host: "::1" }');
  assert.is(addressesOf(six, { http: 5, mqtt: 2 }).http, 'http://[::1]:5');
});

test.run();
