/** run-backup with real processes: nothing of the command is changed, and what became of it is recorded. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DropFile, dropFile } from '../../../agent/checks/backup/drop-file.ts';
import { reason } from '../../../shared/reason.ts';
import { inLog } from '../../support/reasons.ts';
import { makeRoom } from './context.ts';

const test = suite('run-backup');
const main = join(dirname(fileURLToPath(import.meta.url)), '../../../agent/main.ts');
const node = [process.execPath, '--disable-warning=ExperimentalWarning', main] as const;

function start(data: string, flags: string[], command: string[]): ChildProcess {
  return spawn(node[0], [...node.slice(1), 'run-backup', '--data', data, '--job', 'j', ...flags, '--', ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

async function finish(child: ChildProcess, input?: Buffer) {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.end(input);
  const [code, signal] = await once(child, 'close');
  return { code, signal, out: Buffer.concat(out), err: Buffer.concat(err) };
}

const record = (data: string): DropFile => JSON.parse(readFileSync(join(data, 'backup.d/j.json'), 'utf8'));
const inNode = (script: string) => [process.execPath, '-e', script];

/** Until the text has come out of the command. */
async function saying(child: ChildProcess, text: string): Promise<void> {
  let seen = '';
  for await (const chunk of child.stdout as NonNullable<typeof child.stdout>) {
    seen += chunk;
    if (seen.includes(text)) return;
  }
  throw new Error(`it ended without saying ${text}`);
}

let data = '';
test.before.each(() => {
  data = mkdtempSync(join(tmpdir(), 'evenkeel-run-'));
});
test.after.each(() => rmSync(data, { recursive: true, force: true }));

test('3 MB of any bytes pass both ways, and the exit code', async () => {
  const bytes = randomBytes(3_000_000);
  const echo = "process.stdin.pipe(process.stdout); process.stderr.write('\\u0000ä\\n'); process.exitCode = 42";
  const ended = await finish(start(data, [], inNode(echo)), bytes);
  assert.is(ended.code, 42);
  assert.ok(ended.out.equals(bytes));
  assert.is(ended.err.toString(), '\u0000ä\n');
  assert.equal([record(data).result, record(data).exitCode, record(data).product], ['failed', 42, 'node']);
});

test('a success is kept through later failures; a verification leaves it alone', async () => {
  const flags = [
    '--product',
    'rsync',
    '--protects',
    '/home',
    '--protects',
    '/etc',
    '--schedule',
    'daily',
    '--repository',
    'rsync://u:pw@h/x',
  ];
  await finish(start(data, flags, ['true']));
  const good = record(data);
  assert.equal(
    [good.result, good.protects, good.schedule, good.repository],
    ['ok', ['/home', '/etc'], 'daily', 'rsync://u:***@h/x'],
  );
  await finish(start(data, flags, inNode('process.exitCode = 24')));
  const partial = record(data);
  assert.is(partial.result, 'warning');
  assert.ok((partial.lastSuccess as string) > (good.lastSuccess as string));
  await finish(start(data, flags, ['false']));
  assert.equal([record(data).result, record(data).lastSuccess], ['failed', partial.lastSuccess]);
  await finish(start(data, ['--verify'], ['true']));
  const verified = record(data);
  assert.equal(
    [verified.result, verified.lastSuccess, verified.verifiedOk, verified.product],
    ['failed', partial.lastSuccess, true, 'rsync'],
  );
  await finish(start(data, ['--verify'], inNode("console.error('archive corrupt'); process.exitCode = 1")));
  const damaged = record(data);
  assert.equal([damaged.verifiedOk, damaged.lastVerified], [false, verified.lastVerified], 'the good date stays');
  assert.match(inLog(damaged.verifyReasons), 'archive corrupt');
  assert.ok((damaged.lastVerifyFailed as string) > (verified.lastVerified as string));
  await finish(start(data, flags, ['true']));
  assert.equal(
    [record(data).verifiedOk, record(data).verifyReasons, record(data).result],
    [false, damaged.verifyReasons, 'ok'],
    'a backup that runs well afterwards proves nothing',
  );
  await finish(start(data, ['--verify'], ['true']));
  assert.equal([record(data).verifiedOk, record(data).lastVerifyFailed], [true, damaged.lastVerifyFailed]);
});

test('a command that makes no backup moves no date, says so and what to do; so does a dry run inside of a script', async () => {
  const tool = (name: string, output = '', code = 0) => {
    writeFileSync(join(data, name), `#!/bin/sh\nprintf '%s\\n' '${output}'\nexit ${code}\n`, { mode: 0o755 });
    return join(data, name);
  };
  const restic = tool('restic', 'snapshot 0a1b2c3d saved');
  for (const command of [
    [restic, 'snapshots'],
    ['nice', restic, '-r', 'backup', '--json', 'forget', '--prune'],
    ['sh', '-c', `${restic} backup --dry-run /home`],
    [tool('borg'), '--info', 'list'],
    [tool('rsync'), '-an', '/a', '/b'],
    [tool('backup.sh', 'Would add to the repository: 1.2 MiB (0.5 MiB stored)')],
  ]) {
    rmSync(join(data, 'backup.d'), { recursive: true, force: true });
    const ended = await finish(start(data, [], command));
    assert.is(ended.code, 0, 'the command itself ended well');
    assert.match(ended.err.toString(), /^run-backup: job "j": Nothing was saved: /m);
    const fresh = record(data);
    assert.equal([fresh.result, fresh.lastSuccess, fresh.exitCode], ['unknown', null, 0], command.join(' '));
    assert.match(inLog(fresh.reasons), /^nothing_saved/);
  }
  await finish(start(data, [], [restic, 'backup', '/home']));
  const good = record(data);
  assert.equal([good.result, good.product], ['ok', 'restic']);
  await finish(start(data, [], [restic, 'snapshots']));
  assert.equal([record(data).result, record(data).lastSuccess], ['unknown', good.lastSuccess]);
  const room = makeRoom({ data });
  const [job] = (await dropFile.discover?.(room.context, {})) ?? [];
  assert.equal([job?.result, job?.lastSuccess], ['unknown', Date.parse(good.lastSuccess ?? '')]);
  room.close();
  await finish(start(data, [], [tool('restic', '', 1), 'prune']));
  assert.equal([record(data).result, record(data).lastSuccess], ['failed', good.lastSuccess]);
});

test('rsnapshot saves by its first level only', async () => {
  const conf = join(data, 'rs.conf');
  writeFileSync(conf, 'retain\tdaily\t7\nretain\tweekly\t4\n');
  writeFileSync(join(data, 'rsnapshot'), '#!/bin/sh\n', { mode: 0o755 });
  await finish(start(data, [], [join(data, 'rsnapshot'), '-c', conf, 'weekly']));
  assert.match(
    inLog(record(data).reasons),
    /^nothing_saved_rotates \(command: rsnapshot weekly, copying: rsnapshot daily\)/,
  );
  assert.is(record(data).lastSuccess, null);
  await finish(start(data, [], [join(data, 'rsnapshot'), '-c', conf, 'daily']));
  assert.is(record(data).result, 'ok');
});

test('a verification that reads no backup is none', async () => {
  writeFileSync(join(data, 'restic'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const ended = await finish(start(data, ['--verify'], [join(data, 'restic'), 'snapshots']));
  assert.match(ended.err.toString(), 'Nothing was verified');
  assert.throws(() => record(data), /ENOENT/);
});

test('a signal to us reaches the command, and we end as it ends', async () => {
  const trap =
    "process.on('SIGTERM', () => { console.log('cleaned up'); process.exit(9) }); console.log('ready'); setInterval(() => {}, 1000)";
  const caught = start(data, [], inNode(trap));
  await saying(caught, 'ready');
  caught.kill('SIGTERM');
  assert.equal(await once(caught, 'close'), [9, null]);
  const plain = start(data, [], inNode("console.log('ready'); setInterval(() => {}, 1000)"));
  await saying(plain, 'ready');
  plain.kill('SIGTERM');
  assert.equal(await once(plain, 'close'), [null, 'SIGTERM']);
  assert.equal(record(data).reasons, [reason('ended_signal', { signal: 'SIGTERM' })]);
});

test('killed outright, the run is seen as failed and not as running for ever', async () => {
  const room = makeRoom({ data });
  const child = start(data, [], inNode("console.log('ready'); process.stdin.on('end', () => process.exit()).resume()"));
  await saying(child, 'ready');
  const state = async () => (await dropFile.discover?.(room.context, {}))?.[0]?.result;
  assert.is(await state(), 'running');
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.is(await state(), 'failed');
  assert.is(record(data).result, 'running', 'nobody was left to write');
  room.close();
});

test('a closed pipe ends the command too', async () => {
  const child = start(data, [], ['yes']);
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  child.stdout?.destroy();
  const [code] = await once(child, 'exit');
  // 128 + SIGPIPE as a shell shows it; 1 where the kernel says "connection reset", which it may between Node's sockets.
  assert.ok(code === 141 || code === 1, String(code));
  assert.is(record(data).result, 'failed');
});

test('what cannot be recorded does not keep the backup from running', async () => {
  writeFileSync(join(data, 'backup.d'), 'a file in the way');
  const ended = await finish(start(data, [], inNode("console.log('saved'); process.exitCode = 3")));
  assert.equal([ended.code, ended.out.toString()], [3, 'saved\n']);
  assert.match(ended.err.toString(), 'could not be recorded');
});

test('a command that is not there: 127, said and recorded', async () => {
  const ended = await finish(start(data, [], ['/no/such/program']));
  assert.is(ended.code, 127);
  assert.equal([record(data).result, record(data).exitCode], ['failed', 127]);
});

test('a wrong command line starts nothing', async () => {
  for (const [flags, words] of [
    [['--product', 'tape'], ['true']],
    [['--colour'], ['true']],
    [[], []],
  ] as const) {
    const ended = await finish(start(data, [...flags], [...words]));
    assert.is(ended.code, 2);
    assert.throws(() => record(data), /ENOENT/);
  }
});

test.run();
