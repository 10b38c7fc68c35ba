/**
 * `report "text"`: reports a problem with this machine to the service desk, through the agent that runs; `--page` prints a link to the
 * page that does the same. How the machine is goes along only where whoever types has agreed.
 */
import { createInterface } from 'node:readline/promises';
import { fail } from '../../shared/errors.ts';
import { controls, escapedLines } from '../../shared/safe-text.ts';
import type { NoAnswer, ReportOutcome } from '../asking.ts';
import { answerWithinMs, ask, askOfAnybody } from '../control-socket.ts';
import type { AgentCommand } from './command.ts';

const reportAtMost = 2000;

const wrong = (problem: string) =>
  fail('BAD_FLAG', { problem: `${problem}; write it as in: evenkeel-agent report "The screen is black"` });

/** @throws EvenkeelError BAD_FLAG */
export function textOf(words: readonly string[]): string {
  const text = words.join(' ').replace(controls, ' ').trim();
  if (text === '') throw wrong('no words behind `report`, and the service desk wants to know what is wrong');
  if (text.length > reportAtMost)
    throw wrong(`a text of ${text.length} characters, of which at most ${reportAtMost} are sent`);
  return text;
}

const unasked: Readonly<Record<NoAnswer, string>> = {
  off: 'Refused: the collector lets no machine report problems, or is older than this agent.\nAn admin of the collector can allow it in evenkeel.yaml: self_service: { enabled: true, agents_may_report: true }. Contact the service desk in another way.',
  away: 'Not sent: this machine has no connection to its collector just now.\nContact the service desk in another way.',
  silent:
    'No answer of the collector in time, so it is not known whether it arrived.\nWait a few minutes before you send it again; the service desk can tell you.',
  often:
    'Not sent: too much was asked of this agent in the last minutes.\nWait ten minutes, or contact the service desk in another way.',
};

/** The agent's own folder is for its user and root; whoever else sits here asks by the socket for everybody. */
async function question(data: string, more: object): Promise<ReportOutcome> {
  const found = (await ask(data, 'report', answerWithinMs, more)) ?? (await askOfAnybody(answerWithinMs, more));
  if (found === null) throw fail('AGENT_NOT_RUNNING', { path: data });
  return found as ReportOutcome;
}

/** What would go along is shown first. Without a terminal nobody can agree. */
async function agrees(snapshot: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  process.stdout.write(`How this machine is:\n\n${escapedLines(snapshot)}\n\n`);
  const line = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^\s*y(es)?\s*$/i.test(await line.question('Send this along? [y/N] '));
  } finally {
    line.close();
  }
}

export const command: AgentCommand = {
  options: { 'with-state': { type: 'boolean' }, page: { type: 'boolean' } },
  async run({ data, words, values }) {
    const isPage = values.page === true;
    if (isPage && words.length > 0) throw wrong(`"${words[0]}" behind --page, which takes no words`);
    const text = isPage ? '' : textOf(words);
    let withState = false;
    if (!isPage) {
      const looked = values['with-state'] === true ? null : await question(data, { act: 'look' });
      withState =
        looked === null || ('snapshot' in looked && looked.snapshot !== '' && (await agrees(looked.snapshot)));
    }
    const asked = await question(data, isPage ? { act: 'page' } : { act: 'send', text, withState });
    if ('snapshot' in asked) throw fail('AGENT_NOT_RUNNING', { path: data });
    if ('no' in asked) {
      process.stderr.write(`${unasked[asked.no]}\n`);
      return 1;
    }
    // The words of another machine.
    const said = escapedLines(asked.text.slice(0, 4000));
    if (!asked.ok) {
      process.stderr.write(`${said}\n`);
      return 1;
    }
    process.stdout.write(`${said}\n`);
    return 0;
  },
};
