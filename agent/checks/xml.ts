/*
 * Only what is needed of XML: a few elements with known names, out of outputs that may be cut off anywhere. A parser that builds
 * the tree costs 10 MB of the agent's memory once loaded (fast-xml-parser 5, measured), and gives half a tree for half a text.
 */

/** What XML writes for the characters that it needs for itself. */
const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** Named and numeric entities; what is none of them stays as it is. */
export function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|quot|apos|amp));/gi, (all, decimal, hex, name) => {
    if (name) return entities[name.toLowerCase()] ?? all;
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
