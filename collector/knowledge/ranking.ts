/** Which of the texts that fit comes first. Pure, and the same on both databases: these only say which texts may fit. */
import type { TermGroup } from './question.ts';

export interface RankedText {
  kind: 'article' | 'ticket';
  language: string;
  titleTerms: readonly string[];
  bodyTerms: readonly string[];
}

const [inTitle, inBody] = [3, 1];
/** A guide is worth more than one case; a text in the reader's language more than the other one. */
const [ofArticle, ofLanguage] = [1.25, 1.1];

/** @param texts how many there are in all @returns the higher, the better; 0: it does not fit */
export function rankOf(text: RankedText, groups: readonly TermGroup[], texts: number, language: string): number {
  const [title, body] = [new Set(text.titleTerms), new Set(text.bodyTerms)];
  let [score, found, asked, said] = [0, 0, 0, 0];
  for (const { ways, documents } of groups) {
    const rarity = Math.log(1 + texts / (1 + documents));
    let best = 0;
    for (const { terms, weight } of ways) {
      const titled = terms.every((term) => title.has(term));
      if (titled) said += terms.length;
      if (titled || terms.every((term) => title.has(term) || body.has(term)))
        best = Math.max(best, weight * (titled ? inTitle : inBody));
    }
    asked += rarity;
    if (best > 0) found += rarity;
    score += best * rarity;
  }
  if (score === 0) return 0;
  // A title that says little else is meant more.
  const fills = Math.min(1, said / Math.max(1, title.size));
  const own = text.language === language || text.language === '' ? ofLanguage : 1;
  return score * (found / asked) ** 1.5 * (1 + 0.4 * fills) * (text.kind === 'article' ? ofArticle : 1) * own;
}
