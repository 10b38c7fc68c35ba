/** The two commands of a stranger, from the start line on: real collector, real agent, this machine. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { get as httpsGet } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, EndpointRow, Series } from '../../shared/api.ts';
import { type RunningCollector, runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('start');
const folder = temporaryFolder();
const data = join(folder.path, 'data');
let collector: RunningCollector;
let startedAt = 0;

test.before(async () => {
  collector = await startCollector(data, ['--local-agent']);
  startedAt = performance.now();
});
test.after(async () => {
  collector.child.kill('SIGKILL');
  await collector.ended;
  folder.remove();
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(collector.http + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

test('this machine’s CPU is in the API within 15 s of the start line', async () => {
  let row: EndpointRow | undefined;
  let series: Series | undefined;
  await until(
    async () => {
      row = (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items[0];
      // The value is stored before the list of endpoints has it.
      if (typeof row?.cpuPercent !== 'number') return false;
      series = await collector.get<Series>(`/api/v1/endpoints/${row.id}/series?metric=cpu.usage_active`);
      return series.series.some((line) => line.points.some(([, value]) => value !== null));
    },
    15_000,
    'a value of cpu.usage_active',
  );
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`FIGURE start: cpu.usage_active in the API ${seconds} s after the start line`);
  assert.is(row?.state, 'online');
  assert.type(row?.cpuPercent, 'number');
});

test('its page shows presence, sections and last values', async () => {
  const [row] = (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
  let detail: EndpointDetail | undefined;
  await until(
    async () => {
      detail = await collector.get<EndpointDetail>(`/api/v1/endpoints/${row?.id}`);
      return detail.sections.some(({ section }) => section === 'host') && detail.latest.length > 10;
    },
    15_000,
    'the section host',
  );
  assert.is(detail?.signals[0]?.kind, 'online');
  assert.is(detail?.intervalSeconds, 10);
});

test('the set-up link makes the first admin, and is closed for ever afterwards', async () => {
  const link = new URL(String(collector.setup));
  assert.is(link.pathname, '/setup');
  const secret = link.hash.slice(1);
  const admin = { user: 'ada', password: 'a sentence that I remember' };
  assert.is((await post('/api/v1/setup', { secret: 'guessed', ...admin })).status, 403);
  const made = await post('/api/v1/setup', { secret, ...admin });
  assert.is(made.status, 201);
  assert.match(String(made.headers.get('set-cookie')), /HttpOnly; SameSite=Strict/);
  const again = await post('/api/v1/setup', { secret, user: 'eve', password: 'another long sentence' });
  assert.is(again.status, 403);
  assert.is(((await again.json()) as { code: string }).code, 'SETUP_CLOSED');
  assert.is((await post('/api/v1/login', admin)).status, 200);
});

test('the data folder is private, and a second collector is refused by name', async () => {
  if (process.platform !== 'win32') {
    assert.is(statSync(data).mode & 0o077, 0);
    assert.is(statSync(join(data, 'local.token')).mode & 0o777, 0o600);
  }
  const second = await runCollector(['start', '--data', data, '--http-port', '0', '--mqtt-port', '0']).ended;
  assert.is(second.code, 1);
  assert.match(second.stderr, `in use by another collector (process ${collector.child.pid})`);
});

test('a port in use is reported with the option that changes it', async () => {
  const port = new URL(collector.http).port;
  const other = join(folder.path, 'other');
  const web = await runCollector(['start', '--data', other, '--http-port', port, '--mqtt-port', '0']).ended;
  assert.is(web.code, 1);
  assert.match(web.stderr, /Cannot listen on 127\.0\.0\.1:\d+: another program uses it\.\n.*--http-port/);
  const mqttPort = new URL(collector.mqtt).port;
  const mqtt = await runCollector(['start', '--data', other, '--http-port', '0', '--mqtt-port', mqttPort]).ended;
  assert.match(mqtt.stderr, /another program uses it\.\n.*--mqtt-port/);
});

test('token create works while the collector runs', async () => {
  const made = await runCollector(['token', 'create', '--role', 'viewer', '--name', 'report', '--data', data]).ended;
  assert.is(made.code, 0, made.stderr);
  const headers = { authorization: `Bearer ${made.stdout.trim()}` };
  const me = async (own: Record<string, string>) =>
    (await (await fetch(`${collector.http}/api/v1/me`, { headers: own })).json()) as object;
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  const any = {
    setup: false,
    version: '',
    via: null,
    provider: null,
    lacksFactor: false,
    sites: null,
    starts: {},
    recovers: false,
  };
  assert.equal({ ...(await me(headers)), version: '' }, { user: 'report', role: 'viewer', zone, ...any });
  assert.equal({ ...(await me({})), version: '' }, { user: null, role: null, zone: null, ...any });
});

test('a killed collector leaves no lock, and its agent does not outlive it', async () => {
  const [before] = (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
  collector.child.kill('SIGKILL');
  await collector.ended;
  if (process.platform === 'linux') await until(() => !agentRuns(), 15_000, 'the end of the agent');
  collector = await startCollector(data, ['--local-agent']);
  assert.is(collector.setup, null);
  assert.match(collector.stdout(), 'an admin exists');
  await until(
    async () => {
      const rows = (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
      return rows.length === 1 && rows[0]?.id === before?.id && rows[0]?.state === 'online';
    },
    20_000,
    'the same endpoint to be online again',
  );
});

test('SIGTERM ends collector and agent in order', async () => {
  const begun = performance.now();
  collector.child.kill('SIGTERM');
  const { code, stderr } = await collector.ended;
  assert.is(code, 0, stderr);
  assert.ok(performance.now() - begun < 10_000, 'it took too long');
  assert.not.ok(existsSync(join(data, 'local.token')));
  assert.not.ok(existsSync(join(data, 'collector.pid')));
  if (process.platform === 'linux') assert.not.ok(agentRuns());
  const errors = stderr.split('\n').filter((line) => / (ERROR|FATAL) /.test(line));
  assert.equal(errors, []);
});

test('under npm, the end of the shell in between is taken as the signal', async () => {
  if (process.platform === 'win32') return;
  const own = join(folder.path, 'npm');
  const main = fileURLToPath(new URL('../../collector/main.ts', import.meta.url));
  // Two commands, so that the shell stays and waits, as it does for the script `start`.
  const script = `"${process.execPath}" "${main}" start --data "${own}" --http-port 0 --mqtt-port 0; true`;
  const env = { ...process.env, npm_lifecycle_event: 'start' };
  const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'], env });
  let said = '';
  shell.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await until(() => said.includes('Stop it with'), 30_000, 'the start lines');
  shell.kill('SIGTERM');
  await until(() => !existsSync(join(own, 'collector.pid')), 15_000, 'the orderly stop');
});

test('with certificates web, broker and agent speak TLS, and the agent trusts the given authority only', async () => {
  const own = join(folder.path, 'tls');
  mkdirSync(own);
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', join(own, 'key.pem'), '-out', join(own, 'cert.pem')];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...files,
    ...subject,
  ]);
  if (made.status !== 0) {
    console.log('SKIP openssl: it is needed to make a certificate');
    return;
  }
  const settings = join(own, 'evenkeel.yaml');
  writeFileSync(settings, 'tls: { cert: cert.pem, key: key.pem, ca: cert.pem }\n');
  const secure = startCollector(join(own, 'data'), ['--config', settings, '--local-agent']);
  const running = await secure;
  try {
    assert.match(running.http, 'https://');
    assert.match(running.mqtt, 'mqtts://');
    const ca = readFileSync(join(own, 'cert.pem'));
    const get = (path: string) =>
      new Promise<string>((resolve, reject) => {
        const headers = { authorization: `Bearer ${running.token}` };
        const request = httpsGet(running.http + path, { ca, headers }, (response) => {
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => resolve(text));
        });
        request.on('error', reject);
      });
    await until(
      async () => (await get('/api/v1/endpoints?state=online')).includes('"cpuPercent":'),
      20_000,
      'the agent',
    );
  } finally {
    running.child.kill('SIGTERM');
    await running.ended;
  }
});

/** Whether a process has our agent folder on its command line. */
function agentRuns(): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(data, 'agent'));
    } catch {
      // It ended while we looked.
      return false;
    }
  });
}

test('a typing error in the settings is reported with line and column', async () => {
  const file = join(folder.path, 'wrong.yaml');
  writeFileSync(file, 'http:\n  prot: 80\n');
  const { code, stderr } = await runCollector(['start', '--config', file]).ended;
  assert.is(code, 1);
  assert.match(stderr, 'wrong.yaml:2:3: unknown key "prot"; did you mean "port"?');
});

test.run();
