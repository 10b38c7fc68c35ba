/** Enrolment against a real HTTP server: the code from everywhere, the credential, every refusal in words. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeCredential } from '../../agent/credential.ts';
import { guessKind, type Signs } from '../../agent/platform/kind.ts';
import { version } from '../../agent/version.ts';
import { errors } from '../../shared/errors.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { isReadable } from '../../shared/loopback.ts';
import { reason } from '../../shared/reason.ts';
import { agentMain, credentialFor, startAgent, temporaryFolder } from '../support/agent.ts';
import { until } from '../support/broker.ts';

const codeFor = (url: string, secret = 'once') =>
  `EK1-${Buffer.from(JSON.stringify({ u: url, c: secret })).toString('base64url')}`;

interface Server {
  url: string;
  asked: Record<string, unknown>[];
  app: FastifyInstance;
}

async function withServer(work: (server: Server, data: string) => Promise<void>): Promise<void> {
  const app = fastify();
  const asked: Record<string, unknown>[] = [];
  app.post('/api/v1/enroll', async (request, reply) => {
    const body = request.body as Record<string, unknown>;
    asked.push(body);
    if (body.code === 'broken') return { hello: 'I am a printer' };
    if (body.code !== 'once') {
      const { message, hint } = errors.JOIN_CODE_UNKNOWN;
      return reply.status(403).send({ code: 'JOIN_CODE_UNKNOWN', message, hint });
    }
    const mqtt = { url: 'mqtt://127.0.0.1:1883', ca: 'PEM' };
    return reply.status(201).send({ endpoint: 'abcdefgh12345678', bucket: '0f', name: 'box', secret: 's3cret', mqtt });
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const folder = temporaryFolder();
  try {
    await work({ url, asked, app }, join(folder.path, 'data'));
  } finally {
    await app.close();
    folder.remove();
  }
}

const enroll = (data: string, words: string[], input?: string) =>
  startAgent(['enroll', '--data', data, ...words], input).finished;

test('the code as an argument: a credential of its own, for its owner only, and words about it', () =>
  withServer(async ({ url, asked }, data) => {
    const done = await enroll(data, [codeFor(url), '--kind', 'workstation', '--name', 'desk']);
    assert.is(done.code, 0, done.stderr);
    assert.match(done.stdout, /Enrolled as box at http:/);
    assert.match(done.stdout, /workstation/);
    assert.not.match(done.stdout + done.stderr, /s3cret/, 'a secret is never printed');
    const file = join(data, 'agent.json');
    assert.is(JSON.parse(readFileSync(file, 'utf8')).secret, 's3cret');
    if (process.platform !== 'win32') {
      assert.is(statSync(file).mode & 0o777, 0o600);
      assert.is(statSync(data).mode & 0o777, 0o700);
    }
    const [sent] = asked;
    assert.is(sent?.hostname, 'desk');
    assert.is(sent?.kind, 'workstation');
    assert.is(sent?.version, version);
    assert.is(sent?.platform, process.platform);
    const again = await enroll(data, [codeFor(url)]);
    assert.is(again.code, 1);
    assert.match(again.stderr, /enrolled already, as box/);
    assert.is(asked.length, 1, 'the code is not spent a second time');
    const needed = await enroll(data, ['--if-needed', '--file', `${data}/no-longer-there`]);
    assert.is(needed.code, 0, needed.stderr);
    assert.match(needed.stdout, /^Enrolled already, as box at http:.*: nothing was changed\.$/m);
    assert.is(asked.length, 1);
  }));

test('the code from a file and from standard input, with the line breaks of a mail', () =>
  withServer(async ({ url }, data) => {
    const code = codeFor(url);
    const file = `${data}.txt`;
    writeFileSync(file, `${code.slice(0, 20)}\r\n ${code.slice(20)}\n`);
    assert.is((await enroll(`${data}1`, ['--file', file])).code, 0);
    assert.is((await enroll(`${data}2`, ['-'], `${code}\n`)).code, 0);
    assert.is((await enroll(`${data}3`, ['--file', '-'], code)).code, 0);
    // The address in the code is the collector's own; this endpoint may reach it by another.
    const wrong = codeFor('http://127.0.0.1:1');
    assert.is((await enroll(`${data}4`, [wrong, '--collector', `${url}/`])).code, 0);
  }));

test('refusals say what and what to do, leave nothing behind, and exit 1 or 2', () =>
  withServer(async ({ url }, data) => {
    const cases: [string[], number, RegExp][] = [
      [[codeFor(url, 'used')], 1, /does not know this join code[\s\S]*Add endpoint/],
      [[codeFor(url, 'broken')], 1, /not that of a collector/],
      [[codeFor('http://127.0.0.1:1')], 1, /cannot be reached: (connect ECONNREFUSED|bad port)/],
      [['EK1-abc'], 1, /not complete/],
      [['hello'], 1, /not complete/],
      [[codeFor('file:///etc/passwd')], 1, /not complete/],
      [[], 2, /no join code/],
      [[codeFor(url), 'more'], 2, /more than one/],
      [[codeFor(url), '--kind', 'toaster'], 2, /toaster/],
      [['--file', `${data}/none`], 1, /cannot be read/],
      [[codeFor(url), '--bogus'], 2, /bogus/],
    ];
    for (const [words, exit, text] of cases) {
      const done = await enroll(data, words);
      assert.is(done.code, exit, `${words.join(' ')}: ${done.stderr}`);
      assert.match(done.stderr, text);
      assert.not.match(done.stderr, /\n\s+at /, 'no stack trace for people');
    }
    assert.throws(() => statSync(join(data, 'agent.json')));
  }));

test('nobody reads the code in the list of processes: a prompt that shows nothing, and a warning where it is a word', () =>
  withServer(async ({ url }, data) => {
    const code = codeFor(url);
    const word = await enroll(`${data}1`, [code]);
    assert.is(word.code, 0, 'it works all the same');
    assert.match(
      word.stderr,
      /every user of this machine can read it in the list of processes[\s\S]*paste the code when asked/,
    );
    for (const [words, input] of [
      [['-'], `${code}\n`],
      [[], code],
    ] as const) {
      const read = await enroll(`${data}${words.length}x`, [...words], input);
      assert.equal([read.code, read.stderr], [0, '']);
    }
    const empty = await enroll(data, [], ' \n');
    assert.is(empty.code, 2);
    assert.match(empty.stderr, /no join code/);
    if (spawnSync('script', ['--version']).status !== 0) return;
    // With a terminal of its own.
    const command = [process.execPath, agentMain, 'enroll', '--data', `${data}4`].join(' ');
    for (const [typed, status] of [
      [`${code}\r`, 0],
      ['EK1-half\u0003', 2],
    ] as const) {
      const child = spawn('script', ['-qefc', command, '/dev/null'], { stdio: 'pipe' });
      let shown = '';
      child.stdout.on('data', (chunk) => {
        if (!shown.includes('Join code') && String(chunk).includes('Join code')) child.stdin.write(typed);
        shown += chunk;
      });
      const [exit] = await once(child, 'close');
      assert.is(exit, status, shown);
      assert.not.match(shown, /EK1-/, 'neither echoed nor printed');
    }
  }));

test('over plain http the code goes to this machine only, unless that is said', async () => {
  const reasons = async (url: string, words: string[] = []) => {
    const folder = temporaryFolder();
    const { code, stderr } = await enroll(join(folder.path, 'data'), ['-', ...words], codeFor(url));
    folder.remove();
    return { code, stderr };
  };
  // .invalid is never found: whatever was sent would have failed otherwise.
  for (const words of [[], ['--collector', 'http://127.0.0.1.evenkeel.invalid:1']]) {
    const { code, stderr } = await reasons('http://keel.evenkeel.invalid:1', words);
    assert.is(code, 1);
    assert.match(stderr, /was not sent to http:.*not encrypted[\s\S]*--insecure-http/);
  }
  assert.match((await reasons('http://keel.evenkeel.invalid:1', ['--insecure-http'])).stderr, /cannot be reached/);
  assert.match((await reasons('https://keel.evenkeel.invalid:1')).stderr, /cannot be reached/);
  const { code, stderr } = await reasons('http://127.0.0.1:1', ['--collector', 'keel:7460']);
  assert.is(code, 2);
  assert.match(stderr, /--collector "keel:7460"; it is an address such as/);
});

test('what is on this machine, and what can be read on the way', () => {
  const own = [
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '127.8.9.1',
    '::1',
    '[::1]',
    '127.1',
    '2130706433',
    '0x7f000001',
    '[::ffff:127.0.0.1]',
  ];
  for (const host of own) assert.is(isReadable(`http://${host.replace(/^::1$/, '[::1]')}:7460`), false, host);
  const others = [
    'keel',
    '10.0.0.1',
    '127.0.0.1.example.org',
    'localhost.example.org',
    '[fe80::1]',
    '0.0.0.0',
    '128.0.0.1',
    '[::ffff:10.0.0.1]',
  ];
  for (const host of others)
    for (const [scheme, readable] of Object.entries({ http: true, mqtt: true, https: false, mqtts: false }))
      assert.is(isReadable(`${scheme}://${host}:1`), readable, `${scheme} ${host}`);
  assert.is(isReadable('http://127.0.0.1@keel.example.org/'), true, 'a name in front of the host is no host');
});

test('a password over plain mqtt to another machine is warned of at enrolment, start and by doctor', async () => {
  const folder = temporaryFolder();
  writeCredential(folder.path, credentialFor('mqtt://keel.evenkeel.invalid:1883'));
  const doctor = await startAgent(['doctor', '--data', folder.path]).finished;
  assert.match(doctor.stdout, /to do: The password of this endpoint goes over the network unencrypted/);
  const run = startAgent(['run', '--data', folder.path]);
  await until('the warning', () => run.output().includes('goes over the network unencrypted'), 60_000);
  run.child.kill('SIGTERM');
  await run.finished;
  folder.remove();
  const app = fastify();
  const mqtt = { url: 'mqtt://keel.evenkeel.invalid:1883' };
  app.post('/api/v1/enroll', async () => ({
    endpoint: 'abcdefgh12345678',
    bucket: '0f',
    name: 'box',
    secret: 's',
    mqtt,
  }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const place = temporaryFolder();
  const done = await enroll(join(place.path, 'data'), ['-'], codeFor(url));
  await app.close();
  place.remove();
  assert.is(done.code, 0, done.stderr);
  assert.match(done.stdout, /goes over the network unencrypted/);
});

test('a credential file with holes is refused, not overwritten', () =>
  withServer(async ({ url }, data) => {
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'agent.json'), '{"endpoint":"x"');
    const done = await enroll(data, [codeFor(url)]);
    assert.is(done.code, 1);
    assert.match(done.stderr, /damaged/);
    assert.is(readFileSync(join(data, 'agent.json'), 'utf8'), '{"endpoint":"x"');
  }));

test('a file of a code that is missing, or open to others, is called that', () =>
  withServer(async ({ url, asked }, data) => {
    const file = join(dirname(data), 'code');
    const missing = await enroll(data, ['--code-file', file]);
    assert.match(missing.stderr, /The join code cannot be read from .*code: .*ENOENT/);
    if (process.platform === 'win32') return;
    writeFileSync(file, codeFor(url));
    chmodSync(file, 0o644);
    const open = await enroll(data, ['--code-file', file]);
    assert.match(open.stderr, /others may read it \(mode 644\)/);
    assert.match(open.stderr, `Then run: chmod 600 ${file}`);
    rmSync(file);
    assert.is(asked.length, 0);
  }));

test('join codes', () => {
  assert.equal(decodeJoinCode(codeFor('https://collector.example/')), {
    url: 'https://collector.example',
    secret: 'once',
  });
});

test('kinds are guessed from the machine, with the reason', () => {
  const signs: Signs = { platform: 'linux', chassis: null, battery: false, graphical: false, productType: null };
  const kindOf = (more: Partial<Signs>) => guessKind({ ...signs, ...more }).kind;
  assert.is(kindOf({}), 'server');
  assert.is(kindOf({ chassis: 23, graphical: true }), 'server');
  assert.is(kindOf({ chassis: 10 }), 'workstation');
  assert.is(kindOf({ chassis: 3, graphical: true }), 'workstation');
  assert.is(kindOf({ battery: true, chassis: 1 }), 'workstation');
  assert.is(kindOf({ platform: 'darwin' }), 'workstation');
  assert.is(kindOf({ platform: 'win32', productType: 'ServerNT' }), 'server');
  assert.is(kindOf({ platform: 'win32', productType: 'WinNT' }), 'workstation');
  assert.equal(guessKind(signs).why, reason('kind_headless'));
});

test('the version is the package’s', () => {
  const file = new URL('../../package.json', import.meta.url);
  assert.is(version, JSON.parse(readFileSync(file, 'utf8')).version);
});

test.run();
