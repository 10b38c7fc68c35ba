/**
 * rsnapshot's log: `[time] /usr/bin/rsnapshot … INTERVAL: started | completed successfully | completed, but with some
 * warnings | ERROR: … | WARNING: …`, local time without zone (ISO since 1.4, `[12/Nov/2014:03:30:01]` before), long
 * lines wrapped with a backslash. Only the first `retain` copies data, the others rotate; that one is the job.
 */

import { readFile } from 'node:fs/promises';
import type { BackupJob } from '../../../shared/inventory.ts';
import { joinReasons, quotation, type Reason, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { linesIn, oneLine } from '../parse.ts';
import type { Deed } from './deeds.ts';
import { pathIn, tailOf } from './files.ts';
import { localInstant, strictInstant } from './instants.ts';
import {
  type BackupOutcome,
  type FinishedRun,
  Idle,
  jobOf,
  type Product,
  plainOutcome,
  secondsBetween,
} from './product.ts';
import { programName } from './shell-words.ts';

export interface SnapshotInterval {
  started: number | null;
  lastRun: number | null;
  lastSuccess: number | null;
  result: 'ok' | 'warning' | 'failed' | 'running';
  /** Seconds of the last whole run. */
  duration: number | null;
  message: string | null;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function timeOf(text: string): number | null {
  const old = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (!old) return strictInstant(text);
  const [, day, month = '', year, hour, minute, second] = old;
  return localInstant([
    Number(year),
    months.indexOf(month) + 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    0,
  ]);
}

const blank: SnapshotInterval = {
  started: null,
  lastRun: null,
  lastSuccess: null,
  result: 'running',
  duration: null,
  message: null,
};

/**
 * What one line says about its interval. The first error of a run is the most specific; the lines after it are about
 * the lines before.
 */
function after(known: SnapshotInterval, time: number, event: string): SnapshotInterval {
  if (event === 'started') return { ...known, started: time, lastRun: time, result: 'running', message: null };
  const duration = secondsBetween(known.started, time);
  if (event === 'completed successfully') {
    return { ...known, lastRun: time, lastSuccess: time, result: 'ok', duration, message: null, started: null };
  }
  if (/^completed, but with some warnings/.test(event)) {
    return { ...known, lastRun: time, lastSuccess: time, result: 'warning', duration, started: null };
  }
  const problem = /^(ERROR|WARNING):\s*(.*)$/.exec(event);
  if (!problem) return known;
  // "conf on line 14:" only announces the message in the next line.
  const words = /on line \d+:$/.test(problem[2] ?? '') ? null : oneLine(problem[2] ?? '');
  if (problem[1] === 'WARNING') return { ...known, message: known.message ?? words };
  const first = known.result === 'failed' ? known.message : null;
  return { ...known, lastRun: time, result: 'failed', message: first ?? words, duration: null, started: null };
}

const about = /^\[([^\]]+)\] (?:(?:WARNING|ERROR): )?\S*rsnapshot(?: .*?)?? ([A-Za-z0-9_-]+): (.*)$/;
/** A warning without a name is about the interval that runs. */
const aside = /^\[([^\]]+)\] ((?:WARNING|ERROR): .*)$/;

/** rsnapshot folds long messages with a backslash. */
function unfolded(text: string): string {
  const lines: string[] = [];
  let open = false;
  for (const line of text.replace(/\r/g, '').split('\n')) {
    const folded = line.endsWith('\\');
    const part = folded ? line.slice(0, -1).trimEnd() : line;
    if (open) lines.push(`${lines.pop()} ${part.trimStart()}`);
    else lines.push(part);
    open = folded;
  }
  return lines.join('\n');
}

/** Every interval in the log's text. What was never mentioned is not there: it is not known to have failed or run. */
export function parseLog(text: string): Map<string, SnapshotInterval> {
  const intervals = new Map<string, SnapshotInterval>();
  let running: string | null = null;
  for (const line of linesIn(unfolded(text))) {
    const match = about.exec(line) ?? aside.exec(line);
    const time = timeOf(match?.[1] ?? '');
    const name: string | null = match?.[3] === undefined ? running : (match[2] ?? null);
    if (!match || time === null || name === null) continue;
    const event = (match[3] ?? match[2] ?? '').trim();
    intervals.set(name, after(intervals.get(name) ?? blank, time, event));
    running = intervals.get(name)?.result === 'running' ? name : null;
  }
  for (const [name, known] of intervals) if (known.lastRun === null) intervals.delete(name);
  return intervals;
}

export interface Configuration {
  logfile: string | null;
  root: string | null;
  /** Intervals in order; the first one copies. */
  intervals: string[];
  sources: string[];
}

/** rsnapshot.conf: tab-separated key and values. */
export function parseConfiguration(text: string): Configuration {
  const rows = linesIn(text).map((line) => line.split(/\t+/));
  const values = (...keys: string[]) =>
    rows.filter(([key = '']) => keys.includes(key)).map((row) => row[1]?.trim() ?? '');
  const retained = values('retain', 'interval').filter(Boolean);
  return {
    logfile: values('logfile')[0] || null,
    root: values('snapshot_root')[0] || null,
    intervals: values('sync_first')[0] === '1' ? ['sync', ...retained] : retained,
    sources: values('backup', 'backup_script').filter(Boolean),
  };
}

/** The job of a machine's rsnapshot: the interval that copies; trouble while rotating the others is a warning. */
export function jobsOf(log: ReadonlyMap<string, SnapshotInterval>, configuration: Configuration | null): BackupJob[] {
  const first = configuration?.intervals[0];
  const names = first === undefined ? [...log.keys()] : [first];
  const others = [...log].filter(([name, { result }]) => !names.includes(name) && result === 'failed');
  return names.map((name) => {
    const known = log.get(name);
    const rotating = others.flatMap(([other, { message }]) => [
      reason('in_part', { name: other }),
      ...(message === null ? [reason('run_failed')] : quotation(message)),
    ]);
    const result =
      known === undefined ? 'never' : known.result === 'ok' && rotating.length > 0 ? 'warning' : known.result;
    return jobOf('rsnapshot', name, 'log', {
      protects: configuration?.sources ?? [],
      repository: configuration?.root ?? null,
      schedule: /^(hourly|daily|weekly|monthly)$/.test(name) ? name : null,
      lastRun: known?.lastRun ?? null,
      lastSuccess: known?.lastSuccess ?? null,
      duration: known?.duration ?? null,
      result,
      reasons: known?.message
        ? quotation(known.message)
        : (joinReasons(rotating) ?? (known ? [] : [reason('not_in_log')])),
    });
  });
}

async function discover(context: CheckContext): Promise<BackupJob[]> {
  const conf = await tailOf(pathIn(context, '/etc/rsnapshot.conf'), 1 << 20);
  if (!conf) throw new NoData(reason('no_file', { path: '/etc/rsnapshot.conf' }));
  const configuration = parseConfiguration(conf.text);
  if (configuration.logfile === null) throw new Idle(reason('rsnapshot_no_logfile'));
  const log = await tailOf(pathIn(context, configuration.logfile));
  if (!log || log.size === 0) throw new Idle(reason('log_empty', { path: configuration.logfile }));
  // A log that was rotated minutes ago is empty; what was known before stands (see ../backup.ts).
  return jobsOf(parseLog(log.text), configuration).filter((job) => job.result !== 'never');
}

/** Why `rsnapshot weekly` saves nothing: only the first level copies, the others rename what it left. */
export async function rotatesOnly(deeds: readonly Deed[]): Promise<Reason[] | null> {
  const [deed] = deeds;
  if (deeds.length !== 1 || !deed?.saves || programName(deed.program) !== 'rsnapshot') return null;
  const given = deed.args.indexOf('-c');
  const path = (given >= 0 && deed.args[given + 1]) || '/etc/rsnapshot.conf';
  // Without its configuration nothing is known of the levels.
  const text = await readFile(path, 'utf8').catch(() => '');
  const [first, ...others] = parseConfiguration(text).intervals;
  const asked = others.find((level) => deed.label === `rsnapshot ${level}`);
  if (first === undefined || asked === undefined) return null;
  return [
    reason('nothing_saved_rotates', { command: `rsnapshot ${asked}`, copying: `rsnapshot ${first}` }),
    reason('give_command', { example: `rsnapshot ${first}` }),
    reason('run_without_run_backup'),
  ];
}

/** Exit codes of rsnapshot's manual: 0 good, 1 failed, 2 good with warnings. */
export function outcome(run: FinishedRun): BackupOutcome {
  if (run.code === 2 && run.signal === null) {
    const warning = run.stderr.match(/^WARNING: .*/m)?.[0];
    const reasons = warning === undefined ? [reason('finished_with_warnings')] : quotation(oneLine(warning));
    return { result: 'warning', reasons, bytes: null, files: null };
  }
  const error = unfolded(run.stderr).match(/^ERROR: (?!.*on line \d+:\s*$)(?!-).*/m)?.[0];
  return plainOutcome(run, error === undefined ? null : quotation(oneLine(error)));
}

export const rsnapshot: Product = {
  name: 'rsnapshot',
  reads: '/etc/rsnapshot.conf and the last 64 KiB of its logfile',
  every: 0,
  forgets: true,
  programs: ['rsnapshot'],
  discover,
  report: (text) => jobsOf(parseLog(text), null),
  outcome,
};
