/**
 * Order of Debian version numbers, as deb-version(7) defines it: epoch, upstream version, revision; in each part runs of
 * other characters and runs of digits take turns; `~` sorts before the end, letters before everything else.
 */
interface DebianVersion {
  epoch: number;
  upstream: string;
  revision: string;
}

function split(version: string): DebianVersion {
  const colon = version.indexOf(':');
  const epoch = colon > 0 && /^\d+$/.test(version.slice(0, colon)) ? Number(version.slice(0, colon)) : 0;
  const rest = colon > 0 && /^\d+$/.test(version.slice(0, colon)) ? version.slice(colon + 1) : version;
  const dash = rest.lastIndexOf('-');
  return dash < 0
    ? { epoch, upstream: rest, revision: '' }
    : { epoch, upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

const isDigit = (character: string | undefined) => character !== undefined && character >= '0' && character <= '9';

/** Weight of one character that is not a digit; the end of the text and a digit weigh 0. */
function weight(character: string | undefined): number {
  if (character === '~') return -1;
  if (character === undefined || isDigit(character)) return 0;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 0x10000;
}

function compareParts(left: string, right: string): number {
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    while ((i < left.length && !isDigit(left[i])) || (j < right.length && !isDigit(right[j]))) {
      const difference = weight(left[i]) - weight(right[j]);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const leftDigits = /^\d*/.exec(left.slice(i))?.[0] ?? '';
    const rightDigits = /^\d*/.exec(right.slice(j))?.[0] ?? '';
    const difference = compareNumbers(leftDigits, rightDigits);
    if (difference !== 0) return difference;
    i += leftDigits.length;
    j += rightDigits.length;
  }
  return 0;
}

/** Runs of digits of any length: dates and commit counts outgrow a double. */
function compareNumbers(left: string, right: string): number {
  const a = left.replace(/^0+/, '');
  const b = right.replace(/^0+/, '');
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Below 0 when `left` is the older version, above 0 when it is the newer one, 0 when they are equal. */
export function compareDebianVersions(left: string, right: string): number {
  const a = split(left);
  const b = split(right);
  return a.epoch - b.epoch || compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision);
}
