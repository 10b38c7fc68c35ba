/**
 * A machine for trying whatever reads one, without knowing what it reads: files are found by watching which paths are
 * asked for, and programs answer with whatever is given. Reads beside the root and all writes are noted as well.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type CheckContext, NoData, type RunLimits, type RunResult } from '../../agent/checks/check.ts';
import { catalogue, rangeOf, tagsOf } from '../../shared/metrics.ts';
import { type Reason, reason, reasonsOf } from '../../shared/reason.ts';
import type { Metric } from '../../shared/report.ts';
import { dictionaries } from '../../shared/words/index.ts';
import { createRandom } from '../simulate/random.ts';
import { trialContext } from '../support/check-context.ts';
import { removeTrees, tree } from '../support/tree.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const node = dirname(dirname(fs.realpathSync(process.execPath)));
const listing = /^(readdir|opendir|glob)/;
const reading = /^(readFile|readdir|exists|stat|lstat|access|readlink|open|opendir|statfs|realpath)(Sync)?$/;
const writing =
  /^(writeFile|appendFile|mkdir|mkdtemp|rm|rmdir|unlink|rename|copyFile|symlink|link|chmod|chown|utimes|truncate)(Sync)?$/;
const ours = /node_modules|\.(ts|mjs|cjs)$/;

export interface Trial<T> {
  /** What came back; `thrown` when it did not. */
  value: T | undefined;
  thrown: unknown;
  /** Paths under the root that were asked for, and whether as folders. */
  asked: Map<string, 'file' | 'folder'>;
  outside: string[];
  written: string[];
  runs: { file: string; args: readonly string[]; limits: RunLimits }[];
  cpuMs: number;
}

/** What a program says; null: there is no such program. */
export type Answer = Partial<RunResult> | null;

export interface MachineOptions {
  platform: NodeJS.Platform;
  files?: Readonly<Record<string, string>>;
  /** In place of `files`: a tree that is there already, for several trials. */
  root?: string;
  answer?: Answer;
}

type Functions = Record<string, unknown>;

/** Calls `note` with each path that anything hands to node:fs. @returns what ends it */
function watch(note: (name: string, path: string, flags: unknown) => void): () => void {
  const restore: (() => void)[] = [];
  for (const module of [fs, fs.promises] as unknown as Functions[])
    for (const [name, original] of Object.entries(module)) {
      if (typeof original !== 'function' || !(reading.test(name) || writing.test(name) || name === 'glob')) continue;
      module[name] = function (this: unknown, ...args: unknown[]) {
        if (typeof args[0] === 'string') note(name, args[0], args[1]);
        return (original as (...all: unknown[]) => unknown).apply(this, args);
      };
      restore.push(() => {
        module[name] = original;
      });
    }
  syncBuiltinESMExports();
  return () => {
    for (const one of restore) one();
    syncBuiltinESMExports();
  };
}

/** As the runner of the agent: output beyond the limit ends the program. */
function runnerOf(answer: Answer, runs: Trial<unknown>['runs']): CheckContext['run'] {
  return async (file, args, limits) => {
    runs.push({ file, args, limits });
    if (answer === null) throw new NoData(reason('not_installed', { program: file }));
    const result = { code: 0, signal: null, stdout: '', stderr: '', ended: null, ms: 1, ...answer };
    const max = limits.maxBytes ?? 4 * 1024 * 1024;
    return result.stdout.length <= max
      ? result
      : { ...result, stdout: result.stdout.slice(0, max), ended: 'flood', code: null };
  };
}

export async function onMachine<T>(
  { platform, files = {}, root = tree(files), answer = null }: MachineOptions,
  work: (context: CheckContext) => Promise<T>,
): Promise<Trial<T>> {
  const trial: Trial<T> = {
    value: undefined,
    thrown: null,
    asked: new Map(),
    outside: [],
    written: [],
    runs: [],
    cpuMs: 0,
  };
  const context = trialContext({ platform, root, run: runnerOf(answer, trial.runs) });
  const stop = watch((name, path, flags) => {
    const isWrite = writing.test(name) || (/^open(Sync)?$/.test(name) && typeof flags === 'string' && flags !== 'r');
    if (isWrite) trial.written.push(`${name} ${path}`);
    else if (path.startsWith(root)) {
      const kind = listing.test(name) ? 'folder' : 'file';
      if (trial.asked.get(path.slice(root.length)) !== 'folder') trial.asked.set(path.slice(root.length), kind);
    } else if (path.startsWith('/') && !path.startsWith(project) && !path.startsWith(node) && !ours.test(path))
      trial.outside.push(path);
  });
  const before = process.threadCpuUsage();
  try {
    trial.value = await work(context);
  } catch (thrown) {
    trial.thrown = thrown;
  } finally {
    stop();
    const { user, system } = process.threadCpuUsage(before);
    trial.cpuMs = (user + system) / 1000;
  }
  return trial;
}

/** Names of things in the folders of /sys and /proc. */
const entries = ['sda', 'dm-0', 'BAT0'];

/** All files that the work asks for, found by giving it what it has asked for until it asks for nothing new. */
export async function filesOf<T>(
  platform: NodeJS.Platform,
  answer: Answer,
  work: (context: CheckContext) => Promise<T>,
): Promise<string[]> {
  const asked = new Map<string, 'file' | 'folder'>();
  for (let turn = 0; turn < 4; turn++) {
    const before = asked.size;
    const files = Object.fromEntries(leavesOf(asked).map((path) => [path, 'x\n']));
    for (const [path, kind] of (await onMachine({ platform, files, answer }, work)).asked)
      if (asked.get(path) !== 'folder') asked.set(path, kind);
    if (asked.size === before || asked.size > 2000) break;
  }
  removeTrees();
  return leavesOf(asked);
}

function leavesOf(asked: ReadonlyMap<string, 'file' | 'folder'>): string[] {
  const paths = [...asked].flatMap(([path, kind]) =>
    kind === 'file' ? [path] : entries.map((entry) => `${path.replace(/\/$/, '')}/${entry}`),
  );
  const folders = new Set(paths.flatMap((path) => path.split('/').map((_, n, all) => all.slice(0, n).join('/'))));
  return [...new Set(paths)].filter((path) => path !== '' && !path.endsWith('/') && !folders.has(path));
}

const random = createRandom(7);
const bytes = (length: number) => Array.from({ length }, () => String.fromCharCode(random() * 256)).join('');

/** What is no answer: of none of these follows that anything is well. */
export const garbage: Readonly<Record<string, string>> = {
  nothing: '',
  'line ends': '\n\n\r\n',
  'random bytes': bytes(5000),
  'random lines': Array.from({ length: 200 }, () => bytes(20)).join('\n'),
  zeros: '\0'.repeat(4096),
  'JSON null': 'null',
  'an empty object': '{}',
  'an empty list': '[]',
  'a cut document': '{"a":[{"b":',
  'a page': '<!DOCTYPE html><html><body>502 Bad Gateway</body></html>\n',
  'an error': 'Error: Access is denied. (0x80070005)\n',
  'another language': 'Der Vorgang wurde abgebrochen: Zugriff verweigert\n',
  '10 MB': 'a 1: x = y\n'.repeat(950_000),
};

/** Each program answers so, whatever the files hold. */
export const answers: Readonly<Record<string, (text: string) => Answer>> = {
  'programs that end well': (stdout) => ({ stdout }),
  'programs that fail': (text) => ({ stdout: text, stderr: text.slice(0, 5000) || 'failed', code: 1 }),
  'programs that are ended': (stdout) => ({ stdout, code: null, signal: 'SIGKILL', ended: 'timeout' }),
  'no programs': () => null,
};

const fields = new Map(catalogue.map((row) => [`${row.measurement}.${row.field}`, row]));

/** Metrics as the catalogue has them; nothing else is stored. */
export function checkMetrics(metrics: readonly Metric[] = []): void {
  for (const { name, fields: values, tags, timestamp } of metrics) {
    assert.ok(Object.keys(values).length > 0, `${name} without a field`);
    assert.ok(Number.isFinite(timestamp), `${name}: timestamp ${timestamp}`);
    for (const [field, value] of Object.entries(values)) {
      const row = fields.get(`${name}.${field}`);
      assert.ok(row, `${name}.${field} is not in the catalogue`);
      const [low, high] = rangeOf(row);
      assert.ok(Number.isFinite(value) && value >= low && value <= high, `${name}.${field} = ${value}`);
    }
    const known = tagsOf[name] ?? {};
    for (const [tag, value] of Object.entries(tags)) {
      assert.ok(tag in known, `${name} has no tag ${tag}`);
      assert.ok(known[tag] === null || known[tag]?.includes(value), `${name}, tag ${tag}: ${value}`);
      assert.ok(value.length > 0 && value.length <= 256, `${name}, tag ${tag}: ${value.length} characters`);
    }
  }
}

/** Reasons for which every language has words, with the values that these want. */
export function checkReasons(reasons: readonly Reason[]): void {
  for (const { code, params = {} } of reasons)
    for (const [language, words] of dictionaries) {
      const text = words.get(`reason.${code}`);
      assert.ok(text !== undefined, `${language} has no word for reason.${code}`);
      for (const [, name = ''] of text.matchAll(/{{(\w+)}}/g)) assert.ok(name in params, `${code} lacks ${name}`);
    }
}

/** What every read does: only files under the root, programs without a shell, an end to each, and no writing. */
export function checkManners({ outside, written, runs }: Trial<unknown>, everyMs: number): void {
  assert.equal(outside, [], 'paths beside the root');
  assert.equal(written, [], 'a check only reads');
  for (const { file, args, limits } of runs) {
    assert.not.match(file, /(^|\/)(sh|bash|dash|zsh|cmd|cmd\.exe)$/, 'no shell');
    assert.ok(
      [file, ...args].every((word) => typeof word === 'string' && !word.includes('\0')),
      file,
    );
    assert.ok(limits.timeoutMs > 0 && limits.timeoutMs <= Math.max(everyMs, 60_000), `${file}: ${limits.timeoutMs} ms`);
  }
}

/** NoData or another reasoned end: the reasons, which every language can say. */
export function checkThrown({ thrown }: Trial<unknown>): void {
  if (thrown === null) return;
  assert.ok(thrown instanceof Error && 'reasons' in thrown, `threw ${(thrown as Error).stack ?? thrown}`);
  const reasons = reasonsOf(thrown);
  assert.ok(reasons.length > 0, 'it says why');
  checkReasons(reasons);
}

/** Runs the work against every kind of garbage, in its files and from its programs. */
export async function onGarbage<T>(
  platform: NodeJS.Platform,
  work: (context: CheckContext) => Promise<T>,
  look: (trial: Trial<T>, what: string) => void,
): Promise<void> {
  const paths = new Set<string>();
  for (const answer of [null, { stdout: 'x\n' }])
    for (const path of await filesOf(platform, answer, work)) paths.add(path);
  const trials = async (what: string, asked: readonly string[], label: string, hows = Object.keys(answers)) => {
    const text = garbage[what] ?? '';
    const root = tree(Object.fromEntries(asked.map((path) => [path, text])));
    for (const how of hows)
      look(
        await onMachine({ platform, root, answer: answers[how]?.(text) ?? null }, work),
        `${what}, ${how}, ${label}`,
      );
    removeTrees();
  };
  const running = Object.keys(answers).filter((how) => how !== 'no programs');
  for (const what of Object.keys(garbage)) {
    await trials(what, [], 'no files', running);
    if (what !== '10 MB') await trials(what, [...paths], 'files');
  }
  // One alone: the first that is there often decides what else is looked at.
  const two = ['programs that end well', 'no programs'];
  for (const path of [...paths].slice(0, 12))
    for (const what of ['nothing', 'another language']) await trials(what, [path], `${path}, files`, two);
}
