/** The text with a full stop behind it, unless it ends in a mark of its own: what others say may end in one. */
export const sentence = (text: string): string => (/[.?!。？！]$/.test(text) ? text : `${text}.`);
