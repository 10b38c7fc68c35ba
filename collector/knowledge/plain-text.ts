/** The words of a Markdown text, for the index and for lines of results; what is only its form is left out. Pure. */

export const plainTextOf = (markdown: string): string =>
  markdown
    .replace(/^ {0,3}(?:`{3,}|~{3,}).*$/gm, ' ')
    .replace(/!?\[([^\]\n]{0,500})\]\([^)\s]{0,2000}\)/g, '$1')
    .replace(/<[^<>\n]{1,500}>/g, ' ')
    .replace(/^ {0,3}(?:#{1,6} |> ?|[-*+] |\d{1,3}[.)] |[-=|:* ]{3,}$)/gm, '')
    .replace(/[*`|]|__/g, '')
    .replace(/\s+/g, ' ')
    .trim();
