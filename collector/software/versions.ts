/** Versions of software as packagers write them, compared as dpkg and rpm do. Pure. */

import type { VersionOp } from '../../shared/choices.ts';

export interface VersionWish {
  op: VersionOp;
  version: string;
}

/** Of two characters that are no digits: `~` stands before the end of a text, letters before all others. */
const rank = (one: string | undefined): number => {
  if (one === undefined) return 0;
  if (one === '~') return -1;
  const code = one.codePointAt(0) ?? 0;
  return /\p{L}/u.test(one) ? code : code + 0x20_0000;
};

function compareWords(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = rank(left[at]) - rank(right[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

/** `1:2.3-4` is of epoch 1; a version without one is of epoch 0. */
function epochOf(version: string): [epoch: string, rest: string] {
  const [, epoch, rest] = /^(\d+):(.*)$/s.exec(version) ?? [];
  return epoch === undefined ? ['0', version] : [epoch, rest ?? ''];
}

/** Words and numbers in turn: 1.9 is before 1.10, 2.0~rc1 before 2.0. */
function compareParts(a: string, b: string): number {
  const parts = (text: string) => text.match(/\D+|\d+/g) ?? [];
  // So that each begins with a word, if an empty one.
  const wordFirst = (list: string[]) => (/^\d/.test(list[0] ?? '') ? ['', ...list] : list);
  const [left, right] = [wordFirst(parts(a)), wordFirst(parts(b))];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at] ?? '', right[at] ?? ''];
    const order = at % 2 === 0 ? compareWords(one, other) : compareNumbers(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

/** Behind the last hyphen stands how often it was packaged. */
function revisionOf(version: string): [own: string, revision: string] {
  const at = version.lastIndexOf('-');
  return at < 0 ? [version, ''] : [version.slice(0, at), version.slice(at + 1)];
}

/** Less than 0 where `a` is the older one: by epoch, version and revision. */
export function compareInstalled(a: string, b: string): number {
  const [[epochA, restA], [epochB, restB]] = [epochOf(a), epochOf(b)];
  const [[ownA, revisionA], [ownB, revisionB]] = [revisionOf(restA), revisionOf(restB)];
  return compareNumbers(epochA, epochB) || compareParts(ownA, ownB) || compareParts(revisionA, revisionB);
}

/** What is not known is neither older nor newer. */
export function versionFits(version: string, { op, version: wanted }: VersionWish): boolean {
  if (op === 'contains') return version.toLowerCase().includes(wanted.toLowerCase());
  if (op === 'eq') return version === wanted;
  if (version === '') return false;
  const order = compareInstalled(version, wanted);
  return op === 'lt' ? order < 0 : order <= 0;
}
