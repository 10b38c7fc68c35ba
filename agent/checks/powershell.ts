/** One PowerShell process for a whole batch of questions: each costs 0.5 to 5 s, and 50 to 100 MB. */

import { clip, quotation, type Reason, reason } from '../../shared/reason.ts';
import { powershellArgs } from '../platform/windows.ts';
import type { CheckContext } from './check.ts';
import { howEnded } from './ended.ts';
import { looseJson } from './parse.ts';

/**
 * Runs a script that prints one JSON value. The script is constant: no external input is ever put into it.
 * @returns the value, or null with the reasons (also when AppLocker's constrained language mode refuses it)
 */
export async function powershell(
  context: CheckContext,
  script: string,
  timeoutMs: number,
): Promise<{ value: unknown; reasons: Reason[] }> {
  const result = await context.run('powershell.exe', powershellArgs(script), { timeoutMs, maxBytes: 8 * 1024 * 1024 });
  const value = looseJson(result.stdout);
  if (result.ended !== null) return { value: null, reasons: [howEnded('powershell.exe', result)] };
  if (result.code === 0 && value !== undefined)
    return { value, reasons: value === null ? [reason('no_answer', { program: 'powershell.exe' })] : [] };
  // Errors come as CLIXML when there is no console; the first readable sentence is enough.
  const plain = result.stderr
    .replace(/#< CLIXML|<[^<>]+>|_x000D__x000A_/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return {
    value: null,
    reasons: plain === '' ? [howEnded('powershell.exe', result)] : quotation(clip(plain, 1000)),
  };
}
