/** One PowerShell process for a whole batch of questions: each costs half a second to five, and 50 to 100 MB. */
import { powershellArgs } from '../platform/windows.ts';
import type { CheckContext } from './check.ts';
import { clip, looseJson } from './loose.ts';

/**
 * Runs a script that prints one JSON value. The script is ours, whole: nothing from outside is ever put into it.
 * @returns the value, or null with the reason (also when AppLocker's constrained language mode refuses it)
 */
export async function powershell(
  context: CheckContext,
  script: string,
  timeoutMs: number,
): Promise<{ value: unknown; reason: string | null }> {
  const result = await context.run('powershell.exe', powershellArgs(script), { timeoutMs, maxBytes: 8 * 1024 * 1024 });
  const value = looseJson(result.stdout);
  if (result.ended !== null) return { value: null, reason: `powershell.exe: ${result.ended}` };
  if (result.code === 0 && value !== undefined) return { value, reason: null };
  // Errors come as CLIXML when nobody listens at a console; the first readable sentence is enough.
  const plain = result.stderr
    .replace(/#< CLIXML|<[^<>]+>|_x000D__x000A_/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return { value: null, reason: clip(plain, 1000) || `powershell.exe ended with code ${result.code}` };
}
