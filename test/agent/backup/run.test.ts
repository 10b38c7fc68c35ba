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
  await finish(start(data, ['--verify'], ['false']));
  assert.is(record(data).verifiedOk, false);
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
  assert.match(record(data).message ?? '', 'SIGTERM');
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
