/**
 * The Windows event log, by wevtutil: 50 ms, where PowerShell takes a second and 50 MB each round. What is asked for is one
 * argument, an XPath in which the values stand that settings.ts lets through (no quotation marks); no shell reads it, and
 * the pattern is not in it. A place is a number of a record. Tried against captured outputs; not run on Windows.
 */
import { quotation, ReasonedError, reason } from '../../../shared/reason.ts';
import { parseEvents, type WindowsEvent } from '../backup/events.ts';
import { type CheckContext, NoData, type RunResult } from '../check.ts';
import { howEnded } from '../ended.ts';
import { digitsOf, oneLine } from '../parse.ts';
import { type LogSettings, levels } from './settings.ts';
import { type From, type LogPart, type LogSource, partLimits } from './source.ts';

/** Rendered, an event has 2 to 4 KB. */
const eventsAtMost = 500;

const anyOf = (name: string, values: readonly number[]) =>
  values.length === 0 ? [] : [`(${values.map((value) => `${name}=${value}`).join(' or ')})`];

/** The numbers of a level and of those that are worse; information is 4, and 0 where a program gave none. */
function levelNumbers(level: (typeof levels)[number] | undefined): number[] {
  if (level === undefined) return [];
  const worst = levels.slice(0, levels.indexOf(level) + 1).map((_, i) => i + 1);
  return level === 'information' ? [...worst, 0] : worst;
}

/** Which events, as XPath. */
export function queryOf({ windows }: LogSettings, from: From, now: number): string {
  const { provider, ids = [], level } = windows ?? {};
  const begin =
    'after' in from
      ? `EventRecordID > ${from.after}`
      : `TimeCreated[timediff(@SystemTime) <= ${Math.max(0, Math.round(now - from.since))}]`;
  const parts = [
    ...(provider === undefined ? [] : [`Provider[@Name='${provider}']`]),
    ...anyOf('EventID', ids),
    ...anyOf('Level', levelNumbers(level)),
    begin,
  ];
  return `*[System[${parts.join(' and ')}]]`;
}

/** `wevtutil gli`: names of properties are not translated. null where it is no such answer. Total. */
export function parseLogInfo(text: string): { oldest: number; newest: number } | null {
  const number = (name: string) => digitsOf(new RegExp(`^${name}: *(\\d{1,15})\\s*$`, 'm').exec(text)?.[1]);
  const records = number('numberOfLogRecords');
  const oldest = number('oldestRecordNumber');
  return records === null || oldest === null ? null : { oldest, newest: records === 0 ? 0 : oldest + records - 1 };
}

function unreadable(log: string, result: RunResult): ReasonedError {
  const said = oneLine(`${result.stderr} ${result.stdout}`, 300);
  // 15007: no such log. 5: no right to read it. The words are translated, the numbers are not.
  if (result.code === 15007 || /\b15007\b/.test(result.stderr))
    return new ReasonedError(reason('no_event_log', { log }));
  const denied = result.code === 5 || /\b0x5\b|\b5\b:/.test(result.stderr);
  return new ReasonedError(
    denied ? reason('event_log_no_rights', { log }) : reason('event_log_unreadable', { log }),
    ...(result.ended !== null || result.stderr.trim() === '' ? [howEnded('wevtutil.exe', result)] : quotation(said)),
  );
}

async function infoOf(context: CheckContext, { windows }: LogSettings) {
  const log = windows?.log ?? '';
  const result = await context.run('wevtutil.exe', ['gli', log], { timeoutMs: 10_000 });
  const info = parseLogInfo(result.stdout);
  if (result.code !== 0 || info === null) throw unreadable(log, result);
  return info;
}

/** The rendered words, else the strings that they are made of. */
const textOfEvent = ({ message, data }: WindowsEvent) => message ?? data.join(' ');

export const eventLog: LogSource = {
  async assertReadable(context) {
    if (context.platform !== 'win32') throw new NoData(reason('log_other_system', { system: 'Windows' }));
  },

  end: async (context, log) => String((await infoOf(context, log)).newest),

  async read(context, log, from): Promise<LogPart> {
    const name = log.windows?.log ?? '';
    const wantsText = log.text !== undefined || log.pattern !== undefined || log.samples === true;
    const args = [
      ...['qe', name, `/q:${queryOf(log, from, context.clock.now())}`],
      ...[wantsText ? '/f:RenderedXml' : '/f:xml', '/rd:false', `/c:${eventsAtMost}`],
    ];
    const result = await context.run('wevtutil.exe', args, partLimits);
    const events = parseEvents(result.stdout);
    const cut = result.ended !== null;
    if ((!cut && result.code !== 0) || (cut && events.length === 0)) throw unreadable(name, result);
    const entries = events.flatMap((event) =>
      event.record === null ? [] : [{ at: event.time, text: textOfEvent(event), place: String(event.record) }],
    );
    // An event without a number could be read again and again.
    if (entries.length < events.length || (result.stdout.trim() !== '' && events.length === 0))
      throw new ReasonedError(reason('event_log_unreadable', { log: name }), ...quotation(oneLine(result.stdout, 200)));
    const more = cut || events.length >= eventsAtMost;
    const last = entries.at(-1)?.place ?? '0';
    return { entries, more, place: more ? last : String(Math.max(Number(last), Number(from.end))) };
  },

  /** Records are numbered without a gap, so the oldest one tells; a log that was deleted begins anew. */
  async resume(context, log, place) {
    const { oldest, newest } = await infoOf(context, log);
    const before = Number(place);
    if (newest === 0) return { place, end: place, lost: false };
    if (newest < before) return { place: '0', end: String(newest), lost: true };
    return { place, end: String(newest), lost: oldest > before + 1 };
  },
};
