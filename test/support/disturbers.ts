/** Pieces of text that do harm where text from outside is printed: the tests write the ranges in their own words. */

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => String.fromCharCode(from + n));

/** C0, DEL and C1, separators of lines and paragraphs, marks and overrides of direction, half of a surrogate pair. */
export const disturbers: readonly string[] = [
  ...range(0, 0x1f),
  ...range(0x7f, 0x9f),
  ...range(0x2028, 0x202e),
  ...range(0x2066, 0x2069),
  ...['\u061c', '\u200e', '\u200f', '\ud800', '\udfff'],
  ...['\r\n', '\u001b[2J\u001b[1;1H', '\u009b31m', '\u001b]0;title\u0007', '\n2026-01-01T00:00:00.000Z info  Forged'],
];

/** Characters that nobody sees: in a name they make two that look the same. */
export const unseenOnes: readonly string[] = [
  ...range(0x200b, 0x200f),
  ...range(0x2060, 0x206f),
  ...['\u00ad', '\u034f', '\u115f', '\u1160', '\u180e', '\u3164', '\ufeff', '\uffa0', '\u{e0001}', '\u{e0061}'],
];

export const hasDisturber = (text: string): boolean => disturbers.some((one) => text.includes(one));
