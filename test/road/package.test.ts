/**
 * The agent's package on a clean Debian, which has neither Node nor npm: installed, enrolled, first value, installed again
 * while it runs, purged. The root is made here; systemd does not run in it, so what its unit would start is started by hand.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, EndpointRow } from '../../shared/api.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('packages');
const builder = fileURLToPath(new URL('../../.package/main.ts', import.meta.url));
const folder = temporaryFolder();
const out = join(folder.path, 'out');
const root = join(folder.path, 'root');
let collector: RunningCollector;

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

function agentInside(): ChildProcess {
  const run = 'exec setpriv --reuid evenkeel-agent --regid evenkeel-agent --init-groups evenkeel-agent run';
  return spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', `--root=${root}`, '--mount-proc', 'sh', '-euc', run],
    { stdio: 'ignore', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
  );
}

const files = () =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) =>
        !/^(proc|sys|dev|tmp|run|var\/(lib\/dpkg|log|cache))(\/|$)|^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/.test(
          path,
        ),
    )
    .sort();

async function joinCode(): Promise<string> {
  const answer = await fetch(`${collector.http}/api/v1/enrollments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${collector.token}` },
    body: '{}',
  });
  return ((await answer.json()) as { code: string }).code;
}

const rows = async () => (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
const rowOf = async (name: string) => (await rows()).find((row) => row.name === name);

/** Which ones there are depends on what this machine shows of itself to a container. */
async function valuesOf(name: string): Promise<number> {
  const id = (await rowOf(name))?.id;
  return id === undefined ? 0 : (await collector.get<EndpointDetail>(`/api/v1/endpoints/${id}`)).latest.length;
}

function stop(agent: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => agent.once('exit', () => resolve()));
  agent.kill('SIGKILL');
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
      '--target',
      'linux-x64',
      '--form',
      'deb',
      '--form',
      'rpm',
      '--form',
      'tar.gz',
      '--quick',
      '--out',
      out,
    ];
    execFileSync(process.execPath, [builder, ...words], { stdio: 'pipe' });
    // The mirror's lists may be older than they promise to be.
    const options = ['--variant=essential', '--include=passwd,libatomic1,libstdc++6', '--quiet'];
    execFileSync('mmdebstrap', [...options, '--aptopt=Acquire::Check-Valid-Until "false"', 'bookworm', root], {
      stdio: 'pipe',
    });
    mkdirSync(join(root, 'tmp'), { recursive: true });
    cpSync(out, join(root, 'tmp'), { recursive: true });
    collector = await startCollector(join(folder.path, 'collector'));
    before = files();
  });
  test.after(async () => {
    collector?.child.kill('SIGKILL');
    await collector?.ended;
    folder.remove();
  });

  const deb = 'dpkg -i /tmp/evenkeel-agent_0.1.0_amd64.deb';

  test('deb: installed without Node, enrolled, and the first value within a minute', async () => {
    assert.is(inside('command -v node npm').status, 127, 'no Node here');
    const began = performance.now();
    const installed = inside(deb);
    assert.is(installed.status, 0, installed.text);
    assert.match(inside('evenkeel-agent --version').text, /^\d+\.\d+\.\d+$/m);
    const enrolled = inside('evenkeel-agent enroll - --name clean', await joinCode());
    assert.is(enrolled.status, 0, enrolled.text);
    assert.match(enrolled.text, 'evenkeel-agent run');
    assert.not.match(enrolled.text, 'npm');
    assert.match(inside('stat -c "%U %a" /var/lib/evenkeel-agent/agent.json').text, 'evenkeel-agent 600');
    const agent = agentInside();
    try {
      await until(async () => (await valuesOf('clean')) > 0, 60_000, 'the first value');
      console.log(
        `FIGURE package: the first value ${((performance.now() - began) / 1000).toFixed(1)} s after dpkg -i began`,
      );
    } finally {
      await stop(agent);
    }
  });

  test('deb: installed again, it keeps its identity and what waits in its spool', async () => {
    const kept = 'sha256sum /var/lib/evenkeel-agent/agent.json /var/lib/evenkeel-agent/spool.db';
    const { text } = inside(kept);
    const again = inside(`${deb} && ${kept}`);
    assert.is(again.status, 0, again.text);
    assert.ok(again.text.includes(text), again.text);
    const agent = agentInside();
    try {
      await until(async () => (await rowOf('clean'))?.state === 'online', 60_000, 'the same endpoint online');
      assert.is((await rows()).length, 1);
    } finally {
      await stop(agent);
    }
  });

  test('deb: removed it keeps its data, purged it leaves nothing', () => {
    const removed = inside('dpkg --remove evenkeel-agent && ls /var/lib/evenkeel-agent/agent.json');
    assert.is(removed.status, 0, removed.text);
    const purged = inside('dpkg --purge evenkeel-agent');
    assert.is(purged.status, 0, purged.text);
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

  test('rpm: its files are those of the deb', () => {
    const listed = execFileSync(
      'sh',
      ['-c', `rpm2cpio "$1" | cpio -t --quiet`, 'sh', join(out, 'evenkeel-agent-0.1.0-1.x86_64.rpm')],
      { encoding: 'utf8' },
    );
    const ofDeb = execFileSync('dpkg-deb', ['-c', join(out, 'evenkeel-agent_0.1.0_amd64.deb')], { encoding: 'utf8' })
      .split('\n')
      .map((line) => / \.(\/\S*[^/\s])(?: -> .*)?$/.exec(line)?.[1] ?? '')
      .filter(
        (path) =>
          /evenkeel|doc\/.*\/./.test(path) &&
          !/evenkeel-agent$/.test(path.replace(/(lib|bin|system-sleep)\/evenkeel-agent(\/evenkeel-agent)?$/, '$1')),
      );
    const ofRpm = listed.split('\n').map((path) => path.replace(/^\./, ''));
    for (const path of ofDeb) assert.ok(ofRpm.includes(path), `${path} is not in the rpm: ${listed}`);
    assert.ok(ofDeb.length >= 6, ofDeb.join());
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
