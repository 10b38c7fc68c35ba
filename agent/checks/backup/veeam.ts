/**
 * Veeam. Agent for Linux: `veeamconfig session list` (group veeam). Agent for Windows: the event log "Veeam Agent",
 * event 190 with the result as its level. Backup & Replication: tables that a scheduled task writes hourly, since its
 * PowerShell module takes 30 s to load: jobs (name, type, state, result, start, stop) and sessions (`Key<TAB>value`).
 * There 01.01.1900 stands for "still running".
 */

import type { BackupJob } from '../../../shared/inventory.ts';
import { joinReasons, quotation, type Reason, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { howEnded } from '../ended.ts';
import { digitsOf, linesIn, oneLine, spanOf } from '../parse.ts';
import { columnOfDates, type DateOrder } from './dates.ts';
import { readEvents, type WindowsEvent } from './events.ts';
import { strictInstant } from './instants.ts';
import { Idle, jobOf, latest, type Product, SourceUnreadable, secondsBetween } from './product.ts';

type VeeamResult = BackupJob['result'];
/** How far back the event log is read. */
const days = 35;

/** 01.01.1900 in any order of its parts. */
const isSentinel = (text: string | null | undefined) => /\b(1900|0001)\b/.test(text ?? '');

/** Why a good run has no time; nothing when it has one, or needs none. */
const dateReasons = (text: string | null | undefined, time: number | null): Reason[] =>
  time !== null || !text || isSentinel(text) ? [] : [reason('date_unclear', { date: text }), reason('name_date_order')];

export interface JobRow {
  name: string;
  type: string | null;
  state: string | null;
  lastResult: string | null;
  start: number | null;
  stop: number | null;
  stopText: string | null;
  /** False: the line is cut, such as by a line feed in the job's name. */
  complete: boolean;
}

/** More jobs than one section of the inventory takes. */
const mostRows = 1000;

/** The table of jobs, one per line; with a header by its names, else in the order of Checkmk's plugin. */
export function parseJobs(text: string, declared?: DateOrder): JobRow[] {
  const lines = text.split(/\r*\n/).filter((line) => line.trim() !== '' && !line.startsWith('<<<'));
  const all = lines.slice(0, mostRows).map((line) => line.split('\t'));
  const header = all.find((cells) => cells.some((cell) => /^(last ?)?result$/i.test(cell.trim())));
  const place = (at: number, name: RegExp) => (header ? header.findIndex((cell) => name.test(cell.trim())) : at);
  const columns = [
    ...[place(0, /^(job ?)?name$/i), place(1, /^(job ?)?type$/i), place(2, /state$/i), place(3, /result$/i)],
    ...[place(4, /start/i), place(5, /stop|end|finish/i)],
  ];
  const rows = all.filter((cells) => cells !== header).map((cells) => columns.map((at) => cells[at]));
  const dateOf = columnOfDates(
    rows.flatMap((cells) => cells.slice(4, 6)),
    declared,
  );
  return rows.map(([name = '', type = null, state = null, lastResult, start, stop]) => ({
    ...{ name: name.trim(), type, state, lastResult: lastResult?.trim() ?? null },
    ...{ start: dateOf(start), stop: dateOf(stop), stopText: stop?.trim() || null, complete: lastResult !== undefined },
  }));
}

const working = /^(Working|Starting|Postprocessing|Resuming|Stopping|Pausing|WaitingTape|WaitingRepository|Pending)$/;

/** The result of the last session outranks the state: a job that starts again after a failure has still failed. */
export function resultOfJob(row: JobRow): VeeamResult {
  if (!row.complete) return 'unknown';
  // The last session has not ended yet: its result is the one before.
  if (working.test(row.state ?? '') && isSentinel(row.stopText) && row.lastResult !== 'Failed') return 'running';
  return results[row.lastResult ?? ''] ?? (working.test(row.state ?? '') ? 'running' : 'unknown');
}

export interface ClientSession {
  job: string | null;
  machine: string | null;
  status: string | null;
  running: boolean | null;
  start: number | null;
  end: number | null;
  endText: string | null;
  /** Seconds. */
  duration: number | null;
  bytes: number | null;
}

/** Sessions of machines, as blocks of `Key<TAB>value`; a block begins with Status. */
export function parseClients(text: string, declared?: DateOrder): ClientSession[] {
  const blocks: Map<string, string>[] = [];
  for (const line of text.replace(/\r/g, '').split('\n')) {
    const [key = '', value] = line.split('\t');
    if (value === undefined) continue;
    if (key === 'Status' || blocks.length === 0) blocks.push(new Map());
    blocks.at(-1)?.set(key, value.trim());
  }
  const dates = blocks.flatMap((fields) => [fields.get('StartTime'), fields.get('StopTime')]);
  const dateOf = columnOfDates(dates, declared);
  return blocks.map((fields) => sessionOf(fields, dateOf));
}

function sessionOf(fields: ReadonlyMap<string, string>, dateOf: ReturnType<typeof columnOfDates>): ClientSession {
  const status = fields.get('Status') ?? null;
  const stop = fields.get('StopTime');
  const end = dateOf(stop);
  const open = status === 'InProgress' || status === 'Pending' || isSentinel(stop);
  return {
    job: fields.get('JobName') || null,
    machine: fields.get('DisplayName') || null,
    status,
    running: open ? true : end === null ? null : false,
    start: dateOf(fields.get('StartTime')),
    end,
    endText: stop || null,
    duration: spanOf(fields.get('DurationDDHHMMSS')),
    bytes: digitsOf(fields.get('TotalSizeByte')),
  };
}

const results: Record<string, VeeamResult> = { Success: 'ok', Warning: 'warning', Failed: 'failed', Error: 'failed' };

function resultOfClient(session: ClientSession): VeeamResult {
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

/**
 * `veeamconfig session list`: columns two or more blanks apart, around an id in braces. Which times follow the state
 * depends on the header: not every version prints when a session was created. Times are local, to the minute.
 */
export function parseSessions(text: string): AgentSession[] {
  const rows = linesIn(text).map((line) => line.split(/\s{2,}/));
  const header = rows.find((cells) => cells.includes('State'));
  const names = header?.slice(header.indexOf('State') + 1);
  return rows.flatMap((cells) => {
    const at = cells.findIndex((cell) => /^\{?[0-9a-f]{8}-[0-9a-f-]{27}\}?$/i.test(cell));
    const state = cells[at + 1];
    if (at < 1 || state === undefined) return [];
    const times = cells.slice(at + 2).map((cell) => strictInstant(cell));
    const named = (name: RegExp, place: number) =>
      times[names ? names.findIndex((one) => name.test(one)) : place] ?? null;
    return {
      ...{ job: cells[0] ?? '', type: at > 1 ? (cells[1] ?? null) : null, state },
      ...{ start: named(/^Started/, 1) ?? named(/^Created/, 0), end: named(/^Finished/, 2) },
    };
  });
}

export function jobsOfSessions(sessions: readonly AgentSession[]): BackupJob[] {
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

/** Either of the two tables of Backup & Replication, distinguished by their form. */
export function jobsIn(text: string, declared?: DateOrder): BackupJob[] {
  if (/^Status\t/m.test(text)) {
    return parseClients(text, declared).map((session) => {
      const result = resultOfClient(session);
      return jobOf('veeam', [session.job ?? 'veeam', session.machine].filter(Boolean).join(': '), 'report', {
        protects: session.machine === null ? [] : [session.machine],
        lastRun: session.end ?? session.start,
        lastSuccess: result === 'ok' || result === 'warning' ? session.end : null,
        result,
        reasons: session.running ? [] : dateReasons(session.endText, session.end),
        bytes: session.bytes,
        duration: session.duration,
      });
    });
  }
  return parseJobs(text, declared).map((row) => {
    const result = resultOfJob(row);
    return jobOf('veeam', row.name, 'report', {
      lastRun: row.stop ?? row.start,
      lastSuccess: result === 'ok' || result === 'warning' ? row.stop : null,
      result,
      reasons: row.complete ? dateReasons(row.stopText, row.stop) : [reason('job_line_cut')],
      duration: secondsBetween(row.start, row.stop),
    });
  });
}

/** Event 190 of "Veeam Agent" ends a session. Which string holds the job's name is not documented: the quoted one. */
export function jobsOfEvents(events: readonly WindowsEvent[]): BackupJob[] {
  const ends = events.filter(({ id, provider }) => id === 190 && provider === 'Veeam Agent');
  const nameOf = (event: WindowsEvent) => /'([^']+)'/.exec(event.message ?? event.data.join(' '))?.[1] ?? 'Veeam Agent';
  const levels: Record<number, VeeamResult> = { 0: 'ok', 4: 'ok', 3: 'warning', 2: 'failed', 1: 'failed' };
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
      reasons:
        result === 'ok'
          ? []
          : (joinReasons(quotation(oneLine(newest.message ?? newest.data.join(' ')))) ?? [
              reason('event', { event: '190', provider: 'Veeam Agent' }),
            ]),
    });
  });
}

async function discover(context: CheckContext): Promise<BackupJob[]> {
  if (context.platform === 'win32') {
    const events = await readEvents(context, {
      log: 'Veeam Agent',
      provider: 'Veeam Agent',
      days,
      rendered: true,
    }).catch((thrown: unknown) => {
      // No such log: Veeam Agent is not installed here.
      if (thrown instanceof SourceUnreadable && thrown.why === null)
        throw new NoData(reason('no_event_log', { log: 'Veeam Agent' }));
      throw thrown;
    });
    const jobs = jobsOfEvents(events);
    if (jobs.length === 0) throw new Idle(reason('veeam_no_session_within', { span_s: days * 86_400 }));
    return jobs;
  }
  if (context.platform !== 'linux') throw new NoData(reason('only_on', { systems: 'Windows, Linux' }));
  const run = await context.run('veeamconfig', ['session', 'list'], { timeoutMs: 30_000 });
  if (run.code !== 0)
    throw new SourceUnreadable(
      'no-permission',
      howEnded('veeamconfig', run),
      ...quotation(oneLine(run.stderr || run.stdout)),
    );
  const jobs = jobsOfSessions(parseSessions(run.stdout));
  if (jobs.length === 0) throw new Idle(reason('veeam_no_session'));
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
