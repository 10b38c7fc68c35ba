/** Secrets leave no text of another program; what only speaks of them stays as it was. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutSecrets, withoutSecretsIn } from '../../shared/secrets.ts';

/** Put together here: scanners for secrets must not take this file for a leak. */
const block = (kind: string) =>
  [`-----BEGIN ${kind}-----`, 'MIIEowIBAAKCAQEAhunter2', 'hunter2hunter2', `-----END ${kind}-----`].join('\n');
const jwt = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiJodW50ZXIyIn0', 'hunter2hunter2'].join('.');

/** Every `hunter2…` and `s3cr3t…` is secret; the second text must stay. */
const leaks: readonly (readonly [text: string, stays: string])[] = [
  [
    'Fatal: unable to open repository at rest:https://backup:hunter2@nas.example.org:8000/srv',
    'nas.example.org:8000/srv',
  ],
  ['sftp://u:hunter2@h/x and s3:http://key:s3cr3t/with/slash@minio:9000/b', 'minio:9000/b'],
  ['ftp://u:hunter2@with@at@host/x', '@host/x'],
  ['postgres://evenkeel:hunter2@db/evenkeel: refused', 'refused'],
  ['RESTIC_PASSWORD=hunter2 restic snapshots', 'restic snapshots'],
  ["export AWS_SECRET_ACCESS_KEY='hunter2/+abc='; run", 'run'],
  ['BORG_PASSPHRASE="s3cr3t with blanks" borg list', 'borg list'],
  ['B2_ACCOUNT_KEY=hunter2', 'B2_ACCOUNT_KEY'],
  ['AZURE: AccountName=x;AccountKey=hunter2hunter2==;EndpointSuffix=core', 'EndpointSuffix=core'],
  ['GET https://x.blob.core.windows.net/c?sv=2024&sig=hunter2%3D&se=2027', 'se=2027'],
  ['https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=hunter2&X=1', 'X-Amz-Date=1'],
  ['https://hooks.example.org/in?token=hunter2', 'hooks.example.org/in'],
  ['Authorization: Bearer hunter2hunter2', 'Authorization'],
  ['authorization=Basic dTpodW50ZXIy-hunter2', 'authorization'],
  ['> Proxy-Authorization: Digest username="u", response="hunter2"', 'Proxy-Authorization'],
  ['Cookie: session=hunter2; theme=dark', 'Cookie'],
  ['curl failed with bearer hunter2hunter2 on host', 'on host'],
  ['mysqldump: command was mysqldump -u root -phunter2 shop', 'shop'],
  ['kopia repository connect --password hunter2 --path /srv', '--path /srv'],
  ['duplicati-cli backup --passphrase="hunter2 s3cr3t" /home', '/home'],
  ['rclone --s3-secret-access-key=hunter2 ls', 'ls'],
  ['curl -u admin:hunter2 https://nas', 'https://nas'],
  ['sshpass -p hunter2 rsync -a', 'rsync -a'],
  ['{"user":"u","password":"hunter2","port":1}', '"port":1'],
  ['said "{\\"client_secret\\": \\"hunter2\\"}"', 'said'],
  ['password: hunter2', 'password'],
  ['<user>u</user><password>hunter2</password>', '<user>u</user>'],
  [`could not load key\n${block('RSA PRIVATE KEY')}\nend`, 'end'],
  [block('OPENSSH PRIVATE KEY').slice(0, -30), 'PRIVATE KEY'],
  [block('PGP PRIVATE KEY BLOCK').replaceAll('\n', ' '), 'PRIVATE KEY'],
  [`token was ${jwt}.`, 'token was'],
  [`remote: https://${'ghp_'}hunter2hunter2hunter2@github.com/x`, 'github.com/x'],
  [`code ${'EK1-'}hunter2hunter2hunter2hunter2 given`, 'given'],
];

test('each kind of secret is taken out, and the rest says what failed', () => {
  for (const [text, stays] of leaks) {
    const bare = withoutSecrets(text);
    assert.not.match(bare, /hunter2|s3cr3t/, text);
    assert.ok(bare.includes(stays), `${text} → ${bare}`);
    assert.is(withoutSecrets(bare), bare, 'a second time changes nothing');
  }
});

test('what is no secret stays as it was', () => {
  for (const text of [
    'Fatal: wrong password or no key found',
    'enter password for repository: ',
    'Password: incorrect',
    'RESTIC_PASSWORD_FILE=/etc/restic/password restic backup',
    '--password-file /etc/restic/password --password-command "pass show x"',
    'passed=3 failed=2',
    'http://127.0.0.1:8086/write?db=keel&precision=ms: connection refused',
    'rest:http://host:8000/repo@daily',
    'ssh://borg@host:22/./repo, user@host:/srv/x, git@github.com:a/b.git',
    'mailto:ops@example.org at 12:30:45@UTC',
    'libsecret-1-0 0.20.5-3, gnome-keyring, password-store 1.7.4',
    'Unexpected token < in JSON at position 0',
    'Basic authentication failed; Bearer authentication is required',
    'SIGTERM: signal=15 code=1 key=value',
    'the token expires: tomorrow',
    'snapshot 0a1b2c3d saved, 12 files new, -p 22 -u root',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    'OK - load average: 0.1|load1=0.1;5;10;0',
    '',
  ])
    assert.is(withoutSecrets(text), text);
});

test('values of a section at any depth; numbers and what holds no secret stay', () => {
  const section = [
    { job: 'x', at: 1, ok: true, none: null, reason: [{ code: 'said', params: { text: 'TOKEN=hunter2' } }] },
  ];
  assert.equal(withoutSecretsIn(section), [
    { job: 'x', at: 1, ok: true, none: null, reason: [{ code: 'said', params: { text: 'TOKEN=***' } }] },
  ]);
});

test('the work grows with the length, whatever is repeated', () => {
  const pieces = [
    'a',
    '://',
    '://a:',
    '://a:b/',
    '@',
    'password',
    'TOKEN',
    'token=',
    '"password":"',
    '-----BEGIN PRIVATE KEY-----',
    'eyJ',
    'eyJ-',
    '--a-',
    '<password>',
    'mysql ',
    'bearer ',
    'authorization: ',
    'cookie:',
    '-u a:',
    '"',
    "'",
    '\\"',
    ' ',
    'EK1-',
    '_',
    '.',
  ];
  const cost = (text: string) => {
    const before = process.cpuUsage();
    withoutSecrets(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  for (const piece of pieces) {
    // A quadratic pattern takes seconds for this, a linear one some milliseconds.
    const ms = cost(piece.repeat(Math.ceil(100_000 / piece.length)));
    assert.ok(ms < 1500, `${piece}: ${ms} ms of processor time`);
  }
});

test.run();
