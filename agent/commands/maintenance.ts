/**
 * `maintenance 2h "why"`: asks the collector for maintenance of this machine, from now on; `maintenance end` ends it;
 * without words it says what runs. The running agent asks, because the connection is its own.
 */
import { parseDuration } from '../../shared/duration.ts';
import { fail } from '../../shared/errors.ts';
import { controls, escapedLines } from '../../shared/safe-text.ts';
import type { AskOutcome, NoAnswer } from '../asking.ts';
import { answerWithinMs, ask } from '../control-socket.ts';
import type { AgentCommand } from './command.ts';

const minuteMs = 60_000;
const longestMin = 24 * 60;
const reasonAtMost = 1000;

interface MaintenanceWords {
  act: 'begin' | 'end' | 'show';
  minutes?: number;
  reason?: string;
}

const wrong = (problem: string) =>
  fail('BAD_FLAG', { problem: `${problem}; write it as in: evenkeel-agent maintenance 2h "new disk"` });

/** Words as a wish. @throws EvenkeelError BAD_FLAG */
export function wishOf(words: readonly string[]): MaintenanceWords {
  const [first, ...more] = words;
  if (first === undefined) return { act: 'show' };
  if (first === 'end') {
    if (more.length > 0) throw wrong(`"${more[0]}" behind \`maintenance end\`, which takes nothing`);
    return { act: 'end' };
  }
  const reason = more.join(' ').replace(controls, ' ').trim();
  if (reason === '') throw wrong(`no reason behind "${first}", and whoever sees the maintenance wants to know why`);
  if (reason.length > reasonAtMost)
    throw wrong(`a reason of ${reason.length} characters, of which at most ${reasonAtMost} are kept`);
  return { act: 'begin', minutes: minutesOf(first), reason };
}

function minutesOf(text: string): number {
  // A bare number would be seconds to one reader and hours to another.
  const minutes = /\d\s*(s|m|h|d)\s*$/.test(text) ? Math.ceil(readMs(text) / minuteMs) : Number.NaN;
  if (!(minutes >= 1 && minutes <= longestMin))
    throw wrong(`"${text}" where a length from 1m to 24h is wanted, with its unit, such as 30m, 2h or 1d`);
  return minutes;
}

function readMs(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return Number.NaN;
  }
}

const unasked: Readonly<Record<Exclude<NoAnswer, 'often'>, string>> = {
  off: 'Refused: the collector lets no machine ask for maintenance, or is older than this agent.\nAn admin of the collector can allow it in evenkeel.yaml: maintenance: { agents_may_ask: true }. A person can enter it on the page Maintenance.',
  away: 'Not asked: this machine has no connection to its collector just now.\n`evenkeel-agent doctor` says why. A person can enter the maintenance on the page Maintenance.',
  silent:
    'No answer of the collector in time, so it is not known whether it was accepted.\nLook with `evenkeel-agent maintenance`, or on the page Maintenance, before you ask again.',
};

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    const wish = wishOf(words);
    const asked = (await ask(data, 'maintenance', answerWithinMs, wish)) as AskOutcome | null;
    if (asked === null) throw fail('AGENT_NOT_RUNNING', { path: data });
    if ('no' in asked) {
      process.stderr.write(`${unasked[asked.no]}\n`);
      return 1;
    }
    // The words of another machine.
    const said = escapedLines(asked.text.slice(0, 4000));
    if (!asked.ok) process.stderr.write(`${said}\n`);
    else process.stdout.write(`${asked.until === null ? '' : `Until ${localTime(asked.until)}: `}${said}\n`);
    return asked.ok ? 0 : 1;
  },
};

/** On the clock of this machine, whose offset is named. */
function localTime(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())} (${zone})`;
}
