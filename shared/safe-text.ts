/** Text from outside on its way to a terminal, a log, a label or a header, where it must stay one harmless piece of text. */

/** Control characters, line breaks, half of a surrogate pair, and what turns the direction of the text around it. */
const disturbingClass = '\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
export const disturbing = new RegExp(`[${disturbingClass}]`, 'gu');
/** Of a text on one line without any of them; for schemas. */
export const oneLinePattern = `^[^${disturbingClass}]*$`;

/** Each of them as in JSON: `\u001b`. JSON text stays JSON, because only its strings can hold them. */
export const escaped = (text: string): string =>
  text.replace(disturbing, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** In quotation marks that nothing inside can close. */
export const quoted = (text: string): string => escaped(JSON.stringify(text));

/** For text that goes over several lines by intent. */
export const escapedLines = (text: string): string => text.split('\n').map(escaped).join('\n');
