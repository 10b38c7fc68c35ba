/**
 * How the run of the machine before this one ended, from any evidence: dumps, login records, the journal, the event
 * log. Evidence counts only for the boot that is asked for; a trace of an older one is no answer.
 */
import { open, readdir, stat } from 'node:fs/promises';
import type { Online } from '../../shared/presence.ts';
import { parseEvents, type WindowsEvent } from '../checks/backup/events.ts';
import type { CheckContext } from '../checks/check.ts';
import { endedCleanly, parseUtmp } from '../checks/os/utmp.ts';

export type Shutdown = Pick<Online, 'previous_shutdown' | 'shutdown_cause' | 'shutdown_source'>;
type ShutdownContext = Pick<CheckContext, 'platform' | 'root' | 'run'>;

/** The run that is asked about, as the agent saw it, and the start of this one; ms UTC. */
export interface Runs {
  bootId: string;
  seenAt: number;
  bootedAt: number;
  now: number;
}

/** How far clocks of the firmware and of the system differ at a start. */
const slackMs = 600_000;
const limits = { timeoutMs: 60_000, maxBytes: 1 << 20 };

/** Null when no source of the system knows. */
export async function readShutdown(system: ShutdownContext, runs: Runs): Promise<Shutdown | null> {
  const dumped = await hasDump(system, runs);
  if (dumped) return { previous_shutdown: 'unclean', shutdown_cause: 'crash', shutdown_source: 'crash_dump' };
  const witnesses = { linux: [loginRecords, journal], win32: [eventLog], darwin: [unifiedLog] }[
    system.platform as 'linux'
  ];
  for (const witness of witnesses ?? []) {
    // A tool that is missing or fails knows nothing; the next one is asked.
    const answer = await witness(system, runs).catch(() => null);
    if (answer) return answer;
  }
  return null;
}

const dumps: Partial<Record<NodeJS.Platform, readonly [folder: string, name: RegExp][]>> = {
  linux: [
    ['/sys/fs/pstore/', /^dmesg-/],
    ['/var/lib/systemd/pstore/', /./],
    // Apport keeps crashes of programs here too: `*.crash`.
    ['/var/crash/', /^(\d{12}|127\.0\.0\.1-.*|vmcore.*)$/],
  ],
  darwin: [['/Library/Logs/DiagnosticReports/', /\.panic$|^panic-/]],
  win32: [
    ['C:\\Windows\\Minidump\\', /\.dmp$/i],
    ['C:\\Windows\\', /^MEMORY\.DMP$/i],
  ],
};

async function hasDump({ platform, root }: ShutdownContext, { seenAt, bootedAt }: Runs): Promise<boolean> {
  for (const [folder, name] of dumps[platform] ?? [])
    for (const entry of (await readdir(root + folder).catch(() => [])).filter((one) => name.test(one)).slice(0, 100)) {
      const at = (await stat(root + folder + entry).catch(() => null))?.mtimeMs ?? 0;
      if (at > seenAt && at < bootedAt + slackMs) return true;
    }
  return false;
}

/** Both record sizes divide it: whatever the layout, the tail begins with a whole record. */
const tailBytes = 9600 * 400;

async function loginRecords({ root }: ShutdownContext, { bootedAt }: Runs): Promise<Shutdown | null> {
  const file = await open(`${root}/var/log/wtmp`);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    await file.read(bytes, 0, bytes.length, size - bytes.length);
    return verdict(endedCleanly(parseUtmp(bytes), { at: bootedAt, slackMs }), 'login_records');
  } finally {
    await file.close();
  }
}

const verdict = (clean: boolean | null, source: string): Shutdown | null =>
  clean === null ? null : { previous_shutdown: clean ? 'clean' : 'unclean', shutdown_source: source };

/** "Journal stopped" and "System shutdown initiated", in every language. */
const orderly = /d93fb3c9c24d451a97cea615ce59c00b|98268866d1d54a499c4e98921d93bc40/;

/** The journal is asked for that very run by its boot id; where it keeps nothing of it, it prints nothing. */
async function journal({ run }: ShutdownContext, { bootId }: Runs): Promise<Shutdown | null> {
  const id = bootId.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(id)) return null;
  const fields = '--output-fields=MESSAGE_ID';
  const args = ['-q', '--no-pager', '-b', id, '-n', '200', '-o', 'json', fields];
  const { stdout, code } = await run('journalctl', args, limits);
  return code === 0 && stdout.trim() !== '' ? verdict(orderly.test(stdout), 'journal') : null;
}

async function eventLog({ run }: ShutdownContext, { seenAt, bootedAt, now }: Runs): Promise<Shutdown | null> {
  const span = Math.max(0, Math.round(now - seenAt));
  const ids = '(EventID=41 or EventID=6006 or EventID=6008)';
  const query = `*[System[${ids} and TimeCreated[timediff(@SystemTime) <= ${span}]]]`;
  const { stdout } = await run('wevtutil.exe', ['qe', 'System', `/q:${query}`, '/f:xml', '/rd:true', '/c:50'], limits);
  return judgeEvents(parseEvents(stdout), bootedAt);
}

/**
 * Windows writes 41 (its kernel) and 6008 at the start after an end without a shutdown, 6006 at the end of an orderly one.
 * Of 41 the first string is the code of a blue screen, 0 where there was none: that may be lost power, a held button
 * or a hang, so it names no cause.
 */
export function judgeEvents(events: readonly WindowsEvent[], bootedAt: number): Shutdown | null {
  const ofStart = events.filter(({ time }) => time !== null && Math.abs(time - bootedAt) <= slackMs);
  const kernel = ofStart.find(({ id, provider }) => id === 41 && provider === 'Microsoft-Windows-Kernel-Power');
  if (kernel || ofStart.some(({ id }) => id === 6008)) {
    const blue = Number(kernel?.data[0] ?? 0) > 0;
    return {
      previous_shutdown: 'unclean',
      ...(blue ? { shutdown_cause: 'crash' } : {}),
      shutdown_source: 'event_log',
    };
  }
  return verdict(events.some(({ id }) => id === 6006) ? true : null, 'event_log');
}

async function unifiedLog({ run }: ShutdownContext, { bootedAt }: Runs): Promise<Shutdown | null> {
  const around = (ms: number) => `@${Math.round((bootedAt + ms) / 1000)}`;
  const filter = ['--predicate', 'eventMessage BEGINSWITH "Previous shutdown cause"', '--style', 'compact'];
  const words = ['show', '--start', around(-60_000), '--end', around(slackMs), ...filter];
  return judgeCause((await run('/usr/bin/log', words, limits)).stdout);
}

/** macOS: 5 is an orderly end, 0 lost power; 3 a held button, and below 0 what the hardware saw: no cause by itself. */
export function judgeCause(text: string): Shutdown | null {
  const code = /Previous shutdown cause: (-?\d{1,4})\b/.exec(text)?.[1];
  if (code === undefined) return null;
  if (code === '5') return verdict(true, 'event_log');
  return { ...(verdict(false, 'event_log') as Shutdown), ...(code === '0' ? { shutdown_cause: 'power_loss' } : {}) };
}
