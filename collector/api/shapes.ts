/** Small pieces of schema that several routes share. */
import { Type } from 'typebox';
import { fail } from '../../shared/errors.ts';
import { allSeen, controlClass, oneLinePattern } from '../../shared/safe-text.ts';
import { tagPattern } from '../../shared/tag.ts';

export const closed = { additionalProperties: false } as const;
export const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }, closed);
/** Of something that is counted up from 1. @param want such as `the number of a ticket` */
export const counted = (want: string) => Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, want });
/** Where the next page of a list begins, for lists whose mark is a number. */
export const PageMark = Type.String({
  pattern: '^\\d{1,9}$',
  want: 'the `next` of a page of this list; leave it out for the first page',
});
/** Of people who log in, and of API tokens' owners. */
export const UserName = Type.String({
  pattern: `^${allSeen}[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N} ._@-]{0,63}$`,
  want: 'a name of 1 to 64 letters, digits, spaces, or . _ @ -, beginning with a letter or digit',
});
export const Nothing = Type.Null({ description: 'no content' });
/** Without control characters, and what turns the direction of the text after it. */
const linesPattern = `^[^${controlClass}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$`;
const text = (pattern: string, least: 0 | 1, maxLength: number, how: string, description?: string) =>
  Type.String({
    ...(least === 0
      ? { maxLength, pattern }
      : { minLength: 1, maxLength, pattern: pattern.replace('^', '^(?!\\s*$)') }),
    want: `a text of ${least === 0 ? 'at most' : '1 to'} ${maxLength} characters, ${how}${least === 0 ? '' : ', not blank'}`,
    ...(description === undefined ? {} : { description }),
  });
const [oneLine, lines] = ['on one line, of characters that can be seen', 'without control characters'];
/** For names, ids, titles and whatever stands in a list. */
export const word = (maxLength: number, description?: string) =>
  text(oneLinePattern, 1, maxLength, oneLine, description);
export const wordOrNone = (maxLength: number, description?: string) =>
  text(oneLinePattern, 0, maxLength, oneLine, description);
/** For reasons and sentences: of several lines. */
export const prose = (maxLength: number, description?: string) => text(linesPattern, 1, maxLength, lines, description);
export const proseOrNone = (maxLength: number, description?: string) =>
  text(linesPattern, 0, maxLength, lines, description);
/** Free text: whatever is in it stays text; without what rings bells and commands terminals. */
export const freeText = (maxLength: number, description?: string) =>
  text(`^[^${controlClass}]*$`, 1, maxLength, lines, description);
export const freeTextOrNone = (maxLength: number, description: string) =>
  text(`^[^${controlClass}]*$`, 0, maxLength, lines, description);

/** Of a site or a group. The rules of such names are in shared/place-name.ts and give better reasons than a schema. */
export const PlaceName = Type.String({ maxLength: 512, description: 'one line, at most 128 characters' });

export const Tag = Type.String({
  pattern: tagPattern,
  want: 'a tag of 1 to 64 letters, digits, or . _ : -, beginning with a letter or digit',
});

/** Optional; null: not known. */
export const people = Type.Optional(
  Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000 }), Type.Null()], {
    description: 'how many people work there or with it; null: not known',
  }),
);
/** ms since 1970, UTC, in the body of a request; no more than a date can hold. */
export const instantMs = (description: string) =>
  Type.Integer({
    ...{ minimum: 0, maximum: 8.64e15, description: `ms since 1970, UTC${description}` },
    want: 'a time since 1970, in ms since its beginning, UTC',
  });
/** The same where what is too early is refused in words that show it as a date: people mistype years. */
export const anyInstantMs = (description: string) =>
  Type.Integer({ minimum: -8.64e15, maximum: 8.64e15, description: `ms since 1970, UTC${description}` });

/** A point in time as people and scripts write it: ms since 1970, or ISO 8601 with a zone. */
export const Instant = Type.String({
  maxLength: 40,
  description: 'ms since 1970 UTC, or ISO 8601 such as 2026-11-22T09:00Z',
});

/** @param name of the parameter, for the message. @throws EvenkeelError BAD_REQUEST */
export function instantOf(text: string, name: string): number {
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    // Temporal's own message is about its grammar; the person typed a time.
    throw fail('BAD_REQUEST', { problem: `${name} "${text}" is neither ms since 1970 nor ISO 8601 with a zone` });
  }
}
