/** Our lines in the forms that desks show, and theirs as plain text. Pure. */

/** Lines stay lines in Markdown, and call nobody by name. */
const markdown = (text: string): string =>
  text
    .replace(/(^|[^\w`])@(?=[\w-])/g, '$1@\u200b')
    .split('\n')
    .map((line) => line.replace(/^([#>\-+*=/]|\d+\.)/, '\\$1'))
    .join('  \n');

/** With a last line for programs alone. */
export const markdownWith = (text: string, marker: string): string => `${markdown(text)}\n\n<!-- ${marker} -->`;

/** Of a comment, whose last line is its marker. */
export function markdownOf(comment: string): string {
  const lines = comment.split('\n');
  const marker = lines.pop() ?? '';
  return markdownWith(lines.join('\n'), marker);
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  '#39': "'",
};

/** What people wrote there as HTML: its words and lines. */
export function plainText(html: string): string {
  const lines = html.replace(/<(?:br|\/p|\/div|\/li|\/tr)\b[^<>]{0,200}>/gi, '\n').replace(/<[^<>]{0,2000}>/g, '');
  const decoded = lines.replace(/&([a-z]{2,6}|#\d{1,6});/gi, (whole, name: string) => {
    const code = /^#(\d+)$/.exec(name)?.[1];
    return (
      entities[name.toLowerCase()] ?? (code && Number(code) < 0x10ffff ? String.fromCodePoint(Number(code)) : whole)
    );
  });
  return decoded.replace(/\n{3,}/g, '\n\n').trim();
}

export const htmlOf = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '<br>');
