/** Text from outside on its way to a terminal, a log, a label or a header, where it must stay one harmless piece of text. */

/** Control characters, line breaks, half of a surrogate pair, and what turns the direction of the text around it. */
const disturbingClass = '\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
export const disturbing = new RegExp(`[${disturbingClass}]`, 'gu');

/**
 * What nobody sees: soft hyphens, joiners, fillers, byte order marks, tags. In a name they make two that look the same. Selectors of
 * a variant of the character before them stay: emoji and Japanese names need them.
 */
const unseenClass =
  '\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b-\\u200f\\u2060-\\u206f\\u3164\\ufeff\\uffa0' +
  '\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e00ff}\\u{e01f0}-\\u{e0fff}';
export const unseen = new RegExp(`[${unseenClass}]`, 'gu');
/** Of a text on one line, of which all can be seen; for schemas of names. */
export const oneLinePattern = `^[^${disturbingClass}${unseenClass}]*$`;
/** Before another pattern: some letters and marks are such, too. */
export const allSeen = `(?!.*[${unseenClass}])`;
/** Control characters but for line breaks and tabs, which spoil any text. */
export const controlClass = '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\p{Cs}';
export const controls = new RegExp(`[${controlClass}]`, 'gu');

/** Each of them as in JSON: `\u001b`. JSON text stays JSON, because only its strings can hold them. */
export const escaped = (text: string): string =>
  text.replace(disturbing, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** For a message about a name: what is wrong with it may be what nobody sees. */
export const revealed = (text: string): string =>
  escaped(text).replace(unseen, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);

/** In quotation marks that nothing inside can close. */
export const quoted = (text: string): string => escaped(JSON.stringify(text));

/** For text that goes over several lines by intent, with the line breaks and tabs of any system. */
export const escapedLines = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replaceAll('\t', '  ').split('\n').map(escaped).join('\n');
