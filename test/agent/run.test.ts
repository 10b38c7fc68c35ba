/** Whatever a program does (hang, flood, fork), it ends, with everything that it has started, and is reported. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../../agent/run.ts';
import { startAgent, temporaryFolder } from '../support/agent.ts';
import { until } from '../support/broker.ts';

const posix = process.platform !== 'win32';
const node = (script: string) => ['-e', script];
const limits = { timeoutMs: 10_000 };

const alive = (pid: number) => {
  try {
    // A killed process stays a zombie until its new parent looks: that is not alive.
    return posix && existsSync(`/proc/${pid}/stat`)
      ? !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
      : process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('output, exit code and the environment', async () => {
  process.env.EVENKEEL_TEST_SECRET = 'x';
  const script =
    'console.log(process.env.LC_ALL, process.env.EVENKEEL_TEST_SECRET, process.env.MORE); console.error("e"); process.exit(3)';
  const result = await run(process.execPath, node(script), { ...limits, env: { MORE: 'yes' } });
  assert.is(result.stdout, 'C undefined yes\n');
  assert.is(result.stderr, 'e\n');
  assert.is(result.code, 3);
  assert.is(result.ended, null);
});

test('arguments are words, never a shell line', async () => {
  const result = await run(process.execPath, [...node('console.log(process.argv[1])'), '$(id); `id` "'], limits);
  assert.is(result.stdout, '$(id); `id` "\n');
});

test('no standard input: a program that asks gets the end of it', async () => {
  const result = await run(process.execPath, node('process.stdin.on("end",()=>console.log("end")).resume()'), limits);
  assert.is(result.stdout, 'end\n');
});

test('a program that is not there is no data', async () => {
  for (const file of ['evenkeel-no-such-program', '/no/such/program']) {
    for (const gentle of [true, false]) {
      const thrown = await run(file, [], { ...limits, gentle }).catch((error) => error);
      assert.is(thrown.name, 'NoData', `${file} gentle ${gentle}`);
    }
  }
});

test('a program that hangs is ended at its limit', async () => {
  const started = performance.now();
  const result = await run(process.execPath, node('process.on("SIGTERM",()=>{});setInterval(()=>{},1000)'), {
    timeoutMs: 600,
  });
  assert.is(result.ended, 'timeout');
  assert.ok(performance.now() - started < 5000);
});

test('a program that floods is ended at its cap', async () => {
  const script = 'for(;;) require("fs").writeSync(1, "x".repeat(65536))';
  const result = await run(process.execPath, node(script), { ...limits, maxBytes: 1_000_000 });
  assert.is(result.ended, 'flood');
  assert.ok(result.stdout.length <= 1_000_000);
});

test('what a program forks ends with it', async () => {
  if (!posix) return;
  const folder = temporaryFolder();
  const file = join(folder.path, 'pid');
  const child = 'setInterval(()=>{},1000)';
  const script = `const c=require("child_process").spawn(process.execPath,["-e",${JSON.stringify(child)}],{stdio:"inherit"});require("fs").writeFileSync(${JSON.stringify(file)},String(c.pid));`;
  try {
    writeFileSync(file, '');
    // It ends at once, but its child holds the pipes: waiting for their end would be waiting for ever.
    const quick = await run(process.execPath, node(`${script}process.exit(0)`), limits);
    assert.is(quick.code, 0);
    const left = Number(readFileSync(file, 'utf8'));
    await until('the fork is ended', () => !alive(left));
    const slow = await run(process.execPath, node(`${script}setInterval(()=>{},1000)`), { timeoutMs: 1500 });
    assert.is(slow.ended, 'timeout');
    const other = Number(readFileSync(file, 'utf8'));
    await until('the fork of the hanging one is ended', () => !alive(other));
  } finally {
    folder.remove();
  }
});

if (posix)
  test('programs come from the system’s folders, never from the PATH of the start', async () => {
    const folder = temporaryFolder();
    const before = { ...process.env };
    const fake = `#!/bin/sh\necho fake > ${folder.path}/ran\n`;
    for (const name of [
      'env',
      'evenkeel-fake',
      'systemctl',
      'timedatectl',
      'apt-get',
      'lscpu',
      'who',
      'lvs',
      'nft',
      'ionice',
    ])
      writeFileSync(join(folder.path, name), fake, { mode: 0o755 });
    try {
      Object.assign(process.env, {
        PATH: `${folder.path}:${before.PATH}`,
        HOME: folder.path,
        LD_LIBRARY_PATH: '/x',
        BASH_ENV: '/x',
      });
      const { stdout } = await run('env', [], limits);
      const seen = stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=')[0] ?? '')
        .sort();
      assert.equal(seen, ['HOME', 'LANG', 'LC_ALL', 'PATH'], 'and a fixed small environment');
      assert.not.match(stdout, `PATH=${folder.path}`);
      assert.is((await run('evenkeel-fake', [], limits).catch((error) => error)).name, 'NoData');
      // The whole agent, started with that PATH: a round of the checks that start programs, in its child's way.
      const names = ['backup', 'health', 'health_slow', 'os_state', 'hardware', 'host'];
      const agent = startAgent(['heavy', '--data', join(folder.path, 'data'), ...names]);
      assert.match((await agent.finished).stdout, '"name":"os_state"');
      assert.not(existsSync(join(folder.path, 'ran')));
      // Settings that were checked themselves may name further folders.
      assert.is((await run('evenkeel-fake', [], { ...limits, env: { PATH: folder.path } })).code, 0);
      assert.ok(existsSync(join(folder.path, 'ran')));
      // A program that others could exchange is none, however it is named.
      chmodSync(join(folder.path, 'evenkeel-fake'), 0o777);
      for (const [file, env] of [
        ['evenkeel-fake', { PATH: folder.path }],
        [join(folder.path, 'evenkeel-fake'), {}],
      ] as const)
        assert.match(
          String(await run(file, [], { ...limits, env }).catch((error) => error)),
          /evenkeel-fake is not used: every user may write .* Run: chmod go-w /,
        );
      // A home in which others may put settings of programs is not handed on.
      chmodSync(folder.path, 0o777);
      assert.not.match((await run('env', [], limits)).stdout, `HOME=${folder.path}`);
    } finally {
      for (const name of ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'BASH_ENV'])
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      folder.remove();
    }
  });

test('the lowest priority', async () => {
  if (!posix) return;
  const script = 'setTimeout(()=>console.log(require("os").getPriority()),200)';
  assert.is((await run(process.execPath, node(script), limits)).stdout, '19\n');
});

test.run();
