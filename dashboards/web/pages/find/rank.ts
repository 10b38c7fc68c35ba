/** What a question finds, and in which order. Pure. */

/** As texts are compared: full width as half width, katakana as hiragana, without case and accents. */
export function folded(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '');
  return plain
    .normalize('NFC')
    .replaceAll(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));
}

export const wordsOf = (question: string): string[] => folded(question).split(/\s+/).filter(Boolean);

const isLetter = (sign: string | undefined): boolean => sign !== undefined && /[\p{L}\p{N}]/u.test(sign);

function wordScore(word: string, text: string): number {
  if (text === word) return 100;
  const at = text.indexOf(word);
  if (at <= 0) return at === 0 ? 80 : 0;
  return isLetter(text[at - 1]) ? 40 : 60;
}

/** 0 where one of the words is not there. @param text folded */
export function scoreOf(words: readonly string[], text: string): number {
  let sum = 0;
  for (const word of words) {
    const score = wordScore(word, text);
    if (score === 0) return 0;
    sum += score;
  }
  return sum;
}

/** How many letters are wrong, left out, too many or changed places, between the word and the nearest beginning of the text. */
export function mistakes(word: string, text: string): number {
  const most = Math.min(text.length, word.length + 2);
  let [before, last] = [[] as number[], Array.from({ length: most + 1 }, (_, at) => at)];
  for (let i = 1; i <= word.length; i++) {
    const row = [i];
    for (let j = 1; j <= most; j++) {
      const isSame = word[i - 1] === text[j - 1];
      const simple = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (isSame ? 0 : 1),
      );
      const isSwapped = i > 1 && j > 1 && word[i - 1] === text[j - 2] && word[i - 2] === text[j - 1];
      row.push(isSwapped ? Math.min(simple, (before[j - 2] as number) + 1) : simple);
    }
    [before, last] = [last, row];
  }
  return Math.min(...last);
}

/** Short words are too much alike to be guessed. */
const forgiven = (word: string): number => (word.length >= 8 ? 2 : word.length >= 4 ? 1 : 0);

/** How many mistakes there are where each word is there, mistyped; null: one is not there. @param text folded */
export function nearness(words: readonly string[], text: string): number | null {
  // Also across a hyphen: `build0005`.
  const parts = [...text.split(/[^\p{L}\p{N}]+/u), text];
  let sum = 0;
  for (const word of words) {
    if (text.includes(word)) continue;
    const least = forgiven(word) === 0 ? 1 : Math.min(...parts.map((part) => mistakes(word, part)));
    if (least > forgiven(word)) return null;
    sum += least;
  }
  return sum;
}

export interface Findable {
  /** Its name, folded. */
  name: string;
  /** What else it is found by, folded. */
  also: string;
}

export interface FoundItems<T> {
  items: T[];
  /** Of the best. */
  score: number;
}

/** The best first; what has the words in its name before what has them elsewhere; mistyped ones only where nothing else is. */
export function findIn<T extends Findable>(all: readonly T[], words: readonly string[], most: number): FoundItems<T> {
  const found = all.flatMap((item) => {
    const byName = scoreOf(words, item.name);
    const score = byName > 0 ? byName + 100 * words.length : scoreOf(words, `${item.name} ${item.also}`);
    return score > 0 ? [{ item, score }] : [];
  });
  if (found.length === 0) {
    const near = all.flatMap((item) => {
      const wrong = nearness(words, item.name);
      return wrong === null ? [] : [{ item, wrong }];
    });
    near.sort((a, b) => a.wrong - b.wrong);
    return { items: near.slice(0, most).map(({ item }) => item), score: near.length > 0 ? 1 : 0 };
  }
  found.sort((a, b) => b.score - a.score || a.item.name.length - b.item.name.length);
  return { items: found.slice(0, most).map(({ item }) => item), score: found[0]?.score ?? 0 };
}
