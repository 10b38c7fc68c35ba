/**
 * The test runner: `npm test [-- part-of-a-path …] [--grep words] [--watch] [--coverage]`.
 *
 * Each file `*.test.ts` runs in a process of its own with a time limit, and must report "Total", "Passed" and "Skipped"
 * the way uvu prints them, with passed + skipped = total > 0. uvu alone would exit 0 on a file that forgets `.run()`.
 * In a run of all files what fails beside another file runs once more, alone; what passes then is named `unsteady:`.
 * A test that lacks a service prints a line `SKIP <service>: <reason>`; where CI is set that line is a failure.
 * The last line is always `N passed, N failed`.
 */
import '../shared/needs-node.ts';

import events from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCoverage } from './runner/coverage.ts';
import { idleSince, spent, untilIdle } from './runner/idle.ts';
import { endAll, type Outcome, runFile } from './runner/run-file.ts';
import { wordsOf } from './support/arguments.ts';

const here = dirname(fileURLToPath(import.meta.url));
const top = dirname(here);
/** Files under these folders start servers, browsers or loads: one lane begins with them, the longest first. */
const heavy = ['road', 'tools', 'browser'];
/** They take minutes: one that began last would have the machine for itself at the end. */
const longest = ['browser/app', 'browser/languages', 'road/update', 'simulate/demo'];
/** Lanes beyond the two, each with a file only while the machine has nothing else to do. */
const spareLanes = 2;
/** More failures than this have a common cause, which a second run only hides. */
const againAtMost = 5;
const rooms = ['agent', 'collector', 'shared', 'dashboards'];

const { values: options, positionals: wanted } = wordsOf({
  allowPositionals: true,
  options: { grep: { type: 'string' }, watch: { type: 'boolean' }, coverage: { type: 'boolean' } },
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(1);
  });
}

const filesBelow = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

function chosenFiles(): string[] {
  const parts = wanted.map((part) => part.replace(/^(\.\/)?test\//, ''));
  return filesBelow(here)
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
}

function show(outcome: Outcome): void {
  if (outcome.empty) return;
  const mark = outcome.failed > 0 ? 'FAIL' : 'ok  ';
  console.log(`${mark} ${outcome.file}  ${outcome.passed} passed  ${Math.round(outcome.ms)} ms`);
  for (const skip of outcome.skips) console.log(`     ${skip}`);
  // Lines that a test wants read by people, such as measured figures or counts per kind.
  for (const line of outcome.output.split('\n')) if (line.startsWith('FIGURE ')) console.log(`     ${line}`);
  if (outcome.failed > 0) console.log(outcome.output.replace(/^/gm, '     '));
}

async function runAll(kept: string, coverage: string | undefined, stopped: AbortSignal): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const files = chosenFiles();
  const groups = [...longest, ...heavy].map((room) => files.filter((file) => file.startsWith(room)));
  const queue = [...new Set([...groups.flat(), ...files])];
  const isOver = () => queue.length === 0 || stopped.aborted;
  const drain = async (next: () => string | undefined, room?: () => Promise<void>) => {
    for (;;) {
      await room?.();
      const file = isOver() ? undefined : next();
      if (file === undefined) return;
      const outcome = await runFile(file, { grep: options.grep, coverage, kept });
      outcomes.push(outcome);
      show(outcome);
    }
  };
  // From both ends: a heavy file has a light one beside it until no light one is left, and no lane is idle before the end.
  const lanes = [drain(() => queue.shift()), drain(() => queue.pop())];
  // One looks after the other: what the first starts must show before the second looks.
  let look = Promise.resolve();
  const room = () => {
    look = look.then(() => untilIdle(isOver));
    return look;
  };
  for (let n = 0; n < spareLanes; n++) lanes.push(drain(() => queue.pop(), room));
  await Promise.all(lanes);
  return outcomes;
}

/**
 * Real processes and time limits fail now and then where two files share a busy machine: that says nothing about the
 * change which is tested, and an honest defect fails alone as well.
 * @returns the files that passed then
 */
async function runFailedAgain(outcomes: Outcome[], kept: string): Promise<string[]> {
  const failed = outcomes.filter((outcome) => outcome.failed > 0);
  if (failed.length > againAtMost) return [];
  const unsteady: string[] = [];
  for (const before of failed) {
    const outcome = await runFile(before.file, { grep: undefined, coverage: undefined, kept });
    show(outcome);
    outcomes[outcomes.indexOf(before)] = outcome;
    if (outcome.failed === 0) unsteady.push(outcome.file);
  }
  return unsteady;
}

/** @returns the number of failures; that nothing was run is one, too */
function conclude(outcomes: readonly Outcome[], unsteady: readonly string[]): number {
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  let failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  if (outcomes.every(({ empty }) => empty)) {
    const named = options.grep === undefined ? '' : ` and has a test with "${options.grep}" in its name`;
    console.log(`No test file matches ${wanted.join(', ') || '*.test.ts'}${named}.`);
    failed = 1;
  }
  for (const file of unsteady) console.log(`unsteady: ${file} failed beside another file and passed alone`);
  for (const outcome of outcomes) if (outcome.failed > 0) console.log(`failed: ${outcome.file}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed;
}

/** One line per file into coverage/lines.txt, and the sums here. Lines of the web app run in browsers, uncounted. */
function showCoverage(folder: string): void {
  const sources = rooms.flatMap((room) => filesBelow(join(top, room)).map((file) => join(top, room, file)));
  const files = readCoverage(
    folder,
    sources.filter((file) => file.endsWith('.ts')),
    top,
  );
  const percent = (covered: number, lines: number) =>
    `${((100 * covered) / Math.max(1, lines)).toFixed(1)} %`.padStart(7);
  const path = join(top, 'coverage', 'lines.txt');
  mkdirSync(dirname(path), { recursive: true });
  const row = ({ file, lines, covered, missed }: (typeof files)[number]) =>
    `${percent(covered, lines)}  ${file}${missed === '' ? '' : `  not run: ${missed}`}`;
  writeFileSync(path, `${files.map(row).join('\n')}\n`);
  for (const room of rooms) {
    const own = files.filter(({ file }) => file.startsWith(room));
    const sum = (key: 'lines' | 'covered') => own.reduce((total, file) => total + file[key], 0);
    console.log(`${percent(sum('covered'), sum('lines'))} of the lines of ${room}/`);
  }
  console.log(`Line by line: ${path}`);
}

async function once(stopped: AbortSignal): Promise<number> {
  const kept = mkdtempSync(join(tmpdir(), 'evenkeel-run-'));
  const coverage = options.coverage ? join(kept, 'coverage') : undefined;
  if (coverage !== undefined) mkdirSync(coverage);
  try {
    const [from, began] = [spent(), performance.now()];
    const outcomes = await runAll(kept, coverage, stopped);
    if (coverage !== undefined) showCoverage(coverage);
    const isWhole = wanted.length === 0 && options.grep === undefined && !options.watch;
    const unsteady = isWhole ? await runFailedAgain(outcomes, kept) : [];
    const minutes = ((performance.now() - began) / 60_000).toFixed(1);
    const busy = Math.round(100 * (1 - idleSince(from, spent())));
    console.log(`${outcomes.length} files in ${minutes} min, the processors ${busy} % busy`);
    return conclude(outcomes, unsteady);
  } finally {
    rmSync(kept, { recursive: true, force: true });
  }
}

/** Runs again after each change; what still runs then ends at once and counts as failed. */
async function keepRunning(): Promise<void> {
  let change = new AbortController();
  for (const room of [...rooms, 'test'])
    watch(join(top, room), { recursive: true }, (_event, file) => {
      if (!file || !/\.(tsx?|json|css|html)$/.test(file) || /(^|[\\/])(dist|node_modules)[\\/]/.test(file)) return;
      change.abort();
      endAll();
    });
  for (;;) {
    await once(change.signal);
    console.log('Waiting for a change; Ctrl+C ends.');
    if (!change.signal.aborted) await events.once(change.signal, 'abort');
    change = new AbortController();
  }
}

if (options.watch === true) await keepRunning();
process.exitCode = (await once(new AbortController().signal)) > 0 ? 1 : 0;
