/** How a program ended, where nothing else is known. */
import { type Reason, reason } from '../../shared/reason.ts';
import type { RunResult } from './check.ts';

export function howEnded(
  program: string,
  { code, signal, ended }: Pick<RunResult, 'code' | 'signal' | 'ended'>,
): Reason {
  if (ended === 'timeout') return reason('program_too_slow', { program });
  if (ended === 'flood') return reason('program_too_loud', { program });
  return code === null
    ? reason('program_signal', { program, signal })
    : reason('program_exit', { program, exit: code });
}
