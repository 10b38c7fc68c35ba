import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../../collector/settings/config.ts';

const test = suite('ticket desks in settings');
let folder: string;
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'evenkeel-settings-'));
  writeFileSync(join(folder, 'token'), 'a1b2c3\n', { mode: 0o600 });
  writeFileSync(join(folder, 'two'), 'one\ntwo\n', { mode: 0o600 });
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function load(...entries: string[]) {
  writeFileSync(join(folder, 'evenkeel.yaml'), `desks:\n${entries.map((entry) => `  - { ${entry} }\n`).join('')}`);
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
const good = 'name: github, kind: github, repository: keel/ops';

test('none without the section; secrets come out of their files, and the files are copied with their backups', () => {
  assert.equal(loadConfig({ data: join(folder, 'data') }, {}, tmpdir()).config.desks, []);
  const { config } = load(
    `${good}, token_file: token, hook_secret_file: token, people: { ada: octocat }`,
    'name: jira, kind: jira, url: "https://example.atlassian.net", user: keel@example.org, token_file: token, project: OPS, priorities: { P1: Blocker }, fields: { components: [{ name: net }] }',
    'name: snow, kind: servicenow, url: "https://example.service-now.com", user: keel, password_file: token',
    'name: zammad, kind: zammad, url: "https://zammad.example.org", token_file: token, group: Ops, customer: it@example.org',
    'name: glpi, kind: glpi, url: "https://glpi.example.org/apirest.php", user_token_file: token',
    'name: gitlab, kind: gitlab, project: keel/ops, token_file: token, tickets: [incident]',
    'name: mail, kind: email, host: mail.example.org, from: keel@example.org, to: desk@example.org',
  );
  assert.equal(
    config.desks.map(({ kind }) => kind),
    ['github', 'jira', 'servicenow', 'zammad', 'glpi', 'gitlab', 'email'],
  );
  const { token, hook_secret: hook, token_file: file } = config.desks[0]?.settings ?? {};
  assert.equal([token, hook, file], ['a1b2c3', 'a1b2c3', undefined]);
  assert.ok(config.named.secret.includes(join(folder, 'token')));
  assert.is(config.named.holdsSecrets, false);
  assert.is(load(`${good}, token: a1b2c3`).config.named.holdsSecrets, true);
});

test('each fault names its place and what is wanted, and no secret', () => {
  const cases: [string, RegExp][] = [
    [good, /lacks "token"/],
    ['name: x, kind: githib', /did you mean "github"/],
    [`${good}, token_file: token, labls: [x]`, /did you mean "labels"/],
    [`${good}, token_file: token, token: abc`, /leave one of them out/],
    [`${good}, token_file: two`, /does not fit `token`/],
    [`${good}, token_file: missing`, /cannot be read/],
    [`name: github, kind: github, repository: ops, token_file: token`, /owner\/name/],
    [`${good}, token_file: token, url: "https://a:b@example.org"`, /holds a user or a password/],
    [`${good}, token_file: token, url: "http://169.254.169.254/"`, /credentials of machines/],
    ['name: snow, kind: servicenow, url: "https://x.service-now.com", user: keel', /password_file/],
    [
      'name: snow, kind: servicenow, url: "https://x.service-now.com", user: keel, password_file: token, hook_secret_file: token',
      /hook_secret/,
    ],
    ['name: mail, kind: email, host: m.example.org, from: keel, to: desk@example.org', /mail address/],
  ];
  for (const [entry, wanted] of cases) {
    const said = faults(entry);
    assert.match(said, wanted, entry);
    assert.not.match(said, /a1b2c3|two\ntwo/);
  }
  assert.match(faults(`${good}, token_file: token`, `${good}, token_file: token`), /name of another desk/);
});

test.run();
