/** The endpoint's own settings: what is taken, and where each mistake is reported to be. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkNames } from '../../agent/agent.ts';
import { readLocal } from '../../agent/local.ts';
import { type AgentSettings, parseSettings, readSettings } from '../../agent/settings.ts';
import { EvenkeelError } from '../../shared/errors.ts';

const test = suite('settings of an endpoint');
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-settings-'));
test.after(() => rmSync(folder, { recursive: true }));

const faultsIn = (text: string, part?: keyof AgentSettings): string[] => {
  try {
    parseSettings(text, 'checks.yaml', part);
    return [];
  } catch (thrown) {
    assert.instance(thrown, EvenkeelError);
    return (thrown as EvenkeelError).message.split('\n');
  }
};

test('own checks, certificates and backups', () => {
  const settings = parseSettings(
    'custom:\n  - name: disk\n    command: [/bin/true, "-w", "10%"]\n    every: 5m\n    timeout: 10\n    output: json\ncertificates: [/etc/ssl/web.pem, "C:\\\\certs"]\nbackups: { files: [{ job: db, glob: /b/* }] }\n',
    'x',
  );
  assert.equal(settings.custom, [
    { name: 'disk', command: ['/bin/true', '-w', '10%'], every: '5m', timeout: 10, output: 'json' },
  ]);
  assert.equal(settings.certificates, ['/etc/ssl/web.pem', 'C:\\certs']);
  assert.equal(settings.backups, { files: [{ job: 'db', glob: '/b/*' }] });
  assert.equal(parseSettings('', 'x'), {});
});

test('logs: what is taken', () => {
  const text =
    'logs:\n  - { name: ssh, journal: { unit: ssh.service, identifier: sshd, priority: info, messageId: b07a249cd024414a82dd00cd181378ff, directory: /var/log/journal/remote }, text: Failed, pattern: "for .* from", window: 1h, count: 20, samples: true }\n  - { name: disk, windows: { log: System, provider: disk, ids: [7], level: error }, count: 0 }\n';
  const { logs = [] } = parseSettings(text, 'x');
  assert.equal(
    logs.map(({ name, count }) => [name, count]),
    [
      ['ssh', 20],
      ['disk', 0],
    ],
  );
});

test('patterns of logs: RE2 says what is wrong, where it stands; too large a one is refused', async () => {
  const file = join(folder, 'patterns.yaml');
  const faultOf = async (pattern: string) => {
    writeFileSync(file, `logs:\n  - { name: a, journal: { unit: a }, pattern: '${pattern}' }\n`, { mode: 0o600 });
    return readSettings(file, 'logs').then(
      () => null,
      (thrown: Error) => thrown.message,
    );
  };
  assert.is(await faultOf('Failed password for (root|admin) from [0-9.]+'), null);
  assert.match(
    (await faultOf('(unclosed')) ?? '',
    /2:47: logs\.a\.pattern "\(unclosed" is not a pattern that RE2 understands: /,
  );
  assert.match(
    (await faultOf('(?=ahead)')) ?? '',
    /logs\.a\.pattern .* look-arounds and back references do not exist there/,
  );
  assert.match(
    (await faultOf('x{900}y{900}z{900}')) ?? '',
    /logs\.a\.pattern "x\{900\}y\{900\}z\{900\}" is too large: repeat less often/,
  );
});

const own = (rest: string) => `custom:\n  - name: a\n    command: [x]\n    ${rest}\n`;
const repository = (text: string) => `backups:\n  repositories:\n    - { ${text} }\n`;
const event = (text: string) => `backups:\n  events:\n    - { job: a, log: Application, provider: P${text} }\n`;

const log = (text: string) => `logs:\n  - { name: a, ${text} }\n`;

const table: [yaml: string, ...lines: string[]][] = [
  ['checks: 1\n', '1:1: unknown key "checks"; known here: custom, certificates, backups, logs'],
  ['custm: []\n', '1:1: unknown key "custm"; did you mean "custom"?'],
  ['custom: [1', '1:11: …'],
  ['a: &a [*a]\n', '1:1: unknown key "a"; …'],
  ['custom: a\n', '1:9: custom "a" must be a list of at most 100 entries'],
  ['custom: [3]\n', '1:10: custom.0 3 must be a section with keys of its own'],
  ['custom:\n  - name: a\n', '2:5: custom.a lacks "command": a list of words, the program first, …'],
  ['custom:\n  - command: [x]\n', '2:5: custom.0 lacks "name": a name of letters, …'],
  [own('evry: 3'), '4:5: unknown key "evry"; did you mean "every"?'],
  [
    own('every: soon'),
    '4:12: custom.a.every "soon" is not a duration; write a number with a unit, such as 30s, 5m or 1h',
  ],
  [own('every: 0s'), '4:12: custom.a.every "0s" must be from 1s to 7d'],
  [own('every: 30d'), '4:12: custom.a.every "30d" must be from 1s to 7d'],
  [own('timeout: 0'), '4:14: custom.a.timeout 0 must be from 100ms to 1h'],
  [own('output: jsn'), '4:13: custom.a.output "jsn" must be one of nagios, json; did you mean "json"?'],
  [own('env: { A-B: x }'), '4:12: "A-B" is not a name that can stand here'],
  [own('env: { PORT: 80 }'), '4:18: custom.a.env.PORT 80 must be a text; write it in quotes'],
  ['custom:\n  - name: a\n    command: "sh -c x"\n', '3:14: custom.a.command "sh -c x" must be a list of words, …'],
  [
    'custom:\n  - name: a\n    command: ["check -w 5"]\n',
    '3:14: custom.a.command (a list) holds arguments in its first word; …',
  ],
  [
    'custom:\n  - name: a\n    command: [bin/check]\n',
    '3:14: custom.a.command (a list) names a program by a path that is not absolute',
  ],
  ['custom:\n  - name: a\n    command: ["", x]\n', '3:14: custom.a.command (a list) names no program'],
  ['custom:\n  - name: a\n    command: []\n', '3:14: custom.a.command (a list) must be a list of words, …'],
  [
    'custom:\n  - name: a\n    command: [x, 5]\n',
    '3:18: custom.a.command.1 5 must be a text of at most 4096 characters; write it in quotes',
  ],
  ['custom:\n  - name: "a b"\n    command: [x]\n', '2:11: custom.0.name "a b" must be a name of letters, …'],
  ['custom: [{ name: a, command: [x] }, { name: a, command: [y] }]\n', '1:45: custom.a.name "a" is given twice'],
  ['logs: { name: a }\n', '1:7: logs (a section) must be a list of at most 20 entries'],
  [log('window: 10m'), '2:5: logs.a lacks a log: give "journal" (Linux) or "windows"'],
  [
    log('journal: { unit: a }, windows: { log: System, ids: [1] }'),
    '2:5: logs.a names two logs; give "journal" or "windows", and the other one an entry of its own',
  ],
  [
    log('journal: {}'),
    '2:5: logs.a would count every entry of the log; narrow it by "unit", "identifier", "priority" or "messageId" there, or by "text" or "pattern" here',
  ],
  [
    log('journal: { directory: /var/log/journal/remote }'),
    '2:5: logs.a would count every entry of the log; narrow it by "unit", …',
  ],
  [
    log('windows: { log: System }'),
    '2:5: logs.a would count every entry of the log; narrow it by "provider", "ids" or "level" there, or by "text" or "pattern" here',
  ],
  [
    log('journal: { unit: "ssh*" }'),
    '2:33: logs.a.journal.unit "ssh*" must be the name of one unit, such as ssh.service, without * or ?',
  ],
  [log('journal: { unt: ssh }'), '2:27: unknown key "unt"; did you mean "unit"?'],
  [
    log('journal: { priority: error }'),
    '2:37: logs.a.journal.priority "error" must be one of emerg, alert, crit, err, warning, notice, info, debug; did you mean "err"?',
  ],
  [log('journal: { identifier: "--file=/etc/shadow" }'), '…: logs.a.journal.identifier …'],
  [log('journal: { messageId: B07A }'), '2:38: logs.a.journal.messageId "B07A" must be a message id of 32 digits …'],
  [log('journal: { unit: a, directory: log }'), '2:47: logs.a.journal.directory "log" is not an absolute path'],
  [log('windows: { ids: [1] }'), '2:25: logs.a.windows lacks "log": the name of an event log, such as System'],
  [
    log(`windows: { log: System, provider: "x'] or *[" }`),
    '2:50: logs.a.windows.provider "x\'] or *[" must be the name of an event provider, such as disk',
  ],
  [log('windows: { log: System, ids: 7 }'), '2:45: logs.a.windows.ids 7 must be a list of event ids, such as [7, 51]'],
  [log('windows: { log: System, level: err }'), '2:47: logs.a.windows.level "err" must be one of critical, error, …'],
  [log('journal: { unit: a }, window: 5s'), '2:46: logs.a.window "5s" must be from 1m to 7d'],
  [log('journal: { unit: a }, count: -1'), '2:45: logs.a.count -1 must be a whole number: from how many matches …'],
  [log('journal: { unit: a }, samples: often'), '2:47: logs.a.samples "often" must be …'],
  [log('journal: { unit: a }, text: ""'), '2:44: logs.a.text "" must be a text that stands in the message'],
  [
    'logs: [{ name: a, journal: { unit: a } }, { name: a, journal: { unit: b } }]\n',
    '1:51: logs.a.name "a" is given twice',
  ],
  ['certificates: /etc/x.pem\n', '1:15: certificates "/etc/x.pem" must be a list of at most 200 entries'],
  ['certificates: [x.pem]\n', '1:16: certificates.0 "x.pem" is not an absolute path'],
  ['certificates: [5]\n', '1:16: certificates.0 5 must be a path; write it in quotes'],
  ['backups: [a]\n', '1:10: backups (a list) must be a section with keys of its own'],
  ['backups:\n  repository: []\n', '2:3: unknown key "repository"; did you mean "repositories"?'],
  ['backups: { ignore: [veam] }\n', '1:21: backups.ignore.0 "veam" must be one of …'],
  [
    repository('job: a, product: tape'),
    '3:7: backups.repositories.a lacks "repository": where the backups lie',
    '3:26: backups.repositories.a.product "tape" must be one of restic, borg, kopia, duplicity',
  ],
  [repository('job: a, product: restic'), '3:7: backups.repositories.a lacks "repository": where the backups lie'],
  [
    repository('job: a, product: restic, repository: /r, archives: x*'),
    '3:60: backups.repositories.a.archives has no effect with restic: only borg has archives',
  ],
  [
    repository('job: a, product: borg, repository: /r, every: 6'),
    '3:55: backups.repositories.a.every 6 must be a duration such as 30m or 6h; write it in quotes',
  ],
  [
    repository('job: a, product: borg, repository: /r, passwordfile: /p'),
    '3:48: unknown key "passwordfile"; did you mean "passwordFile"?',
  ],
  [
    `${repository('job: a, product: borg, repository: /r')}    - { job: a, product: borg, repository: /s }\n`,
    '4:14: backups.repositories.a.job "a" is given twice for borg',
  ],
  [
    'backups:\n  files:\n    - { job: a, glob: /x, minBytes: -1 }\n',
    '3:37: backups.files.a.minBytes -1 must be a whole number from 0',
  ],
  [event(''), '3:7: backups.events.a names no event: one of ok, warning, failed needs an id'],
  [event(', ok: [1], failed: [2, 1]'), '3:69: backups.events.a.failed.1 1 stands under ok, too'],
  [event(', ok: [70000]'), '3:53: backups.events.a.ok.0 70000 must be a whole number from 0 to 65535'],
  [
    'backups:\n  events:\n    - { job: a, log: "x\' or", provider: P, ok: [1] }\n',
    '3:22: backups.events.a.log "x\' or" must be the name of an event log',
  ],
  [
    'backups:\n  reports:\n    - { product: tape, glob: /x }\n',
    '3:18: backups.reports.0.product "tape" must be one of duplicati, veeam, duplicity, rsnapshot',
  ],
  [
    'certificates: []\ncertificates: [x]\n',
    '2:1: this key stands here a second time',
    '2:16: certificates.0 "x" is not an absolute path',
  ],
];

for (const [yaml, ...lines] of table) {
  test(lines[0] ?? yaml, () => {
    const wanted = lines.map((line) => `checks.yaml:${line}`);
    const got = faultsIn(yaml).map((line, i) => {
      const [start, end] = wanted[i]?.split('…') ?? [];
      return end === undefined || !line.startsWith(start ?? '') ? line : wanted[i];
    });
    assert.equal(got, wanted);
  });
}

test('all faults at once, and a part without one goes on', () => {
  const yaml =
    'custom:\n  - name: a\n    comand: [x]\n    every: 0s\nbackups: { files: [{ job: a, glob: /x, min: 1 }] }\ncertificates: [/a]\n';
  const lines = ['2:5', '3:5', '4:12', '5:40'];
  const places = (part?: keyof AgentSettings) =>
    faultsIn(yaml, part).map((line) => line.split(':').slice(1, 3).join(':'));
  assert.equal(places(), lines);
  assert.equal(places('custom'), lines);
  assert.equal(places('backups'), lines);
  assert.equal(places('certificates'), []);
  assert.equal(faultsIn('certificates: [/a]\ncustm: []\n', 'certificates').length, 1, 'a key that may be theirs');
});

test('no file is no settings, and one that cannot be read is not', async () => {
  assert.equal(await readSettings(join(folder, 'nowhere.yaml')), {});
  try {
    await readSettings(folder);
    assert.unreachable();
  } catch (thrown) {
    assert.is((thrown as EvenkeelError).code, 'CONFIG_UNREADABLE');
  }
});

const locals: [text: string, counts: boolean, ...lines: string[]][] = [
  ['{"v":1,"interval_s":5,"checks":{"cpu":{"every_s":1}}}', true],
  ['{"v":1,"checks":{"cpuu":{"enabled":false}}}', true, '1:18: unknown key "cpuu"; did you mean "cpu"?'],
  [
    '{"v":1,"interval_s":0,\n "checks":{"cpu":{"every":5}}}',
    false,
    '1:21: interval_s 0 must be a number from 0.5 to 3600',
    '2:19: unknown key "every"; did you mean "every_s"?',
  ],
  ['{"v":2}', false, '1:6: v 2 must be 1'],
  [
    '{"v":1,\n\t"interval_s":"5s"}',
    false,
    '2:15: interval_s "5s" must be a number from 0.5 to 3600, in seconds; write 5',
  ],
  ['{"v":1', false, '1:7: …'],
  ['[]', false, '1:1: the file (a list) must be a section with keys of its own'],
];
for (const [text, counts, ...lines] of locals) {
  test(`agent.settings.json: ${text}`, async () => {
    const file = join(folder, 'agent.settings.json');
    writeFileSync(file, text);
    const { config, faults } = await readLocal(folder, checkNames);
    assert.is(config !== null, counts);
    const wanted = lines.map((line) => `${file}:${line}`);
    assert.equal(
      faults.map((line, i) => (wanted[i]?.endsWith('…') && line.startsWith(wanted[i].slice(0, -1)) ? wanted[i] : line)),
      wanted,
    );
  });
}

test.run();
