/** One test file in a process of its own, and what came of it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tests = fileURLToPath(new URL('..', import.meta.url));
const preloaded = (name: string) => ['--import', new URL(`./${name}`, import.meta.url).href];
/** A file may need real services and minutes; this ends what hangs before its last test. For one run: TEST_LIMIT_MS. */
const limitMs = Number(process.env.TEST_LIMIT_MS ?? 600_000);
/**
 * After its last test a file only removes its folders, which takes seconds for a database. What still runs then is a
 * server or process that it did not close.
 */
const endMs = Number(process.env.TEST_END_MS ?? 30_000);
/** Time to print what is open. */
const lastWordsMs = 500;
const onCi = Boolean(process.env.CI);

export interface Outcome {
  file: string;
  passed: number;
  failed: number;
  /** None of its tests has the words of `--grep`. */
  empty: boolean;
  skips: string[];
  output: string;
  ms: number;
}

export interface Choice {
  /** Only tests with these words in their name. */
  grep: string | undefined;
  /** Folder for what V8 counts. */
  coverage: string | undefined;
  /** Folder for what one file makes and others of the same run use. */
  kept: string;
}

const running = new Set<() => void>();

/** Ends what still runs. */
export function endAll(): void {
  for (const end of running) end();
}

function count(output: string, label: string): number {
  const match = new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'm').exec(output);
  return match ? Number(match[1]) : 0;
}

export function runFile(file: string, { grep, coverage, kept }: Choice): Promise<Outcome> {
  const started = performance.now();
  const hooks = [...preloaded('open-handles.ts'), ...(grep === undefined ? [] : preloaded('grep.ts'))];
  return new Promise((resolve) => {
    // A process group of its own, so that nothing which a failed test has started outlives it.
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...hooks, join(tests, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      env: {
        ...process.env,
        NO_COLOR: '1',
        FORCE_COLOR: '0',
        TEST_KEPT: kept,
        // A third of the work of a run was reading the same TypeScript again; where V8 counts, nothing may be left out.
        ...(coverage === undefined ? { NODE_COMPILE_CACHE: join(kept, 'code') } : {}),
        ...(grep === undefined ? {} : { TEST_GREP: grep }),
        ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
      },
    });
    let output = '';
    let late: string | undefined;
    let timer: NodeJS.Timeout;
    let isOver = false;
    child.stdout.on('data', (chunk) => {
      output += chunk;
      // The last line of uvu's sums.
      if (isOver || !output.includes('\n  Duration: ')) return;
      isOver = true;
      endIn(endMs, `${endMs} ms after its last test`);
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
    function endIn(ms: number, when: string): void {
      clearTimeout(timer);
      timer = setTimeout(() => {
        late = when;
        if (process.platform !== 'win32') child.kill('SIGUSR2');
        timer = setTimeout(endGroup, lastWordsMs);
      }, ms);
    }
    running.add(endGroup);
    endIn(limitMs, `after ${limitMs} ms`);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      endGroup();
      running.delete(endGroup);
      const ended = { code: code ?? signal, late, chosen: grep !== undefined };
      resolve({ file, ...outcomeOf(output, ended), ms: performance.now() - started });
    });
  });
}

interface Ended {
  code: number | string | null;
  /** When the runner ended what did not end by itself. */
  late: string | undefined;
  /** Only some of its tests were asked for, perhaps none. */
  chosen: boolean;
}

function outcomeOf(output: string, { code, late, chosen }: Ended): Omit<Outcome, 'file' | 'ms'> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: uvu colours its summary
  const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
  const total = count(plain, 'Total');
  const passed = count(plain, 'Passed');
  const skips = plain.split('\n').filter((line) => line.startsWith('SKIP '));
  const empty = chosen && total === 0 && code === 0;
  let failed = Math.max(0, total - passed - count(plain, 'Skipped'));
  const problems: string[] = [];
  if (late !== undefined) problems.push(`ended ${late}: the file did not finish. Close what it opened in \`finally\``);
  if (total === 0 && !empty) problems.push('reported no test: is `.run()` missing?');
  if (code !== 0 && failed === 0) problems.push(`exit code ${code}`);
  if (onCi && skips.length > 0) problems.push(`on CI nothing may be skipped: ${skips.join('; ')}`);
  if (problems.length > 0 && failed === 0) failed = 1;
  return { passed, failed, empty, skips, output: [...problems, plain].join('\n') };
}
