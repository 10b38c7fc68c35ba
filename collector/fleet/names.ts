/** What an endpoint may be called, and the name that a machine's own host name becomes. Pure. */
import { allSeen, unseen } from '../../shared/safe-text.ts';

/** Letters, digits and marks of any script, then also space, dot, underscore and hyphen. */
export const namePattern = `^${allSeen}[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N} ._-]{0,127}$`;
/** Leaves room in `namePattern` for the number that distinguishes equal names. */
const longest = 120;
const unnamed = 'unnamed';

/**
 * The name of an endpoint from a host name: `PC#1` is enrolled as `PC-1`. Never refuses: a roll-out of a thousand
 * agents must not fail for one odd host name.
 */
export function nameFrom(hostName: string): string {
  const plain = hostName
    // Far beyond what any system allows; keeps the rest linear and short.
    .slice(0, 1024)
    .normalize('NFC')
    .replace(unseen, '')
    .replace(/[^\p{L}\p{M}\p{N} ._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '');
  // Cut between characters, never inside one of two code units.
  const cut = [...plain].slice(0, longest).join('');
  return trimEnd(cut) || unnamed;
}

/** Without a final dot (a fully qualified name has one), space or hyphen. By hand, because a regular expression would be quadratic. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' .-'.includes(text[end - 1] as string)) end--;
  return text.slice(0, end);
}
