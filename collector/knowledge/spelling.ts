/** Words that were mistyped: what was meant is a word that is there. Pure. */

const letters = 'abcdefghijklmnopqrstuvwxyz';
/** A shorter one has too many neighbours, a longer one too many forms. */
const spelledFrom = 4;
const spelledTo = 16;
/** From here on two mistakes are forgiven. */
const twoFrom = 7;

export const mayBeMistyped = (word: string): boolean =>
  word.length >= spelledFrom && word.length <= spelledTo && /^[a-z]+$/.test(word);

/** All texts that one mistake away: a letter too much, missing, another one, or two in the wrong order. */
export function neighbours(word: string): string[] {
  const all = new Set<string>();
  for (let n = 0; n <= word.length; n++) {
    const [head, tail] = [word.slice(0, n), word.slice(n)];
    if (tail !== '') all.add(head + tail.slice(1));
    if (tail.length > 1) all.add(`${head}${tail[1]}${tail[0]}${tail.slice(2)}`);
    for (const letter of letters) {
      all.add(head + letter + tail);
      if (tail !== '') all.add(head + letter + tail.slice(1));
    }
  }
  all.delete(word);
  return [...all];
}

/** How many mistakes lie between two words, two letters in the wrong order being one; more than `most` is `most + 1`. */
function mistakesBetween(one: string, other: string, most = 2): number {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, n) => n)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    if (Math.min(...row) > most) return most + 1;
    [before, last] = [last, row];
  }
  return last[other.length] ?? most + 1;
}

/** The words that were most likely meant. @param known words that are there, with how many texts have them */
export function meantBy(word: string, known: ReadonlyMap<string, number>, atMost = 3): string[] {
  const most = word.length >= twoFrom ? 2 : 1;
  return [...known]
    .map(([text, documents]) => ({ text, documents, mistakes: mistakesBetween(word, text, most) }))
    .filter(({ mistakes }) => mistakes > 0 && mistakes <= most)
    .sort((a, b) => a.mistakes - b.mistakes || b.documents - a.documents || (a.text < b.text ? -1 : 1))
    .slice(0, atMost)
    .map(({ text }) => text);
}
