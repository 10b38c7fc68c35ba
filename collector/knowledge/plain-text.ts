/** The words of a Markdown text, for the index and for lines of results; what is only its form is left out. Pure. */

/** An address in brackets, with a pair of brackets in it; what stands behind it is its title. */
const target = String.raw`\(\s{0,9}(?:<[^<>\n]{0,2000}>|(?:[^()\s]|\([^()\s]{0,500}\)){0,2000})(?:\s{1,9}(?:"[^"\n]{0,500}"|'[^'\n]{0,500}'))?\s{0,9}\)`;
const link = new RegExp(String.raw`!?\[((?:[^[\]\n]|\[[^[\]\n]{0,200}\]){0,500})\]${target}`, 'g');
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

/** Tags stay: a page shows them as they were typed. */
export const plainTextOf = (markdown: string): string =>
  markdown
    .replace(/^ {0,3}(?:`{3,}|~{3,}).*$/gm, ' ')
    // A picture that is a link is two, one in the other.
    .replace(link, '$1')
    .replace(link, '$1')
    .replace(/<(https?:[^<>\s]{1,2000})>/g, '$1')
    .replace(/^ {0,3}(?:#{1,6} |> ?|[-*+] |\d{1,3}[.)] |[-=|:* ]{3,}$)/gm, '')
    .replace(/[*`|]|__/g, '')
    .replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => entities[name] ?? _)
    .replace(/\s+/g, ' ')
    .trim();
