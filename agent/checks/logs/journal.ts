/**
 * journald, by journalctl: its files have no other reader that every system has. What is asked for is an argument each;
 * no shell reads them, and the pattern is not among them.
 *
 * Three traps, all tried with systemd 252: `--after-cursor` together with a filter leaves out one entry where the cursor's
 * own is not of the filter, so `--cursor` is used and the known entry is dropped here; and with JSON journalctl keeps
 * silent about files that it may not open, so rights are asked for in another format; and `--lines=1 --until` prints nothing
 * where entries are newer, unless it goes backwards.
 */
import { quotation, type Reason, ReasonedError, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData, type RunResult } from '../check.ts';
import { howEnded } from '../ended.ts';
import { type Loose, oneLine, strictObject } from '../parse.ts';
import type { LogSettings } from './settings.ts';
import { type LogEntry, type LogPart, type LogSource, partLimits } from './source.ts';

const quick = { timeoutMs: 10_000, maxBytes: 64 * 1024 };

const where = ({ journal }: LogSettings) =>
  journal?.directory === undefined ? [] : [`--directory=${journal.directory}`];

/** Not the unit and not the message id: which entries. */
function selection({ journal = {} }: LogSettings): string[] {
  const { unit, identifier, priority, messageId } = journal;
  return [
    ...(unit === undefined ? [] : [`--unit=${unit}`]),
    ...(identifier === undefined ? [] : [`--identifier=${identifier}`]),
    ...(priority === undefined ? [] : [`--priority=${priority}`]),
    ...(messageId === undefined ? [] : [`MESSAGE_ID=${messageId}`]),
  ];
}

/** Messages are read only where they are compared or shown. */
const fields = ({ text, pattern, samples }: LogSettings) =>
  `--output-fields=${text !== undefined || pattern !== undefined || samples ? 'MESSAGE' : '_BOOT_ID'}`;

const atSecond = (ms: number) => `@${(ms / 1000).toFixed(3)}`;

/** A message is a text, a list of bytes where it is no UTF-8, a list of these where it was given twice, null where it is long. */
function messageOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return value === undefined ? '' : null;
  if (value.every((byte) => Number.isInteger(byte))) return Buffer.from(value as number[]).toString('utf8');
  return value.map((one) => messageOf(one) ?? '').join('\n');
}

/**
 * Lines of `journalctl -o json`; the last one counts only with its end. Total.
 * @returns the entries up to the first line that is none, and that line
 */
export function parseJournal(text: string): { entries: LogEntry[]; strange: string | null } {
  const entries: LogEntry[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '') continue;
    const { __CURSOR: place, __REALTIME_TIMESTAMP: time, MESSAGE: message } = looseObject(line);
    if (typeof place !== 'string' || place === '') return { entries, strange: line };
    const at = typeof time === 'string' && /^\d{1,16}$/.test(time) ? Number(time) / 1000 : null;
    entries.push({ at, text: messageOf(message), place });
  }
  return { entries, strange: null };
}

function looseObject(line: string): Loose {
  try {
    return strictObject(JSON.parse(line)) ?? {};
  } catch {
    return {};
  }
}

const noRights = /not seeing messages from other users|insufficient permissions|permission denied/i;

function whyNot(result: RunResult): Reason[] {
  if (result.ended !== null) return [howEnded('journalctl', result)];
  if (noRights.test(result.stderr)) return [reason('journal_no_rights')];
  const said = quotation(oneLine(result.stderr));
  return [reason('journal_unreadable'), ...(said.length > 0 ? said : [howEnded('journalctl', result)])];
}

async function ask(context: CheckContext, log: LogSettings, args: readonly string[]): Promise<RunResult> {
  const result = await context.run('journalctl', ['--no-pager', ...where(log), ...args], quick);
  if (result.code !== 0 || result.ended !== null) throw new ReasonedError(...whyNot(result));
  return result;
}

/** One entry as JSON, or none. */
const newestOf = (context: CheckContext, log: LogSettings, args: readonly string[]) =>
  ask(context, log, ['--output=json', '--output-fields=_BOOT_ID', '--reverse', '--lines=1', ...args]);

/** A name that nobody knows counts nothing for ever, and looks like a quiet log. */
async function assertUnitKnown(context: CheckContext, log: LogSettings): Promise<void> {
  const unit = log.journal?.unit;
  if (unit === undefined || log.journal?.directory !== undefined) return;
  const { stdout } = await newestOf(context, log, [`--unit=${unit}`]);
  if (stdout.trim() !== '') return;
  const shown = await context
    .run('systemctl', ['show', '--property=LoadState', '--', unit], { timeoutMs: 10_000 })
    .catch(() => null);
  if (shown?.code === 0 && /^LoadState=not-found$/m.test(shown.stdout))
    throw new ReasonedError(reason('unit_unknown', { unit }));
}

export const journal: LogSource = {
  async assertReadable(context, log) {
    if (context.platform !== 'linux') throw new NoData(reason('log_other_system', { system: 'Linux' }));
    const { stderr } = await ask(context, log, ['--output=short', '--lines=0']);
    if (noRights.test(stderr)) throw new ReasonedError(reason('journal_no_rights'));
    // "Journal file … is truncated, ignoring file": what it held cannot be counted.
    if (/ignoring file/i.test(stderr))
      throw new ReasonedError(reason('journal_unreadable'), ...quotation(oneLine(stderr)));
    await assertUnitKnown(context, log);
  },

  async end(context, log) {
    const { stdout } = await newestOf(context, log, []);
    const [newest] = parseJournal(stdout).entries;
    if (!newest) throw new ReasonedError(reason('journal_empty'));
    return newest.place;
  },

  /** A cursor is also found when its entry is gone, so an old one of a quiet unit is as good; the oldest entry tells. */
  async resume(context, log, place, readAt) {
    if (readAt === null) return { place, end: place, lost: false };
    const { stdout } = await newestOf(context, log, [`--until=${atSecond(readAt)}`]);
    return { place, end: place, lost: parseJournal(stdout).entries.length === 0 };
  },

  async read(context, log, from): Promise<LogPart> {
    const begin = 'after' in from ? `--cursor=${from.after}` : `--since=${atSecond(from.since)}`;
    const args = ['--no-pager', ...where(log), '--output=json', fields(log), begin, ...selection(log)];
    const result = await context.run('journalctl', args, partLimits);
    const { entries, strange } = parseJournal(result.stdout);
    const cut = result.ended !== null;
    if ((!cut && result.code !== 0) || (cut && entries.length === 0)) throw new ReasonedError(...whyNot(result));
    if (strange !== null) throw new ReasonedError(reason('journal_unreadable'), ...quotation(oneLine(strange, 200)));
    const begun = 'after' in from ? from.after : from.end;
    const place = entries.at(-1)?.place ?? begun;
    return { entries: 'after' in from && entries[0]?.place === begun ? entries.slice(1) : entries, more: cut, place };
  },
};
