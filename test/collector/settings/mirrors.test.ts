import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../../collector/settings/config.ts';

const test = suite('mirrors in settings');
let folder: string;
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'evenkeel-settings-'));
  writeFileSync(join(folder, 'token'), 'a1b2c3\n', { mode: 0o600 });
  writeFileSync(join(folder, 'two'), 'one\ntwo\n', { mode: 0o600 });
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function load(...entries: string[]) {
  const text = `mirrors:\n${entries.map((entry) => `  - { ${entry} }\n`).join('')}`;
  writeFileSync(join(folder, 'evenkeel.yaml'), text);
  return loadConfig({ data: join(folder, 'data') }, {}, folder);
}
function faults(...entries: string[]): string {
  try {
    load(...entries);
    return '';
  } catch (thrown) {
    return String((thrown as { message: string }).message);
  }
}
const good = 'name: prom, kind: remote_write, url: "http://127.0.0.1:9090/api/v1/write"';

test('secrets are read, and go in the form that the receiver expects', () => {
  const { config } = load(
    `${good}, tenant: fleet`,
    'name: a, kind: remote_write, url: "https://a.example/push", token_file: token',
    'name: b, kind: line_protocol, url: "https://b.example/write", token_file: token, keep_mb: 2',
    'name: c, kind: line_protocol, url: "https://c.example/write", token_file: token, token_scheme: Bearer',
    'name: d, kind: remote_write, url: "https://d.example/write", username: keel, password_file: token',
  );
  assert.equal(
    config.mirrors.map(({ name, authorization, tenant, keepBytes }) => [name, authorization, tenant, keepBytes >> 20]),
    [
      ['prom', null, 'fleet', 256],
      ['a', 'Bearer a1b2c3', null, 256],
      ['b', 'Token a1b2c3', null, 2],
      ['c', 'Bearer a1b2c3', null, 256],
      ['d', `Basic ${Buffer.from('keel:a1b2c3').toString('base64')}`, null, 256],
    ],
  );
  assert.ok(config.named.secret.some((path) => path.endsWith('token')));
});

test('every fault has its line and what to write instead', () => {
  const wrong: [entry: string, words: RegExp][] = [
    ['name: prom, kind: remote_read, url: "http://x/"', /kind.*remote_read/],
    ['name: "a b", kind: remote_write, url: "http://x/"', /name.*a word such as mimir/],
    ['name: a, kind: remote_write, url: "ftp://x/"', /not an http or https address/],
    ['name: a, kind: remote_write, url: "http://u:p@x/"', /holds a user or a password/],
    ['name: a, kind: remote_write, url: "http://169.254.169.254/"', /nothing is sent there/],
    ['name: a, kind: remote_write, url: "http://x/", username: u', /without `password_file`/],
    ['name: a, kind: remote_write, url: "http://x/", password_file: token', /without `username`/],
    [
      'name: a, kind: remote_write, url: "http://x/", token_file: token, username: u, password_file: token',
      /beside `token_file`/,
    ],
    ['name: a, kind: remote_write, url: "http://x/", token_file: two', /more than one line/],
    ['name: a, kind: remote_write, url: "http://x/", token_file: not-there', /cannot be read/],
    ['name: a, kind: remote_write, url: "http://x/", keep_mb: 0', /keep_mb/],
    ['name: a, kind: remote_write', /lacks "url"/],
    ['name: a, kind: remote_write, url: "http://x/", token: abc', /token/],
  ];
  for (const [entry, words] of wrong) {
    const said = faults(entry);
    assert.match(said, words, entry);
    assert.match(said, /evenkeel\.yaml:2:|line 2/, said);
    assert.not.match(said, /a1b2c3/);
  }
  assert.match(faults(good, good), /is the name of another mirror/);
});

test('a secret that goes over the network in plain text is warned of', () => {
  const { warnings } = load('name: a, kind: remote_write, url: "http://mimir.example.net/push", token_file: token');
  assert.ok(warnings.some((one) => /secret of mirror a goes over the network in plain text/.test(one)));
  assert.not.ok(load(`${good}, token_file: token`).warnings.some((one) => /plain text/.test(one)));
});

test.run();
