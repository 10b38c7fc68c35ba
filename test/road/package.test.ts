/**
 * The packages on a clean Debian, which has neither Node nor npm: the line of the page, first value, installed again, purged; the agent with a
 * collector of this source, then both together. The root is made here; systemd does not run in it, so what its units would
 * start is started by hand.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, EndpointRow, NewEnrollment, Series } from '../../shared/api.ts';
import { type RunningCollector, runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('packages');
const builder = fileURLToPath(new URL('../../.package/main.ts', import.meta.url));
const folder = temporaryFolder();
const out = join(folder.path, 'out');
const root = join(folder.path, 'root');
let collector: RunningCollector;
/** Ended at the end, whatever a test that failed has left running. */
const started: ChildProcess[] = [];

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const missing = ['mmdebstrap', 'rpmbuild', 'rpm2cpio', 'cpio', 'unshare'].filter((program) => !has(program));
const isRoot = process.geteuid?.() === 0;

/** Runs in the clean root, with its own processes and mounts and this machine's network. */
function inside(script: string, input = ''): { status: number | null; text: string } {
  const done = spawnSync(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', `--root=${root}`, '--mount-proc', 'sh', '-euc', script],
    { input, encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' } },
  );
  return { status: done.status, text: `${done.stdout}${done.stderr}` };
}

/** As its unit does: as a user of its own, in a session without a terminal. */
function startInside(user: string, command: string, output: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  const run = `exec setpriv --reuid ${user} --regid ${user} --init-groups ${command}`;
  return spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', `--root=${root}`, '--mount-proc', 'sh', '-euc', run],
    { stdio: ['ignore', output, output], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
  );
}

const agentInside = () => startInside('evenkeel-agent', 'evenkeel-agent run');

/** Links are not followed: those of the root lead out of it. */
const files = () =>
  execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P\\n'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter(
      (path) =>
        !/^(proc|sys|dev|tmp|run|var\/(lib\/dpkg|log|cache))(\/|$)|^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/.test(
          path,
        ),
    )
    .sort();

async function makeCode(): Promise<NewEnrollment> {
  const answer = await fetch(`${collector.http}/api/v1/enrollments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${collector.token}` },
    body: '{}',
  });
  return (await answer.json()) as NewEnrollment;
}

const rows = async () => (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
const rowOf = async (name: string) => (await rows()).find((row) => row.name === name);

/** Which ones there are depends on what this machine shows of itself to a container. */
async function valuesOf(name: string): Promise<number> {
  const id = (await rowOf(name))?.id;
  return id === undefined ? 0 : (await collector.get<EndpointDetail>(`/api/v1/endpoints/${id}`)).latest.length;
}

/** The program itself, which is the child of `unshare`: one that has changed its user outlives that. */
function inThere(child: ChildProcess, signal: string): void {
  const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  execFileSync('kill', [`-${signal}`, String(pid)]);
}

async function stop(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => agent.once('exit', () => resolve()));
  inThere(agent, 'KILL');
  return ended;
}

if (missing.length > 0 || !isRoot) {
  const why = isRoot ? `missing: ${missing.join(', ')}` : 'it needs root';
  assert.is(process.env.CI, undefined, `on CI the packages are tried: ${why}`);
  test.skip(`packages on a clean Debian (${why})`, () => {});
} else {
  let before: string[] = [];

  test.before(async () => {
    const words = [
      ...['--target', 'linux-x64', '--form', 'deb', '--form', 'rpm', '--form', 'tar.gz'],
      ...['--quick', '--out', out],
    ];
    execFileSync(process.execPath, [builder, ...words], { stdio: 'pipe' });
    // The mirror's lists may be older than they promise to be.
    const options = ['--variant=essential', '--include=passwd,libatomic1,libstdc++6,curl,sudo,mount', '--quiet'];
    execFileSync('mmdebstrap', [...options, '--aptopt=Acquire::Check-Valid-Until "false"', 'bookworm', root], {
      stdio: 'pipe',
    });
    mkdirSync(join(root, 'tmp'), { recursive: true });
    cpSync(out, join(root, 'tmp'), { recursive: true });
    const data = join(folder.path, 'collector');
    await runCollector(['tls', 'init', '--name', '127.0.0.1', '--data', data]).ended;
    cpSync(out, join(data, 'packages'), { recursive: true });
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    collector = await startCollector(data);
    before = files();
  });
  test.after(async () => {
    for (const child of [...started, collector?.child]) child?.kill('SIGKILL');
    await collector?.ended;
    folder.remove();
  });

  const deb = 'dpkg -i /tmp/evenkeel-agent_0.1.0_amd64.deb';

  test('the line refuses: another key of the server, no code or a cut one, no room, another processor, no root', async () => {
    const { code, lines } = await makeCode();
    const line = (text: string) => inside(`cd /root && rm -f ek.sh && ${text}`);
    const foreign = line(lines.linux.replaceAll(/sha256\/\/[^;']+/g, `sha256//${Buffer.alloc(32).toString('base64')}`));
    assert.is(foreign.status, 90, 'curl: the pinned key does not match');
    assert.not.match(foreign.text, 'Fetching');
    const fetched = lines.linux.split(' && ')[0];
    for (const [script, text] of [
      [`${fetched} && echo | sh ek.sh`, 'there is no join code'],
      [`${fetched} && echo ${code.slice(0, 40)} | sh ek.sh`, `The join code ${code.slice(0, 20)}… is not complete.`],
      [`${fetched} && echo EK2-x | sh ek.sh --bogus`, 'unknown word "--bogus"'],
      [
        `${fetched} && mkdir -p /tmp/fake && printf '#!/bin/sh\n[ "$1" = -m ] && echo riscv64 || echo Linux\n' >/tmp/fake/uname && chmod +x /tmp/fake/uname && (echo ${code} | PATH=/tmp/fake:$PATH sh ek.sh; code=$?; rm /tmp/fake/uname; exit $code)`,
        'no package for linux with riscv64 processors (it has: x64 deb',
      ],
      [
        `${fetched} && mount -t tmpfs -o size=2m tmpfs /tmp && (echo ${code} | sh ek.sh)`,
        /there is no room: \/tmp has \d+ MB free, and \d+ MB are needed/,
      ],
      [
        `${fetched} && chmod 644 ek.sh && cp ek.sh /tmp/ek.sh && (echo EK2-x | setpriv --reuid nobody --clear-groups sh /tmp/ek.sh)`,
        'this needs root, and you are nobody',
      ],
    ] as const) {
      const { status, text: printed } = line(script);
      assert.is(status, 1, printed);
      assert.match(printed, text);
      assert.not.match(printed, 'Fetching');
    }
    inside('rm -f /root/ek.sh /tmp/ek.sh');
  });

  test('the line of the page, as it is typed: installed without Node, enrolled, and the first value within a minute', async () => {
    assert.is(inside('command -v node npm').status, 127, 'no Node here');
    const { lines } = await makeCode();
    const began = performance.now();
    const done = inside(`cd /root && hostname clean && ${lines.linux}`);
    assert.is(done.status, 0, done.text);
    assert.match(done.text, /Enrolled as clean[\s\S]*There is no systemd here/);
    assert.not.match(done.text, 'npm');
    assert.match(inside('evenkeel-agent --version').text, /^\d+\.\d+\.\d+$/m);
    assert.match(inside('stat -c "%U %a" /var/lib/evenkeel-agent/agent.json').text, 'evenkeel-agent 600');
    const agent = agentInside();
    try {
      await until(async () => (await valuesOf('clean')) > 0, 60_000, 'the first value');
      console.log(
        `FIGURE package: the first value ${((performance.now() - began) / 1000).toFixed(1)} s after the line`,
      );
      assert.is(
        inside('setpriv --reuid evenkeel-agent --regid evenkeel-agent --init-groups evenkeel-agent wait --seconds 20')
          .status,
        0,
      );
    } finally {
      await stop(agent);
    }
    // The script that it left behind would be one more file.
    inside('rm /root/ek.sh');
  });

  test('the line again: what is installed already is not fetched again, and the identity stays', async () => {
    const { lines } = await makeCode();
    const again = inside(`cd /root && ${lines.linux}`);
    assert.is(again.status, 0, again.text);
    assert.match(again.text, /evenkeel-agent \d+\.\d+\.\d+ is installed already, and is not fetched again\./);
    assert.not.match(again.text, 'Fetching');
    assert.match(again.text, 'This machine is enrolled already');
    inside('rm /root/ek.sh');
  });

  test('deb: installed again, it keeps its identity and what waits in its spool', async () => {
    // Settings lay among the data once, where the agent itself could have put a link to what only root may read.
    const before =
      'cd /var/lib/evenkeel-agent && setpriv --reuid evenkeel-agent --regid evenkeel-agent --clear-groups sh -c';
    const planted = inside(`${before} 'echo "custom: 7" > checks.yaml && ln -s /etc/shadow end-of-life.yaml'`);
    assert.is(planted.status, 0, planted.text);
    const kept = 'sha256sum /var/lib/evenkeel-agent/agent.json /var/lib/evenkeel-agent/spool.db';
    const { text } = inside(kept);
    const again = inside(`${deb} && ${kept}`);
    assert.is(again.status, 0, again.text);
    assert.ok(again.text.includes(text), again.text);
    assert.match(again.text, 'end-of-life.yaml stays where it is: the user evenkeel-agent may not read it.');
    const moved = inside('cd /etc/evenkeel-agent && stat -c "%n %U:%G %a" * && ls /var/lib/evenkeel-agent');
    assert.match(moved.text, 'checks.yaml root:evenkeel-agent 640');
    assert.not.match(moved.text, /shadow|end-of-life.*640|\nchecks\.yaml\n/);
    assert.match(inside('evenkeel-agent doctor').text, '/etc/evenkeel-agent/checks.yaml:1:9: custom');
    inside('rm /etc/evenkeel-agent/checks.yaml /var/lib/evenkeel-agent/end-of-life.yaml');
    const agent = agentInside();
    try {
      await until(async () => (await rowOf('clean'))?.state === 'online', 60_000, 'the same endpoint online');
      assert.is((await rows()).length, 1);
    } finally {
      await stop(agent);
    }
  });

  test('deb: removed it keeps its data, purged it leaves nothing', () => {
    const byHand = 'setpriv --reuid evenkeel-agent --regid evenkeel-agent --init-groups';
    const removed = inside(
      `${byHand} evenkeel-agent run >/tmp/run.log 2>&1 & sleep 5; cat /tmp/run.log; dpkg --remove evenkeel-agent && ls /var/lib/evenkeel-agent/agent.json; ! kill -0 $!`,
    );
    assert.is(removed.status, 0, removed.text);
    assert.match(
      removed.text,
      /ending what runs as the user evenkeel-agent without the service: process \d+\n/,
      removed.text,
    );
    assert.match(removed.text, '/var/lib/evenkeel-agent/agent.json');
    const purged = inside(`${byHand} sleep 60 >/dev/null 2>&1 & sleep 1; dpkg --purge evenkeel-agent`);
    assert.is(purged.status, 0, purged.text);
    assert.match(purged.text, /all is removed but the user evenkeel-agent, .* then: sudo userdel evenkeel-agent/);
    assert.is(inside('userdel evenkeel-agent').status, 0);
    assert.equal(files(), before);
    assert.is(inside('getent passwd evenkeel-agent').status, 2, 'the user is gone');
  });

  test('tar.gz: its installer installs, refuses a wrong processor, and leaves nothing', () => {
    const unpack = 'cd /tmp && tar xzf evenkeel-agent-0.1.0-linux-x64.tar.gz && cd evenkeel-agent-0.1.0-linux-x64';
    const wrong = inside(`${unpack} && echo arm64 > arch && sh install.sh`);
    assert.is(wrong.status, 1);
    assert.match(
      wrong.text,
      'this package is for arm64 processors, and this machine has x86_64. Take the package for x64.',
    );
    const installed = inside(`${unpack} && sh install.sh && evenkeel-agent --version`);
    assert.is(installed.status, 0, installed.text);
    assert.match(installed.text, 'Now enrol this machine: sudo evenkeel-agent enroll');
    const removed = inside(`${unpack} && sh install.sh --uninstall --purge`);
    assert.is(removed.status, 0, removed.text);
    // Folders that a system with systemd has anyway.
    assert.equal(
      files().filter((path) => !/(^|\/)system(d|-sleep)?$/.test(path) && !before.includes(path)),
      [],
    );
  });

  for (const [name, least] of [
    ['evenkeel-agent', 6],
    ['evenkeel-collector', 30],
  ] as const)
    test(`rpm of ${name}: its files are those of the deb`, () => {
      const listed = execFileSync(
        'sh',
        ['-c', `rpm2cpio "$1" | cpio -t --quiet`, 'sh', join(out, `${name}-0.1.0-1.x86_64.rpm`)],
        { encoding: 'utf8' },
      );
      // Without the folders: the rpm names files alone.
      const ofDeb = execFileSync('dpkg-deb', ['-c', join(out, `${name}_0.1.0_amd64.deb`)], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => !line.startsWith('d'))
        .map((line) => / \.(\/\S+)(?: -> .*)?$/.exec(line)?.[1] ?? '')
        .filter((path) => path !== '');
      const ofRpm = listed
        .trim()
        .split('\n')
        .map((path) => path.replace(/^\./, ''));
      assert.equal(ofRpm.sort(), ofDeb.sort());
      assert.ok(ofDeb.length >= least, ofDeb.join());
    });

  const collectorDeb = 'dpkg -i /tmp/evenkeel-collector_0.1.0_amd64.deb';
  const ports = 'EVENKEEL_HTTP_PORT=0 EVENKEEL_MQTT_PORT=0';

  /** @param more words of `start` */
  async function packedCollector(more = '') {
    const child = startInside('evenkeel', `env ${ports} evenkeel-collector start ${more}`, 'pipe');
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    started.push(child);
    await until(() => said.includes('Stop it with') || child.exitCode !== null, 30_000, 'the start lines');
    const line = (name: string) => new RegExp(`${name} +(\\S+)`).exec(said)?.[1] ?? '';
    const http = line('Web app');
    assert.match(http, 'http://127.0.0.1:', said);
    return {
      http,
      setup: line('Set-up'),
      said: () => said,
      /** In order, as systemd would: the signal goes to the program itself, which is the child of `unshare`. */
      async stop() {
        inThere(child, 'TERM');
        await ended;
        return child.exitCode;
      },
    };
  }

  test('both: the collector of its package serves its page, and takes and shows what the agent of its package reports', async () => {
    assert.is(inside(deb).status, 0);
    const installed = inside(collectorDeb);
    assert.is(installed.status, 0, installed.text);
    assert.match(installed.text, 'http://127.0.0.1:7460, on this machine only');
    assert.match(inside('stat -c "%U:%G %a" /etc/evenkeel/evenkeel.yaml').text, 'root:evenkeel 640');
    assert.match(inside('evenkeel-collector --help').text, '/etc/evenkeel/evenkeel.yaml');
    const foreign = inside('grep -rlE "npm (start|run (agent|collector))" /usr/lib/evenkeel-collector');
    assert.is(foreign.text, '', 'commands of the source tree');
    const made = inside(
      'evenkeel-collector tls init --name keel.example.net --data /tmp/tls-tried && rm -r /tmp/tls-tried',
    );
    assert.is(made.status, 0, made.text);
    const checked = inside('evenkeel-collector check-config');
    assert.is(checked.status, 0, checked.text);

    const packed = await packedCollector();
    const page = await (await fetch(packed.http)).text();
    const script = /<script[^>]* src="([^"]+)"/.exec(page)?.[1];
    assert.is((await fetch(packed.http + script)).status, 200, page);
    const first = await fetch(`${packed.http}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        secret: new URL(packed.setup).hash.slice(1),
        user: 'ada',
        password: 'a sentence that I remember',
      }),
    });
    assert.is(first.status, 201);
    // An administrator types commands as root; what they write belongs to the collector.
    const token = inside('evenkeel-collector token create --role admin --name root');
    assert.is(token.status, 0, token.text);
    assert.is(inside('find /var/lib/evenkeel ! -user evenkeel').text, '');
    const headers = { authorization: `Bearer ${token.text.split('\n')[0]}`, 'content-type': 'application/json' };
    const code = await fetch(`${packed.http}/api/v1/enrollments`, { method: 'POST', headers, body: '{}' });
    const enrolled = inside('evenkeel-agent enroll - --name packed', ((await code.json()) as { code: string }).code);
    assert.is(enrolled.status, 0, enrolled.text);
    const agent = agentInside();
    try {
      const get = async <T>(path: string) => (await (await fetch(packed.http + path, { headers })).json()) as T;
      await until(
        async () => {
          const [row] = (await get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
          if (!row) return false;
          const [value] = (await get<EndpointDetail>(`/api/v1/endpoints/${row.id}`)).latest;
          if (!value) return false;
          // Answered by DuckDB, in the worker's thread.
          const { series } = await get<Series>(`/api/v1/endpoints/${row.id}/series?metric=${value.metric}`);
          return series.some(({ points }) => points.some(([, value]) => value !== null));
        },
        60_000,
        'a line of a chart',
      );
    } finally {
      await stop(agent);
    }
    assert.is(await packed.stop(), 0, packed.said());
    assert.not.match(packed.said(), /ERROR|not orderly|npm run/);
  });

  test('both: installed again, the collector keeps its data and the settings that a person changed', async () => {
    const changed = inside(
      'echo "zone: Asia/Tokyo" >> /etc/evenkeel/evenkeel.yaml && sha256sum /var/lib/evenkeel/state.db',
    );
    const again = inside(`${collectorDeb} && sha256sum /var/lib/evenkeel/state.db && cat /etc/evenkeel/evenkeel.yaml`);
    assert.is(again.status, 0, again.text);
    assert.ok(again.text.includes(changed.text), again.text);
    assert.match(again.text, 'zone: Asia/Tokyo');
    assert.match(inside('stat -c "%U:%G %a" /etc/evenkeel/evenkeel.yaml').text, 'root:evenkeel 640');
    const packed = await packedCollector('--local-agent --log debug');
    assert.match(packed.said(), 'Set-up   done: an admin exists');
    await until(() => packed.said().includes('This machine is enrolled'), 30_000, 'the agent of the other package');
    assert.is(await packed.stop(), 0, packed.said());
  });

  test('both: purged, they leave no file and no process', async () => {
    inside('dpkg --purge evenkeel-agent');
    const packed = await packedCollector('--local-agent');
    assert.match(packed.said(), 'Install the package evenkeel-agent and restart, or start without --local-agent');
    assert.is(await packed.stop(), 0, packed.said());
    const removed = inside(
      'dpkg --remove evenkeel-collector && ls /var/lib/evenkeel/state.db /etc/evenkeel/evenkeel.yaml',
    );
    assert.is(removed.status, 0, removed.text);
    const purged = inside('dpkg --purge evenkeel-collector');
    assert.is(purged.status, 0, purged.text);
    assert.equal(files(), before);
    assert.is(inside('getent passwd evenkeel').status, 2, 'the user is gone');
    const left = spawnSync('pgrep', ['-af', `${root}|evenkeel-(agent|collector) `], { encoding: 'utf8' }).stdout;
    assert.not.match(left, root);
  });

  test('tar.gz of the collector: installs beside its settings, takes over, and leaves nothing', async () => {
    const unpack =
      'cd /tmp && tar xzf evenkeel-collector-0.1.0-linux-x64.tar.gz && cd evenkeel-collector-0.1.0-linux-x64';
    const wrong = inside(`${unpack} && echo arm64 > arch && sh install.sh`);
    assert.is(wrong.status, 1);
    assert.match(wrong.text, 'Take the package for x64.');
    const installed = inside(`${unpack} && sh install.sh && echo '# kept' >> /etc/evenkeel/evenkeel.yaml`);
    assert.is(installed.status, 0, installed.text);
    assert.match(installed.text, 'http://127.0.0.1:7460, on this machine only');
    const again = inside(`${unpack} && sh install.sh && tail -n 1 /etc/evenkeel/evenkeel.yaml`);
    assert.is(again.status, 0, again.text);
    assert.match(again.text, '# kept');
    const packed = await packedCollector();
    assert.is(await packed.stop(), 0, packed.said());
    const removed = inside(`${unpack} && sh install.sh --uninstall --purge`);
    assert.is(removed.status, 0, removed.text);
    assert.equal(
      files().filter((path) => !/(^|\/)system(d|-sleep)?$/.test(path) && !before.includes(path)),
      [],
    );
  });

  test('the list of sums holds', () => {
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: out });
    const list = JSON.parse(readFileSync(join(out, 'evenkeel-agent-0.1.0.cdx.json'), 'utf8')) as {
      components: { name: string }[];
    };
    const names = list.components.map(({ name }) => name);
    assert.ok(names.includes('mqtt') && names.includes('systeminformation'), names.join());
    assert.not.ok(
      names.some((name) => /duckdb|fastify|preact|vite/.test(name)),
      names.join(),
    );
  });
}

test.run();
