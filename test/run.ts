/**
 * The test runner: `npm test [-- part-of-a-path …]`.
 *
 * Each file `*.test.ts` runs in a process of its own with a time limit, and must report "Total", "Passed" and "Skipped"
 * the way uvu prints them, with passed + skipped = total > 0. uvu alone would exit 0 on a file that forgets `.run()`.
 * A test that lacks a service prints a line `SKIP <service>: <reason>`; where CI is set that line is a failure.
 * The last line is always `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
/** A file may need real services and minutes; the limit only ends what hangs. Override for one run: TEST_LIMIT_MS. */
const limitMs = Number(process.env.TEST_LIMIT_MS ?? 300_000);
const wanted = process.argv.slice(2);
const onCi = Boolean(process.env.CI);
/** Files under these folders start servers, browsers or loads: they run one at a time, after the others. */
const heavy = /^(road|browser|tools)[\\/]/;

const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part.replace(/^test\//, ''))))
  .sort();

interface Outcome {
  file: string;
  passed: number;
  failed: number;
  skips: string[];
  output: string;
  ms: number;
}

/** Ends what still runs, when the whole run is ended from outside. */
const ends = new Set<() => void>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const end of ends) end();
    process.exit(1);
  });
}

function count(output: string, label: string): number {
  const match = new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'm').exec(output);
  return match ? Number(match[1]) : 0;
}

function runFile(file: string): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    // A process group of its own, so that nothing which a failed test has started outlives it.
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(here, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let output = '';
    let late = false;
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const endGroup = () => {
      try {
        if (child.pid) process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // The group has ended by itself, which is what we want.
      }
    };
    ends.add(endGroup);
    const timer = setTimeout(() => {
      late = true;
      endGroup();
    }, limitMs);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      endGroup();
      ends.delete(endGroup);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: uvu colours its summary
      const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
      const total = count(plain, 'Total');
      const passed = count(plain, 'Passed');
      const skipped = count(plain, 'Skipped');
      const skips = plain.split('\n').filter((line) => line.startsWith('SKIP '));
      let failed = Math.max(0, total - passed - skipped);
      const problems: string[] = [];
      if (late) problems.push(`ended after ${limitMs} ms: the file did not finish`);
      if (total === 0) problems.push('reported no test: is `.run()` missing?');
      if (code !== 0 && failed === 0) problems.push(`exit code ${code ?? signal}`);
      if (onCi && skips.length > 0) problems.push(`on CI nothing may be skipped: ${skips.join('; ')}`);
      if (problems.length > 0 && failed === 0) failed = 1;
      resolve({
        file,
        passed,
        failed,
        skips,
        output: [...problems, plain].join('\n'),
        ms: performance.now() - started,
      });
    });
  });
}

const outcomes: Outcome[] = [];

function report(outcome: Outcome): void {
  outcomes.push(outcome);
  const mark = outcome.failed > 0 ? 'FAIL' : 'ok  ';
  console.log(`${mark} ${outcome.file}  ${outcome.passed} passed  ${Math.round(outcome.ms)} ms`);
  for (const skip of outcome.skips) console.log(`     ${skip}`);
  // Lines that a test wants read by people, such as measured figures or counts per kind.
  for (const line of outcome.output.split('\n')) if (line.startsWith('FIGURE ')) console.log(`     ${line}`);
  if (outcome.failed > 0) console.log(outcome.output.replace(/^/gm, '     '));
}

async function drain(queue: string[]): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) report(await runFile(file));
}

const light = files.filter((file) => !heavy.test(file));
await Promise.all([drain(light), drain(light)]);
await drain(files.filter((file) => heavy.test(file)));

const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0) + (outcomes.length === 0 ? 1 : 0);
if (outcomes.length === 0)
  console.log(`No test file matches ${wanted.join(', ') || `below ${relative(process.cwd(), here)}`}.`);
for (const outcome of outcomes) if (outcome.failed > 0) console.log(`failed: ${outcome.file}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
