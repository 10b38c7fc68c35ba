/** Joining with real processes: who has to wait, and what stands on the machine where it does not go. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readCredential } from '../../agent/credential.ts';
import { pinOf } from '../../collector/tls/certificates.ts';
import type { NewEnrollment } from '../../shared/api.ts';
import type { Applicant } from '../../shared/applicant.ts';
import { decodeJoinCode, encodeJoinCode } from '../../shared/join-code.ts';
import { agentMain, startAgent } from '../support/agent.ts';
import { makeAuthority } from '../support/authority.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { smallDisk } from '../support/small-disk.ts';

const test = suite('joining');
const folder = temporaryFolder();
let collector: RunningCollector;
let machines = 0;

test.before(async () => {
  collector = await startCollector(join(folder.path, 'collector'));
});
test.after(async () => {
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

async function send<T>(path: string, body?: object, method = 'POST'): Promise<T> {
  const headers = { authorization: `Bearer ${collector.token}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(collector.http + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return (text === '' ? null : JSON.parse(text)) as T;
}

const makeCode = (body: object) => send<NewEnrollment>('/api/v1/enrollments', body);
const newMachine = () => join(folder.path, `machine-${++machines}`);
const enroll = (data: string, code: string, ...words: string[]) =>
  startAgent(['enroll', '-', ...words, '--data', data], code);
const waiting = async (name: string) =>
  (await collector.get<{ items: Applicant[] }>('/api/v1/applicants')).items.find(({ hostname }) => hostname === name);

async function waitsAs(name: string): Promise<Applicant> {
  let found: Applicant | undefined;
  const isThere = async () => {
    found = await waiting(name);
    return found !== undefined;
  };
  await until(isThere, 20_000, `${name} waits`);
  return found as Applicant;
}

test('approval: the machine shows the check word, is stopped, asks on as `run`, and reports once it may', async () => {
  const { code } = await makeCode({ approval: true });
  const data = newMachine();
  const first = enroll(data, code, '--name', 'kiosk-1');
  const { id, checkWord } = await waitsAs('kiosk-1');
  await until(() => first.output().includes(checkWord), 10_000, 'the check word on the machine');
  assert.match(first.output(), /as soon as a person has approved it, on the page "Add endpoint"/);
  first.child.kill('SIGKILL');
  await first.finished;
  assert.is(statSync(join(data, 'join-waiting.json')).mode & 0o777, 0o600);
  const agent = startAgent(['run', '--data', data]);
  await until(() => agent.output().includes('waits until a person approves it'), 20_000, 'that it waits');
  await send(`/api/v1/applicants/${id}/approve`);
  type Rows = { items: { name: string; lastSeenAt: number | null }[] };
  await until(
    async () =>
      (await collector.get<Rows>('/api/v1/endpoints')).items.some(
        ({ name, lastSeenAt }) => name === 'kiosk-1' && lastSeenAt !== null,
      ),
    60_000,
    `a report of it. ${agent.output()}`,
  );
  assert.not.ok(existsSync(join(data, 'join-waiting.json')));
  assert.not.ok(existsSync(join(data, 'join-attempt.json')));
  agent.child.kill('SIGTERM');
  await agent.finished;
});

test('approval in the place of an identity: the agent asks on beside its reports, also after a restart, and goes on as the new one', async () => {
  const data = newMachine();
  const { code: first } = await makeCode({});
  assert.is((await enroll(data, first, '--name', 'desk-1').finished).code, 0);
  const identity = () => (JSON.parse(readFileSync(join(data, 'agent.json'), 'utf8')) as { endpoint: string }).endpoint;
  const before = identity();
  const { code } = await makeCode({ approval: true });
  const agent = startAgent(['run', '--data', data]);
  await until(() => agent.output().includes('Connected to'), 30_000, 'the agent');
  const asking = enroll(data, code, '--again', '--name', 'desk-2');
  const { code: exit, stdout } = await asking.finished;
  assert.is(exit, 0);
  assert.match(stdout, /Its agent asks until .*, also after a restart/);
  // The machine starts anew.
  agent.child.kill('SIGKILL');
  await agent.finished;
  const next = startAgent(['run', '--data', data]);
  await until(() => next.output().includes('waits until a person approves it'), 30_000, 'that it asks');
  await until(() => next.output().includes('Connected to'), 30_000, 'reports under the old identity meanwhile');
  assert.is(identity(), before);
  await send(`/api/v1/applicants/${(await waitsAs('desk-2')).id}/approve`);
  await until(() => next.output().includes('goes on under the new identity'), 60_000, 'the new identity');
  assert.is.not(identity(), before);
  type Rows = { items: { id: string; state: string }[] };
  const isOnline = async () =>
    (await collector.get<Rows>('/api/v1/endpoints')).items.some(
      ({ id, state }) => id === identity() && state === 'online',
    );
  await until(isOnline, 30_000, 'reports under it');
  assert.not.ok(existsSync(join(data, 'join-waiting.json')));
  next.child.kill('SIGTERM');
  assert.is((await next.finished).code, 0);
});

test('refused: the machine says by whom and why, and asks anew the next time', async () => {
  const { code } = await makeCode({ approval: true });
  const data = newMachine();
  const asking = enroll(data, code, '--name', 'stranger-1');
  const { id, checkWord } = await waitsAs('stranger-1');
  await send(`/api/v1/applicants/${id}/refuse`, { reason: 'Nobody ordered it.' });
  const { code: exit, stderr } = await asking.finished;
  assert.is(exit, 1);
  assert.match(stderr, /refused to let this machine join at .*: Nobody ordered it\.\n.*Ask them why/);
  assert.not.ok(existsSync(join(data, 'join-waiting.json')));
  const again = enroll(data, code, '--name', 'stranger-2');
  assert.is.not((await waitsAs('stranger-2')).checkWord, checkWord);
  again.child.kill('SIGKILL');
  await again.finished;
});

const revoke = (id: string) => send(`/api/v1/enrollments/${id}`, undefined, 'DELETE');

test('a code that does not do says what is wrong with it and what to do, and leaves nothing behind', async () => {
  const used = await makeCode({});
  assert.is((await enroll(newMachine(), used.code).finished).code, 0);
  const revoked = await makeCode({});
  await revoke(revoked.enrollment.id);
  const expired = await makeCode({ hours: 0.0001 });
  const far = await makeCode({ ranges: ['10.9.0.0/16'] });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { code } = await makeCode({});
  const typo = `${code.slice(0, 30)}${code[30] === 'A' ? 'B' : 'A'}${code.slice(31)}`;
  const cases: [what: string, code: string, says: RegExp, todo: RegExp][] = [
    ['used up', used.code, /has been used 1 of 1 times/, /Create a new one|[Nn]ew code|create a new/],
    ['revoked', revoked.code, /was revoked at .* by /, /Add endpoint/],
    ['expired', expired.code, /expired at \d{4}-/, /Add endpoint/],
    ['elsewhere', far.code, /10\.9\.0\.0\/16; this one asked from 127\.0\.0\.1/, /machine of that network/],
    ['mistyped', typo, /mistyped|not complete/, /Copy the whole/],
    ['cut off', code.slice(0, 40), /not complete|mistyped/, /Copy the whole/],
  ];
  for (const [what, given, says, todo] of cases) {
    const data = newMachine();
    const { code: exit, stderr } = await enroll(data, given).finished;
    assert.is(exit, 1, what);
    assert.match(stderr, says, what);
    assert.match(stderr, todo, what);
    assert.not.ok(existsSync(join(data, 'agent.json')), what);
  }
});

/** A proxy for HTTPS: `answer` is what it says to CONNECT; null: it opens the way. */
async function withProxy(answer: string | null, work: (port: number, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    client.once('data', (head) => {
      const text = head.toString('latin1');
      asked.push(text);
      if (answer !== null) return void client.end(answer);
      const [, host = '', port = ''] = /^CONNECT ([^:]+):(\d+)/.exec(text) ?? [];
      const onward = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(onward).pipe(client);
      });
      sockets.add(onward);
      onward.on('error', () => client.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work((server.address() as AddressInfo).port, asked);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const page = '<html><body>Please log in</body></html>';
const answerOf = (status: string, body = '') =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;

test('a proxy that answers with a page, wants a log-in, refuses or is not there: each says what to do', async () => {
  const pins = [Buffer.alloc(32, 7).toString('base64')];
  const code = encodeJoinCode({ url: 'https://keel.example.net:7460', secret: 'any', pins });
  const cases: [what: string, answer: string, user: string, says: RegExp][] = [
    ['a page', page, '', /answered with something else than a way to keel\.example\.net:7460, such as a web page/],
    ['a page with status 200', answerOf('200 OK', page), '', /web page|something else|certificate/],
    [
      'a page with status 503',
      answerOf('503 No', page),
      '',
      /opens no way to keel\.example\.net:7460 \(status 503\).*CONNECT/,
    ],
    [
      'a log-in',
      answerOf('407 Proxy Authentication Required'),
      '',
      /wants a log-in \(407\): set HTTPS_PROXY=http:\/\/USER:PASSWORD@/,
    ],
    [
      'another log-in',
      answerOf('407 Proxy Authentication Required'),
      'mia:sesame-7@',
      /does not accept the user "mia".*\(407\): correct both/,
    ],
  ];
  for (const [what, answer, user, says] of cases)
    await withProxy(answer, async (port, asked) => {
      const env = { HTTPS_PROXY: `http://${user}127.0.0.1:${port}`, NO_PROXY: '' };
      const {
        code: exit,
        stderr,
        stdout,
      } = await startAgent(['enroll', '-', '--data', newMachine()], code, env).finished;
      assert.is(exit, 1, what);
      assert.match(stderr, says, what);
      assert.not.match(stderr + stdout, 'sesame-7');
      assert.match(asked[0] ?? '', 'CONNECT keel.example.net:7460');
    });
  const env = { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '' };
  const away = await startAgent(['enroll', '-', '--data', newMachine()], code, env).finished;
  assert.match(
    away.stderr,
    /the proxy http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\): correct HTTPS_PROXY/,
  );
});

/** As somebody who knows its authority. */
const codeOfSecured = ({ http, token }: RunningCollector, ca: string): Promise<NewEnrollment> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const asked = request(
      `${http}/api/v1/enrollments`,
      { method: 'POST', ca: readFileSync(ca), headers },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text) as NewEnrollment));
      },
    );
    asked.on('error', reject);
    asked.end('{}');
  });

test('through a proxy of the settings file the pin holds, and the machine joins', async () => {
  const own = makeAuthority(folder.path);
  const other = makeAuthority(folder.path, 'other');
  if (!own || !other) return console.log('\nSKIP openssl: it is needed to make certificates');
  const settings = join(folder.path, 'tls.yaml');
  writeFileSync(settings, `tls: { cert: "${own.cert}", key: "${own.key}", ca: "${own.ca}" }\n`);
  const secured = await startCollector(join(folder.path, 'secured'), ['--config', settings]);
  try {
    const { code } = await codeOfSecured(secured, own.ca);
    await withProxy(null, async (port, asked) => {
      const data = newMachine();
      mkdirSync(data, { mode: 0o700 });
      writeFileSync(join(data, 'agent.settings.json'), JSON.stringify({ v: 1, proxy: `http://127.0.0.1:${port}` }));
      const { url, secret } = decodeJoinCode(code);
      const pins = [pinOf(readFileSync(other.ca, 'utf8'))];
      const wrong = await enroll(data, encodeJoinCode({ url, secret, pins })).finished;
      assert.is(wrong.code, 3, wrong.stderr);
      const done = await enroll(data, code).finished;
      assert.is(done.code, 0, done.stderr);
      assert.ok(asked.length >= 3 && asked.every((one) => one.startsWith('CONNECT ')), asked.join());
      assert.not.match(asked.join(), secret);
    });
  } finally {
    secured.child.kill('SIGTERM');
    await secured.ended;
  }
});

test('seal: a sealed machine keeps its settings, has no identity, and joins as another endpoint', async () => {
  const { code } = await makeCode({ maxUses: 2 });
  const data = newMachine();
  assert.is((await enroll(data, code).finished).code, 0);
  const first = readCredential(data)?.endpoint;
  writeFileSync(join(data, 'agent.settings.json'), '{"v":1}');
  const asked = await startAgent(['seal', '--data', data]).finished;
  assert.is(asked.code, 2);
  assert.match(asked.stderr, /without --yes, and this machine is enrolled/);
  const agent = startAgent(['run', '--data', data]);
  await until(() => agent.output().includes('The agent has started'), 20_000, 'the agent');
  const busy = await startAgent(['seal', '--yes', '--data', data]).finished;
  assert.is(busy.code, 1);
  assert.match(busy.stderr, /Another agent runs/);
  agent.child.kill('SIGTERM');
  await agent.finished;
  const sealed = await startAgent(['seal', '--yes', '--data', data]).finished;
  assert.is(sealed.code, 0, sealed.stderr);
  assert.equal(readdirSync(data), ['agent.settings.json']);
  assert.is((await enroll(data, code).finished).code, 0);
  assert.is.not(readCredential(data)?.endpoint, first);
});

test('seal: a folder that is not there is refused, and in one without an agent only what was begun to join goes', async () => {
  const nowhere = await startAgent(['seal', '--yes', '--data', join(folder.path, 'nowhere')]).finished;
  assert.is(nowhere.code, 2);
  assert.match(nowhere.stderr, /is not there: nothing was sealed; name the data folder/);
  const other = newMachine();
  mkdirSync(other, { mode: 0o700 });
  for (const name of ['join-attempt.json', 'join-waiting.json', 'somebody-elses.txt'])
    writeFileSync(join(other, name), '{}', { mode: 0o600 });
  const sealed = await startAgent(['seal', '--yes', '--data', other]).finished;
  assert.is(sealed.code, 0, sealed.stderr);
  assert.match(sealed.stdout, /No agent was enrolled in /);
  assert.equal(readdirSync(other), ['somebody-elses.txt']);
});

test('a code that comes down a pipe a moment later is waited for', async () => {
  const { code } = await makeCode({});
  const late = ['sh', '-c', '(sleep 4; cat) | "$@"', 'sh', process.execPath, agentMain] as const;
  const { code: exit, stderr } = await startAgent(['enroll', '-', '--data', newMachine()], code, {}, late).finished;
  assert.is(exit, 0, stderr);
});

const script = async () => (await fetch(`${collector.http}/install.sh`)).text();

function runScript(text: string, code: string, env: NodeJS.ProcessEnv = {}, before: string[] = []) {
  const [program = '', ...words] = [...before, 'sh', '-s'];
  // The code by a file: the script comes on standard input here.
  const file = join(folder.path, 'code');
  writeFileSync(file, code, { mode: 0o644 });
  return spawnSync(program, words, {
    input: text,
    encoding: 'utf8',
    env: { ...process.env, EVENKEEL_JOIN_CODE_FILE: file, ...env },
  });
}

test('install.sh: a code that is cut or mistyped is refused in the words of `enroll`, and whole ones are not', async () => {
  if (process.getuid?.() !== 0) return console.log('\nSKIP root: install.sh needs it');
  const text = await script();
  // A whole code goes on to what comes next.
  const next = /there is no room|has no package for linux/;
  const codes = [(await makeCode({})).code];
  for (let n = 0; n < 40; n++) codes.push(encodeJoinCode({ url: `https://keel-${n}.example.net`, secret: `s${n}` }));
  for (const code of codes) {
    const { stderr } = runScript(text, code);
    assert.match(stderr, next, code);
  }
  const [, code = ''] = codes;
  const typo = `${code.slice(0, 30)}${code[30] === 'A' ? 'B' : 'A'}${code.slice(31)}`;
  const refused = [
    ...['EK2-eyJ1Ijoi', 'hello', 'EK3-eyJ1Ijoi', `${code}!`, typo],
    ...[5, 9, 30, 31, 32, 33, 60].map((n) => code.slice(0, n)),
  ];
  for (const given of [...refused, code.slice(0, -1), `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`]) {
    const { status, stderr } = runScript(text, given);
    assert.is(status, 1, given);
    const said = await enroll(newMachine(), given).finished;
    const [message = ''] = /The join code .*?(?:complete\.|others\.)/.exec(said.stderr) ?? [];
    assert.ok(
      message !== '' && stderr.startsWith(`install.sh: ${message} `),
      `${given}: ${stderr}; enroll: ${said.stderr}`,
    );
  }
});

test('install.sh: no rights, another processor and no room each end it before anything is fetched', async () => {
  if (process.getuid?.() !== 0) return console.log('\nSKIP root: install.sh needs it');
  const packages = join(folder.path, 'collector', 'packages');
  mkdirSync(packages, { recursive: true });
  const { code } = await makeCode({});
  const runs = (text: string, env: NodeJS.ProcessEnv = {}, before: string[] = []) => runScript(text, code, env, before);
  const stranger = runs(await script(), {}, ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']);
  assert.is(stranger.status, 1);
  assert.match(stranger.stderr, /this needs root, and you are .*Put sudo in front of sh/);
  const [own, other] = process.arch === 'x64' ? ['amd64', 'arm64'] : ['arm64', 'amd64'];
  writeFileSync(join(packages, `evenkeel-agent_0.1.0_${other}.deb`), 'other');
  const wrong = runs(await script());
  assert.is(wrong.status, 1);
  assert.match(
    wrong.stderr,
    /has no package for linux with \S+ processors \(it has: \w+ deb\)\. Build it with: npm run package -- --target linux-/,
    wrong.stderr,
  );
  writeFileSync(join(packages, `evenkeel-agent_0.1.0_${own}.deb`), Buffer.alloc(4_000_000));
  const disk = smallDisk(8);
  if (typeof disk === 'string') return console.log(`\nSKIP a small disk: ${disk}`);
  try {
    const full = runs(await script(), { TMPDIR: disk.path });
    assert.is(full.status, 1);
    assert.match(full.stderr, /there is no room: \S+ has 8 MB free, and \d+ MB are needed\. Make room/);
  } finally {
    disk.remove();
  }
});

test.run();
