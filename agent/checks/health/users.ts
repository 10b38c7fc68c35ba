/** Who is logged in. Names and places only, no times of day: who is at a machine, not what they do. */
import { quotation, ReasonedError, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData, type RunResult } from '../check.ts';
import { howEnded } from '../ended.ts';
import { bytesOf, fileText, namesIn } from '../files.ts';
import { parseUtmp, recordType } from '../os/utmp.ts';
import { linesOf } from '../parse.ts';
import { type HealthReading, type HealthSource, item, metric, minute } from './source.ts';

export interface LoginSession {
  user: string;
  /** tty, pts/0, console, or the name of a display. */
  line: string | null;
  from: string | null;
}

/** /run/systemd/sessions/ID, where utmp is no longer kept. Greeters and background sessions are not people. */
export function parseSystemdSession(text: string): LoginSession | null {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] || null;
  const user = value('USER');
  if (user === null || value('CLASS') !== 'user' || value('STATE') === 'closing') return null;
  return { user, line: value('TTY') ?? value('DISPLAY'), from: value('REMOTE_HOST') };
}

/** `who` on macOS: `alice  console  Nov 22 10:00 (host)`. */
export function parseWho(text: string): LoginSession[] {
  return linesOf(text).flatMap((line) => {
    const text = line.trim();
    const [, user = '', place = ''] = /^(\S+)\s+(\S+)\s+[A-Z][a-z]{2}\s+\d{1,2}\s+\d\d:\d\d/.exec(text) ?? [];
    if (user === '') return [];
    const from = text.endsWith(')') ? text.slice(text.lastIndexOf('(') + 1, -1) : '';
    return [{ user, line: place, from: from || null }];
  });
}

/** `quser.exe`: headings translated, the current session starts with `>`. */
export function parseQuser(text: string): LoginSession[] {
  return linesOf(text)
    .slice(1)
    .flatMap((line) => {
      // Names may have single blanks, columns are two apart; a session that is disconnected has no name.
      const cells = line
        .slice(1)
        .trim()
        .split(/\s{2,}/);
      const at = cells.findIndex((cell, index) => index > 0 && /^\d+$/.test(cell));
      const isRow = /^[ >]\S/.test(line) && (at === 1 || at === 2) && cells.length > at + 1;
      return isRow ? [{ user: cells[0] ?? '', line: at === 2 ? (cells[1] ?? null) : null, from: null }] : [];
    });
}

export const users: HealthSource = {
  name: 'users',
  every: 5 * minute,
  reads: '/run/utmp or /run/systemd/sessions; macOS: who; Windows: quser. No root',
  platforms: ['linux', 'darwin', 'win32'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  const sessions = await sessionsOf(context);
  const names = [...new Set(sessions.map((session) => session.user))].sort();
  const remote = sessions.filter((session) => session.from !== null).length;
  const details = { sessions: sessions.length, remote, users: names.join(', ') };
  const summary = names.length === 0 ? reason('nobody_logged_in') : reason('logged_in', { users: names.join(', ') });
  return {
    items: [item('users', 'logged in', 'ok', summary, details, now)],
    // On Linux the system check counts sessions itself, with every report.
    metrics: context.platform === 'linux' ? [] : metric('system', {}, { n_users: names.length }, now),
  };
}

async function sessionsOf(context: CheckContext): Promise<LoginSession[]> {
  const limits = { timeoutMs: 10_000 };
  if (context.platform === 'darwin') {
    const answer = await context.run('/usr/bin/who', [], limits);
    const sessions = parseWho(answer.stdout);
    if (answer.code !== 0) throw new ReasonedError(howEnded('who', answer));
    return answered('who', answer, sessions, linesOf(answer.stdout).filter((line) => line.trim() !== '').length);
  }
  if (context.platform === 'win32') {
    const answer = await context.run('quser.exe', [], limits);
    // It exits with 1 when no one is logged in, with a text in the language of the system; a failure has a number.
    if (answer.ended !== null || /\b0x[\da-f]{4}/i.test(answer.stderr))
      throw new ReasonedError(howEnded('quser.exe', answer), ...quotation(answer.stderr.trim().slice(0, 200)));
    return answered('quser.exe', answer, parseQuser(answer.stdout), 1);
  }
  const records = parseUtmp((await bytesOf(context, '/run/utmp', 4 * 1024 * 1024)) ?? new Uint8Array());
  // Without any record, not even that of the boot, the file is not maintained.
  if (records.length > 0)
    return records
      .filter((record) => record.type === recordType.user && record.user !== '')
      .map(({ user, line, host }) => ({ user, line, from: host === '' || host.startsWith(':') ? null : host }));
  const folder = '/run/systemd/sessions';
  const names = (await namesIn(context, folder)).filter((name) => !name.endsWith('.ref'));
  if (names.length === 0 && !/^IS_SEAT0=/m.test((await fileText(context, '/run/systemd/seats/seat0')) ?? ''))
    throw new NoData(reason('no_list_of_users'));
  const texts = await Promise.all(names.map((name) => fileText(context, `${folder}/${name}`, 64 * 1024)));
  if (texts.length > 0 && !texts.some((text) => /^USER=/m.test(text ?? '')))
    throw new ReasonedError(reason('no_list_of_users'));
  return texts.map((text) => parseSystemdSession(text ?? '')).filter((session) => session !== null);
}

/** Empty output means that no one is logged in; output with fewer session lines than expected is no answer. */
function answered(program: string, { stdout }: RunResult, sessions: LoginSession[], least: number): LoginSession[] {
  if (stdout.trim() !== '' && sessions.length < least) throw new ReasonedError(reason('no_answer', { program }));
  return sessions;
}
