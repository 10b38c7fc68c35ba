/** winget on Windows: applications, not the system. Its table is translated and cut to fit; only its columns are sure. */

import type { PatchState } from '../../../shared/inventory.ts';
import { joinReasons, quotation, type Reason, reason, reasonsOf } from '../../../shared/reason.ts';
import type { CheckContext, RunResult } from '../check.ts';
import { howEnded } from '../ended.ts';
import { linesOf, numberOf, short } from '../parse.ts';
import { failedState, type PatchManager, patchState, plainUpdate, unknownState } from './manager.ts';

export interface WingetUpdate {
  name: string;
  id: string;
  from: string;
  to: string;
  source: string | null;
}

export interface WingetAnswer {
  /** Null: no table and no word that there is nothing. */
  updates: WingetUpdate[] | null;
  /** Packages whose installed version winget does not know; null when it does not say. */
  undetermined: number | null;
}

/** Cells of a line on a terminal, where a wide (East Asian) character takes two. */
function cellsOf(line: string): string[] {
  return [...line].flatMap((character) => (isWide(character.codePointAt(0) ?? 0) ? [character, ''] : [character]));
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff)
  );
}

/** Where the columns start: at each first letter after a blank in the heading above the rule. */
function columnsOf(heading: string): number[] {
  const cells = cellsOf(heading);
  return cells.flatMap((cell, index) => {
    const before = index === 0 ? ' ' : cells[index - 1];
    return cell.trim() !== '' && before === ' ' ? [index] : [];
  });
}

/** The answer's code for "nothing to do", as Windows gives it (signed and unsigned). */
const nothingToDo = new Set([-1978335189, 2316632107, -1978335212, 2316632084]);
/** A source that could not be asked: winget goes on with the others, and then has nothing to name. */
const brokenSource = /Failed (?:when|in|to) [^\n]{0,40}(?:source|opening)/i;

export function parseWingetUpgrades(stdout: string, code: number | null): WingetAnswer {
  const lines = linesOf(stdout);
  const rule = lines.findIndex((line) => /^-{20,}\s*$/.test(line));
  const undetermined = undeterminedOf(lines);
  if (rule < 1) {
    const words = code === null || code === 0;
    const none =
      (code !== null && nothingToDo.has(code)) ||
      (words && /No (installed package|applicable)|No available upgrade/i.test(stdout));
    return { updates: none && !brokenSource.test(stdout) ? [] : null, undetermined };
  }
  const columns = columnsOf(lines[rule - 1] ?? '');
  const updates: WingetUpdate[] = [];
  for (const line of lines.slice(rule + 1)) {
    const update = columns.length < 4 ? null : rowOf(line, columns);
    // The first line that is no row ends the table: what follows are counts, and packages that need to be named.
    if (update === null) break;
    updates.push(update);
  }
  return { updates: updates.length > 0 ? updates : null, undetermined };
}

function rowOf(line: string, columns: readonly number[]): WingetUpdate | null {
  const cells = cellsOf(line);
  const gap = columns.slice(1).every((start) => (cells[start - 1] ?? ' ') === ' ');
  const [name = '', id = '', from = '', to = '', source = ''] = columns.map((start, index) =>
    cells
      .slice(start, columns[index + 1])
      .join('')
      .trim(),
  );
  if (!gap || id === '' || /\s/.test(id) || from === '' || to === '' || /\s/.test(to)) return null;
  return { name, id, from, to, source: source === '' ? null : source };
}

function undeterminedOf(lines: readonly string[]): number | null {
  const line = lines.find((text) => /include-unknown/.test(text));
  return numberOf(/(\d+)/.exec(line ?? '')?.[1] ?? null);
}

export const winget: PatchManager = {
  name: 'winget',
  reads: 'winget upgrade; applications of the user the agent runs as; network',
  platforms: ['win32'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  const now = context.clock.now();
  const answer = await start(context);
  if (Array.isArray(answer)) return { ...unknownState('winget', now, ...answer), thirdParty: true };
  if (answer.ended !== null) return { ...failedState('winget', now, howEnded('winget', answer)), thirdParty: true };
  const { updates } = parseWingetUpgrades(answer.stdout, answer.code);
  const list = updates?.map(({ id, from, to }) => plainUpdate(id, from, to)) ?? null;
  const base = { manager: 'winget', thirdParty: true, scannedAt: now, metadataAge: 0 };
  return patchState(base, { list, reasons: list === null ? [howEnded('winget', answer)] : [] }, false);
}

/** Its answer, or why it did not start: winget belongs to a user who is logged in, and a service is none. */
async function start(context: CheckContext): Promise<RunResult | Reason[]> {
  const args = ['upgrade', '--accept-source-agreements', '--disable-interactivity'];
  let why: Reason[];
  try {
    const answer = await context.run('winget.exe', args, { timeoutMs: 120_000 });
    // Every run prints something; empty output means that Windows refuses the alias of an application to another user.
    if (answer.ended !== null || answer.stdout.trim() !== '') return answer;
    why = joinReasons(quotation(short(answer.stderr.trim(), 300))) ?? [howEnded('winget', answer)];
  } catch (thrown) {
    why = reasonsOf(thrown);
  }
  return [reason('winget_not_started'), ...why];
}
