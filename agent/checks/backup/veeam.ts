/**
 * Veeam. Agent for Linux: `veeamconfig session list` (group veeam). Agent for Windows: the event log "Veeam Agent",
 * event 190 with the result as its level. Backup & Replication: tables that a scheduled task writes hourly, since its
 * PowerShell module takes half a minute to load: jobs (name, type, state, result, start, stop) and sessions
 * (`Key<TAB>value`). There 01.01.1900 stands for "still running".
 */
import type { BackupJob } from '../../../shared/inventory.ts';
import { type CheckContext, NoData } from '../check.ts';
import { readEvents, type WindowsEvent } from './events.ts';
import { jobOf, latest, type Product, SourceUnreadable, secondsBetween } from './product.ts';
import { digitsOf, instantOf, localInstant, oneLine, spanOf } from './values.ts';

type Result = BackupJob['result'];

/** `21.01.2019 00:29:12`, local; null for the sentinel 01.01.1900. */
function dotted(text: string | undefined): number | null {
  const match = /^(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)$/.exec(text?.trim() ?? '');
  if (!match) return null;
  const [, day, month, year, hour, minute, second] = match.map(Number);
  return localInstant([year ?? 0, month ?? 0, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0, 0]);
}

export interface JobRow {
  name: string;
  type: string | null;
  state: string | null;
  lastResult: string | null;
  start: number | null;
  stop: number | null;
  /** False: the line is cut, such as by a line feed in the job's name. */
  complete: boolean;
}

/** The table of jobs, one a line. */
export function parseJobs(text: string): JobRow[] {
  const lines = text.replace(/\r/g, '').split('\n');
  return lines.flatMap((line) => {
    if (line.trim() === '' || line.startsWith('<<<')) return [];
    const [name = '', type, state, lastResult, start, stop] = line.split('\t');
    const row = { name: name.trim(), type: type ?? null, state: state ?? null, lastResult: lastResult ?? null };
    return { ...row, start: dotted(start), stop: dotted(stop), complete: lastResult !== undefined };
  });
}

/** The result of the last session outranks the state: a job that starts again after a failure has still failed. */
export function resultOfJob(row: JobRow): Result {
  if (!row.complete) return 'unknown';
  if (row.lastResult === 'Failed') return 'failed';
  if (row.lastResult === 'Warning') return 'warning';
  if (row.lastResult === 'Success') return 'ok';
  return /^(Working|Starting|Postprocessing|Resuming|Stopping|Pausing|WaitingTape|WaitingRepository|Pending)$/.test(
    row.state ?? '',
  )
    ? 'running'
    : 'unknown';
}

export interface ClientSession {
  job: string | null;
  machine: string | null;
  status: string | null;
  running: boolean | null;
  start: number | null;
  end: number | null;
  /** Seconds. */
  duration: number | null;
  bytes: number | null;
}

/** Sessions of machines, as blocks of `Key<TAB>value`; a block begins with Status. */
export function parseClients(text: string): ClientSession[] {
  const blocks: Map<string, string>[] = [];
  for (const line of text.replace(/\r/g, '').split('\n')) {
    const [key = '', value] = line.split('\t');
    if (value === undefined) continue;
    if (key === 'Status' || blocks.length === 0) blocks.push(new Map());
    blocks.at(-1)?.set(key, value.trim());
  }
  return blocks.map(sessionOf);
}

function sessionOf(fields: ReadonlyMap<string, string>): ClientSession {
  const status = fields.get('Status') ?? null;
  const stop = fields.get('StopTime');
  const sentinel = stop !== undefined && /\b(1900|0001)\b/.test(stop.slice(0, 10));
  return {
    job: fields.get('JobName') || null,
    machine: fields.get('DisplayName') || null,
    status,
    running: status === 'InProgress' || status === 'Pending' || sentinel ? true : dotted(stop) === null ? null : false,
    start: dotted(fields.get('StartTime')),
    end: dotted(stop),
    duration: spanOf(fields.get('DurationDDHHMMSS')),
    bytes: digitsOf(fields.get('TotalSizeByte')),
  };
}

const results: Record<string, Result> = { Success: 'ok', Warning: 'warning', Failed: 'failed', Error: 'failed' };

function resultOfClient(session: ClientSession): Result {
  if (session.running !== false) return session.running ? 'running' : 'unknown';
  return results[session.status ?? ''] ?? 'unknown';
}

export interface AgentSession {
  job: string;
  type: string | null;
  state: string;
  start: number | null;
  end: number | null;
}

/** `veeamconfig session list`: columns two or more blanks apart, around an id in braces. Times are local, to the minute. */
export function parseSessions(text: string): AgentSession[] {
  return text.split('\n').flatMap((line) => {
    const cells = line.trim().split(/\s{2,}/);
    const at = cells.findIndex((cell) => /^\{?[0-9a-f]{8}-[0-9a-f-]{27}\}?$/i.test(cell));
    const state = cells[at + 1];
    if (at < 1 || state === undefined) return [];
    const [created, started, finished] = cells.slice(at + 2).map((cell) => instantOf(cell));
    return {
      job: cells[0] ?? '',
      type: at > 1 ? (cells[1] ?? null) : null,
      state,
      start: started ?? created ?? null,
      end: finished ?? null,
    };
  });
}

function jobsOfSessions(sessions: readonly AgentSession[]): BackupJob[] {
  const backups = sessions.filter(({ type }) => type === null || /backup/i.test(type));
  return [...Map.groupBy(backups, ({ job }) => job)].map(([job, list]) => {
    const sorted = [...list].sort((a, b) => (b.start ?? 0) - (a.start ?? 0));
    const newest = sorted[0];
    const good = sorted.filter(({ state }) => state === 'Success' || state === 'Warning');
    return jobOf('veeam', job, 'veeamconfig', {
      lastRun: newest?.end ?? newest?.start ?? null,
      lastSuccess: latest(good.map(({ end }) => end)),
      duration: secondsBetween(newest?.start ?? null, newest?.end ?? null),
      result: newest?.state === 'Running' ? 'running' : (results[newest?.state ?? ''] ?? 'unknown'),
    });
  });
}

/** Either of the two tables of Backup & Replication, told apart by their form. */
export function jobsIn(text: string): BackupJob[] {
  if (/^Status\t/m.test(text)) {
    return parseClients(text).map((session) => {
      const result = resultOfClient(session);
      return jobOf('veeam', [session.job ?? 'veeam', session.machine].filter(Boolean).join(': '), 'report', {
        protects: session.machine === null ? [] : [session.machine],
        lastRun: session.end ?? session.start,
        lastSuccess: result === 'ok' || result === 'warning' ? session.end : null,
        result,
        bytes: session.bytes,
        duration: session.duration,
      });
    });
  }
  return parseJobs(text).map((row) => {
    const result = resultOfJob(row);
    return jobOf('veeam', row.name, 'report', {
      lastRun: row.stop ?? row.start,
      lastSuccess: result === 'ok' || result === 'warning' ? row.stop : null,
      result,
      reason: row.complete ? null : 'the line of this job is cut: is there a line feed in its name?',
      duration: secondsBetween(row.start, row.stop),
    });
  });
}

/** Event 190 of "Veeam Agent" ends a session. Which string holds the job's name is not documented: the quoted one. */
export function jobsOfEvents(events: readonly WindowsEvent[]): BackupJob[] {
  const ends = events.filter(({ id, provider }) => id === 190 && provider === 'Veeam Agent');
  const nameOf = (event: WindowsEvent) => /'([^']+)'/.exec(event.message ?? event.data.join(' '))?.[1] ?? 'Veeam Agent';
  const levels: Record<number, Result> = { 0: 'ok', 4: 'ok', 3: 'warning', 2: 'failed', 1: 'failed' };
  const resultOf = ({ level }: WindowsEvent) => (level === null ? 'unknown' : (levels[level] ?? 'unknown'));
  return [...Map.groupBy(ends, nameOf)].map(([job, list]) => {
    const sorted = [...list].sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
    const newest = sorted[0] as WindowsEvent;
    const result = resultOf(newest);
    const good = sorted.filter((event) => resultOf(event) === 'ok' || resultOf(event) === 'warning');
    return jobOf('veeam', job, 'event', {
      lastRun: newest.time,
      lastSuccess: good[0]?.time ?? null,
      result,
      reason:
        result === 'ok' ? null : oneLine(newest.message ?? newest.data.join(' ')) || `event 190, level ${newest.level}`,
    });
  });
}

async function discover(context: CheckContext): Promise<BackupJob[]> {
  if (context.platform === 'win32') {
    const events = await readEvents(context, {
      log: 'Veeam Agent',
      provider: 'Veeam Agent',
      days: 35,
      rendered: true,
    }).catch((thrown: unknown) => {
      // No such log: Veeam Agent is not installed here.
      if (thrown instanceof SourceUnreadable && thrown.why === null) throw new NoData('no event log "Veeam Agent"');
      throw thrown;
    });
    const jobs = jobsOfEvents(events);
    if (jobs.length === 0) throw new NoData('Veeam Agent is installed, but no session ended in the last 35 days');
    return jobs;
  }
  if (context.platform !== 'linux') throw new NoData('only on Windows and Linux');
  const run = await context.run('veeamconfig', ['session', 'list'], { timeoutMs: 30_000 });
  if (run.code !== 0) throw new SourceUnreadable('no-permission', `veeamconfig: ${oneLine(run.stderr || run.stdout)}`);
  const jobs = jobsOfSessions(parseSessions(run.stdout));
  if (jobs.length === 0) throw new NoData('Veeam Agent is installed, but has no session');
  return jobs;
}

export const veeam: Product = {
  name: 'veeam',
  reads: 'veeamconfig session list (group veeam), the event log "Veeam Agent", or the tables that checks.yaml names',
  every: 15 * 60_000,
  forgets: true,
  programs: ['veeamconfig'],
  report: jobsIn,
  discover,
};
