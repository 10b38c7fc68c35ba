/**
 * What somebody typed, as groups of terms: a text fits a group that has all terms of one of its ways of saying it. Pure but for what
 * the dictionary says of the words that are there.
 */
import { mayBeMistyped, meantBy, neighbours } from './spelling.ts';
import { japanese, sequenceOf, synonymsOf } from './synonyms.ts';
import { foldedKana, pairsOf, runsOf, stemOf, type TextRun, termsOf, wordsOf } from './terms.ts';

/** Characters of a question: as long as the title of a ticket, so that one can be the question. */
export const questionLength = 200;
const groupsAtMost = 14;
const waysAtMost = 24;
const endingsAtMost = 16;

export interface TermWay {
  /** All of them. */
  terms: readonly string[];
  /** How sure it is that this is meant: 1 as typed. */
  weight: number;
}

/** One thing that was asked for. */
export interface TermGroup {
  ways: readonly TermWay[];
  /** In how many texts it is, at least. */
  documents: number;
}

/** The words that are there. */
export interface WordList {
  /** In how many texts each is; those that are in none are left out. */
  counts(words: readonly string[]): Promise<Map<string, number>>;
  /** The most frequent words that begin so. */
  beginning(start: string, atMost: number): Promise<Map<string, number>>;
}

interface AskedPart {
  /** Of one word, or one Japanese word; for synonyms. */
  sequence: string;
  ways: TermWay[];
  /** A single word of letters, which may be mistyped. */
  word: string | null;
  /** Something that more may be typed of. */
  start: string | null;
}

/** Words that say nothing of what is asked for; left out where other ones are left. */
const idle = new Set(
  'a an and are as at be but by can cannot could do doe did does for from get got has have how i if in is it its me my no not of on or our please so that the their there this to was we what when where why will with you your does help problem issue anymore any again'
    .split(' ')
    .map(stemOf),
);
const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });
const isKanaOnly = (text: string) => /^[\p{Script=Hiragana}ー]+$/u.test(text);

/** A Japanese run, cut where a synonym stands and else into words; particles and endings say nothing. */
function japaneseParts({ text, isLast }: TextRun): AskedPart[] {
  const run = foldedKana(text);
  const found = japanese.find((one) => run.includes(one));
  if (found !== undefined && found !== run) {
    const at = run.indexOf(found);
    const [head, tail] = [run.slice(0, at), run.slice(at + found.length)];
    const cut = (piece: string, isEnd: boolean): AskedPart[] =>
      piece === '' ? [] : japaneseParts({ text: piece, isCjk: true, isLast: isEnd });
    return [...cut(head, false), partOf(found, pairsOf(found), null), ...cut(tail, isLast)];
  }
  const words = found === run ? [run] : Array.from(segmenter.segment(text), ({ segment }) => segment);
  return words.flatMap((word, n) => {
    const isEnd = isLast && n === words.length - 1;
    const terms = pairsOf(word);
    const last = Array.from(foldedKana(word)).length === 1 && isEnd ? (terms[0] ?? null) : null;
    // Of one character there is no pair: it is the beginning of one.
    const isIdle = isKanaOnly(word) && foldedKana(word).length < 3 && words.length > 1;
    return isIdle || terms.length === 0 ? [] : [{ ...partOf(foldedKana(word), terms, last) }];
  });
}

const partOf = (sequence: string, terms: readonly string[], start: string | null): AskedPart => ({
  ...{ sequence, ways: [{ terms, weight: 1 }], word: null, start },
});

function wordParts({ text, isLast }: TextRun): AskedPart[] {
  const [word = '', ...rest] = wordsOf(text);
  if (word === '') return [];
  const part = partOf(word, [word], isLast && word.length > 1 ? word : null);
  part.word = word;
  // Parts of a name are looked for together, where the name as a whole is written otherwise.
  if (rest.length > 0) part.ways.push({ terms: rest, weight: 0.9 });
  return [part];
}

function partsOf(text: string): AskedPart[] {
  const all = runsOf(text.slice(0, questionLength)).flatMap((run) => (run.isCjk ? japaneseParts(run) : wordParts(run)));
  const telling = all.filter(({ sequence }) => !idle.has(sequence));
  return joined(telling.length > 0 ? telling : all).slice(0, groupsAtMost);
}

/** Several words that are one term of IT, such as "log in". */
function joined(parts: readonly AskedPart[]): AskedPart[] {
  const left: AskedPart[] = [];
  for (let n = 0; n < parts.length; n++) {
    const long = [3, 2].find(
      (count) => parts.length - n >= count && synonymsOf(together(parts.slice(n, n + count))).length > 0,
    );
    const some = parts.slice(n, n + (long ?? 1));
    const [first] = some;
    if (!first) continue;
    const sequence = together(some);
    const terms = some.flatMap(({ ways }) => ways[0]?.terms ?? []);
    const part = long === undefined ? first : { ...partOf(sequence, terms, null), start: some.at(-1)?.start ?? null };
    left.push({ ...part, ways: [...part.ways, ...synonymsOf(sequence).map(synonymWay)] });
    n += some.length - 1;
  }
  return left;
}

const together = (parts: readonly AskedPart[]) => parts.map(({ sequence }) => sequence).join(' ');
const synonymWay = (text: string): TermWay => ({ terms: termsOf(text), weight: 0.7 });

/** @returns what was asked for, the rarest first; nothing where no word of it is known */
export async function groupsOf(text: string, dictionary: WordList): Promise<TermGroup[]> {
  const parts = partsOf(text);
  if (parts.length === 0) return [];
  // Words that were cut in two, or are two: "pass word", "harddisk".
  const pairs = parts.slice(1).map((part, n) => stemOf(`${parts[n]?.word ?? '-'}${part.word ?? '-'}`));
  const halves = new Map(parts.map((part) => [part, halvesOf(part.word)]));
  const asked = parts.flatMap(({ ways }) => ways.flatMap(({ terms }) => terms));
  const known = await dictionary.counts([
    ...new Set([...asked, ...pairs.filter((pair) => !pair.includes('-')), ...[...halves.values()].flat(2)]),
  ]);
  const isKnown = ({ terms }: TermWay) => terms.length > 0 && terms.every((term) => known.has(term));

  for (const [n, part] of parts.entries()) {
    for (const pair of [pairs[n - 1], pairs[n]])
      if (pair !== undefined && known.has(pair)) part.ways.push({ terms: [pair], weight: 0.9 });
    if (part.start !== null)
      for (const [word, documents] of await dictionary.beginning(part.start, endingsAtMost)) {
        known.set(word, documents);
        if (word !== part.start) part.ways.push({ terms: [word], weight: 0.8 });
      }
    if (part.ways.some(({ terms, weight }) => weight >= 0.8 && isKnown({ terms, weight }))) continue;
    await guess(part, { dictionary, known, halves: halves.get(part) ?? [] });
  }

  return parts
    .map((part) => ({ ways: part.ways.filter(isKnown).slice(0, waysAtMost) }))
    .filter(({ ways }) => ways.length > 0)
    .map(({ ways }) => ({ ways, documents: ways.reduce((sum, way) => sum + rarest(way, known), 0) }))
    .sort((a, b) => a.documents - b.documents);
}

const rarest = ({ terms }: TermWay, known: ReadonlyMap<string, number>) =>
  Math.min(...terms.map((term) => known.get(term) ?? 0));

const halvesOf = (word: string | null): [string, string][] =>
  word === null || !mayBeMistyped(word) || word.length < 6
    ? []
    : Array.from({ length: word.length - 5 }, (_, n) => [stemOf(word.slice(0, n + 3)), stemOf(word.slice(n + 3))]);

interface Guessing {
  dictionary: WordList;
  known: Map<string, number>;
  halves: readonly [string, string][];
}

/** What nobody has written so: another spelling, two words, or for Japanese a part of it. */
async function guess(part: AskedPart, { dictionary, known, halves }: Guessing): Promise<void> {
  const { word } = part;
  if (word === null) {
    const terms = part.ways[0]?.terms ?? [];
    if (terms.length > 1) part.ways.push(...terms.map((term) => ({ terms: [term], weight: 0.5 })));
    return;
  }
  for (const both of halves) if (both.every((half) => known.has(half))) part.ways.push({ terms: both, weight: 0.8 });
  if (!mayBeMistyped(word)) return;
  let near = await dictionary.counts(neighbours(word));
  // Who makes two mistakes seldom makes one of them at the beginning.
  if (near.size === 0) near = await dictionary.beginning(word.slice(0, 3), 2000);
  for (const [at, meant] of meantBy(word, near).entries()) {
    known.set(meant, near.get(meant) ?? 0);
    part.ways.push({ terms: [meant], weight: at === 0 ? 0.8 : 0.6 });
    for (const other of synonymsOf(sequenceOf(meant))) part.ways.push(synonymWay(other));
  }
  const more = await dictionary.counts(part.ways.flatMap(({ terms }) => terms).filter((term) => !known.has(term)));
  for (const [term, documents] of more) known.set(term, documents);
}
