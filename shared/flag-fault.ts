/** What `util.parseArgs` refuses, in words that read on after "The command line has": its own hold line breaks, and names of placeholders. */
import { reasonOf } from './errors.ts';

/** @param thrown by parseArgs */
export function flagFault(thrown: unknown): string {
  const said = reasonOf(thrown);
  const option = /--[\w-]+/.exec(said)?.[0] ?? /'(-\w)/.exec(said)?.[1];
  if (option === undefined) return said.split('\n')[0] as string;
  if (said.startsWith('Unknown')) return `an unknown option ${option}`;
  if (said.includes('does not take')) return `a value at ${option}, which takes none`;
  return said.includes('ambiguous')
    ? `${option} without a value, or one that begins with "-"; such a value is written ${option}=-…`
    : `${option} without a value`;
}
