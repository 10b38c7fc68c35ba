/**
 * Proxmox VE's vzdump. A task's log has lines for each guest: "Starting Backup of VM n", "Finished Backup of VM n
 * (hh:mm:ss)" or "ERROR: Backup of VM n failed - why". One guest may fail inside a job, and a job whose only trouble
 * was pruning old copies still ends "with errors". Times in the log are local; the start in the task's UPID is UTC.
 */

import type { BackupJob } from '../../../shared/inventory.ts';
import { joinReasons, quotation, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { digitsOf, linesIn, oneLine, spanOf, sumOf } from '../parse.ts';
import { pathIn, tailOf } from './files.ts';
import { strictInstant, unixInstant } from './instants.ts';
import { type BackupOutcome, type FinishedRun, Idle, jobOf, latest, type Product, plainOutcome } from './product.ts';

export interface Guest {
  vmid: number;
  type: string | null;
  status: 'ok' | 'failed' | 'running';
  started: number | null;
  finished: number | null;
  /** Seconds. */
  duration: number | null;
  bytes: number | null;
  reason: string | null;
  /** Mount points of a container that the backup leaves out. */
  excluded: string[];
}

export interface TaskLog {
  guests: Guest[];
  job: 'ok' | 'warning' | 'failed' | 'running' | 'unknown';
  pruneFailed: boolean;
  message: string | null;
}

function guestIn(guests: Map<number, Guest>, vmid: number): Guest {
  const known = guests.get(vmid) ?? {
    ...{ vmid, type: null, status: 'running' as const, started: null, finished: null },
    ...{ duration: null, bytes: null, reason: null, excluded: [] },
  };
  guests.set(vmid, known);
  return known;
}

/** Lines that begin or end a guest, or null. The bracket behind the number shows that the number is whole. */
function guestLine(guests: Map<number, Guest>, line: string): Guest | null {
  const start = /Starting Backup of VM (\d{1,9}) \((\w+)\)/.exec(line);
  if (start) {
    const guest = guestIn(guests, Number(start[1]));
    return Object.assign(guest, { type: start[2], status: 'running' });
  }
  const done = /Finished Backup of VM (\d{1,9}) \(([\d:]+)\)/.exec(line);
  if (done) return Object.assign(guestIn(guests, Number(done[1])), { status: 'ok', duration: spanOf(done[2]) });
  const bad = /ERROR: Backup of VM (\d{1,9}) failed(?: - (.*))?$/.exec(line);
  if (!bad) return null;
  return Object.assign(guestIn(guests, Number(bad[1])), { status: 'failed', reason: oneLine(bad[2] ?? '') || null });
}

function detail(guest: Guest, line: string): void {
  const started = /Backup started at (.{19})/.exec(line);
  if (started) guest.started = strictInstant(started[1]);
  const finished = /(?:Backup finished|Failed) at (.{19})/.exec(line);
  if (finished) guest.finished = strictInstant(finished[1]);
  const written = /Total bytes written: (\d+)/.exec(line) ?? /transferred (\d+) bytes/.exec(line);
  if (written) guest.bytes = digitsOf(written[1]);
  const out = /excluding (?:bind |device |volume )*mount point \S+ \('(.+?)'\)/.exec(line);
  if (out?.[1]) guest.excluded.push(out[1]);
}

/** The log of a vzdump task, or of one guest in /var/log/vzdump. */
export function parseLog(text: string): TaskLog {
  const guests = new Map<number, Guest>();
  const errors: string[] = [];
  let current: Guest | null = null;
  for (const raw of linesIn(text)) {
    // /var/log/vzdump/*.log puts the time in front of each line.
    const line = raw.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, '');
    current = guestLine(guests, line) ?? current;
    if (current) detail(current, line);
    const error = /^(?:ERROR|TASK ERROR): (.*)$/.exec(line);
    if (error && !/Backup of VM \d+ failed/.test(line) && !/^Failed at/.test(error[1] ?? ''))
      errors.push(error[1] ?? '');
  }
  const pruneFailed = errors.some((error) => /^prune\b|prune '|error pruning|pruning/i.test(error));
  const other = errors.filter((error) => !/prun|^job errors$/i.test(error));
  return {
    guests: [...guests.values()],
    job: jobIn(text, [...guests.values()], other),
    pruneFailed,
    message: errors[0] ?? null,
  };
}

function jobIn(text: string, guests: readonly Guest[], otherErrors: readonly string[]): TaskLog['job'] {
  if (guests.some(({ status }) => status === 'failed')) return 'failed';
  const ended = /Backup job finished|^TASK /m.test(text);
  const good = /Backup job finished successfully|^TASK (OK|WARNINGS)/m.test(text);
  if (otherErrors.length > 0) return guests.some(({ status }) => status === 'ok') && good ? 'warning' : 'failed';
  if (/^TASK ERROR: (?!job errors)/m.test(text)) return 'failed';
  if (guests.some(({ status }) => status === 'running')) return ended && !good ? 'failed' : 'running';
  if (/finished with errors|^TASK ERROR|^TASK WARNINGS/m.test(text)) return guests.length > 0 ? 'warning' : 'failed';
  // The log of one guest has no line about the job; its own end is enough.
  const single = guests.length === 1 && !/starting new backup job/.test(text) && guests[0]?.finished != null;
  // Without its last line the log of a job may have been cut before a failure.
  return good || single ? 'ok' : 'unknown';
}

export interface Task {
  upid: string;
  node: string | null;
  type: string | null;
  id: string | null;
  start: number | null;
  end: number | null;
  /** `OK`, `job errors`, …; null while it runs. */
  status: string | null;
}

/** `UPID:node:pid:pstart:starttime:type:id:user:`, numbers in hex; starttime is in seconds, UTC. */
export function parseUpid(text: string): Task | null {
  const match = /^UPID:([^:\s]+):[0-9A-F]+:[0-9A-F]+:([0-9A-F]{8,9}):([^:\s]+):([^:\s]*):[^:\s]+:/i.exec(text.trim());
  if (!match) return null;
  const start = unixInstant(Number.parseInt(match[2] ?? '', 16));
  return {
    upid: match[0],
    node: match[1] ?? null,
    type: match[3] ?? null,
    id: match[4] || null,
    start,
    end: null,
    status: null,
  };
}

/** `/var/log/pve/tasks/index`: a UPID, the end in hex seconds, the status. */
export function parseIndex(text: string): Task[] {
  return linesIn(text).flatMap((line) => {
    const task = parseUpid(line);
    const rest = /^UPID:\S+ ([0-9A-F]{8,9}) (.*)$/i.exec(line);
    if (!task) return [];
    return { ...task, end: rest ? unixInstant(Number.parseInt(rest[1] ?? '', 16)) : null, status: rest?.[2] ?? null };
  });
}

function jobFrom(guest: Guest, log: TaskLog, task: Task, cut: boolean): BackupJob {
  const end = guest.finished ?? task.end ?? guest.started ?? task.start;
  const notes = [
    ...(cut ? [reason('run_cut_off')] : []),
    ...quotation(guest.reason),
    ...(log.pruneFailed ? [reason('prune_failed'), ...quotation(log.message)] : []),
    ...(guest.excluded.length > 0 ? [reason('not_covered', { paths: guest.excluded.join(', ') })] : []),
  ];
  return jobOf('vzdump', `guest ${guest.vmid}`, 'log', {
    protects: [`${guest.type ?? 'guest'}/${guest.vmid}`],
    lastRun: guest.status === 'running' ? (guest.started ?? task.start) : end,
    lastSuccess: guest.status === 'ok' ? end : null,
    result: guest.status === 'ok' && notes.length > 0 ? 'warning' : guest.status,
    reasons: notes,
    bytes: guest.bytes,
    duration: guest.duration,
  });
}

/** One job per guest, from the logs of its tasks: the newest run, and the newest good one. */
export function jobsOf(tasks: readonly { task: Task; log: TaskLog }[]): BackupJob[] {
  const jobs = new Map<string, BackupJob>();
  for (const { task, log } of [...tasks].sort((a, b) => (a.task.start ?? 0) - (b.task.start ?? 0))) {
    for (const guest of log.guests) {
      // A task that has ended leaves no guest running: the host was stopped in the middle of it.
      const cut = guest.status === 'running' && task.status !== null;
      const job = jobFrom(cut ? { ...guest, status: 'failed', reason: task.status } : guest, log, task, cut);
      jobs.set(job.job, { ...job, lastSuccess: latest([jobs.get(job.job)?.lastSuccess, job.lastSuccess]) });
    }
  }
  return [...jobs.values()];
}

const folder = '/var/log/pve/tasks';
/** The index holds some 1000 tasks; this many vzdump tasks are several nights of every schedule. */
const mostTasks = 60;

async function discover(context: CheckContext): Promise<BackupJob[]> {
  const index = await tailOf(pathIn(context, `${folder}/index`), 512 * 1024);
  if (!index) throw new NoData(reason('no_file', { path: `${folder}/index` }));
  const active = await tailOf(pathIn(context, `${folder}/active`));
  const known = new Map(parseIndex(`${index.text}\n${active?.text ?? ''}`).map((task) => [task.upid, task]));
  const tasks = [...known.values()]
    .filter(({ type }) => type === 'vzdump')
    .sort((a, b) => (b.start ?? 0) - (a.start ?? 0));
  const read: { task: Task; log: TaskLog }[] = [];
  for (const task of tasks.slice(0, mostTasks)) {
    // Logs lie in 16 folders, by the last digit of the start time.
    const digit = task.upid.split(':')[4]?.slice(-1) ?? '';
    const log = await tailOf(pathIn(context, `${folder}/${digit}/${task.upid}`), 1 << 20);
    if (log) read.push({ task, log: parseLog(log.text) });
  }
  if (read.length === 0) throw new Idle(reason('no_vzdump_task'));
  return jobsOf(read);
}

/** A run of `vzdump`: its output is the log. */
export function outcome(run: FinishedRun): BackupOutcome {
  const log = parseLog(`${run.stdout}\n${run.stderr}`);
  const failed = log.guests.find(({ status }) => status === 'failed');
  const bytes = sumOf(log.guests.map((guest) => guest.bytes));
  if (log.job === 'warning')
    return {
      ...{ result: 'warning', bytes, files: null },
      reasons: joinReasons(quotation(oneLine(log.message ?? ''))) ?? [reason('finished_with_warnings')],
    };
  if (run.code === 0 && log.job !== 'failed') return { result: 'ok', reasons: [], bytes, files: null };
  const reasons = failed
    ? [reason('guest_failed', { guest: String(failed.vmid) }), ...quotation(failed.reason)]
    : quotation(oneLine(log.message ?? ''));
  return run.code === 0
    ? { result: 'failed', reasons, bytes, files: null }
    : plainOutcome(run, reasons.length > 0 ? reasons : null);
}

export const vzdump: Product = {
  name: 'vzdump',
  reads: `${folder}/index and the logs of its vzdump tasks (root or group www-data)`,
  every: 15 * 60_000,
  forgets: true,
  programs: ['vzdump'],
  discover,
  outcome,
};
