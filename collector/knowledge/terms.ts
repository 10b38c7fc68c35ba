/**
 * Text as it is looked for, the same for what is kept and what is typed: width, case, accents and kana make no difference, English
 * words lose their endings, and Japanese, which has no spaces, becomes pairs of characters. Both databases get these terms, so that
 * neither its language nor its extensions matter.
 */

const cjk = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}々〆ー';
const cjkRun = new RegExp(`[${cjk}]`, 'u');
/** A run of Japanese or Chinese, or a word of any other script with what joins its parts: wi-fi, files-0002, 10.1.4.7. */
const runs = new RegExp(`[${cjk}]+|(?:(?![${cjk}])[\\p{L}\\p{N}])+(?:[.'’_-](?:(?![${cjk}])[\\p{L}\\p{N}])+)*`, 'gu');

/** Of one term; longer ones are keys and checksums, which nobody types. */
const longest = 32;

/** Full width is half width, capitals are small, é is e. Dots of kana stay: they make another sound. */
export const folded = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC');

/** Katakana is hiragana, with or without a long vowel: プリンター, プリンタ, ぷりんた; ウィルス is ウイルス. */
export const foldedKana = (text: string): string =>
  text
    .replace(/[\u30a1-\u30f6]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0x60))
    .replace(/[ーゞゝ]/g, '')
    .replace(/[ぁぃぅぇぉ]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 1));

export interface TextRun {
  /** Folded; Japanese with its kana as written. */
  text: string;
  isCjk: boolean;
  /** Whether nothing stands behind it: it may be the beginning of a word. */
  isLast: boolean;
}

export function runsOf(text: string): TextRun[] {
  const whole = folded(text);
  return Array.from(whole.matchAll(runs), ({ 0: run, index }) => ({
    text: run,
    isCjk: cjkRun.test(run),
    isLast: index + run.length === whole.length,
  }));
}

/** Without the endings that change nothing of what is meant: disks, freezing, updated. */
export function stemOf(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let stem = word;
  if (/(?:ss|x|ch|sh)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (/[^aeiou]ies$/.test(stem)) stem = `${stem.slice(0, -3)}y`;
  else if (/[^sui]s$/.test(stem)) stem = stem.slice(0, -1);
  const cut = /^(.*[aeiouy].*[^e])(?:ing|ed)$/.exec(stem)?.[1];
  if (cut !== undefined && cut.length >= 3) stem = cut.replace(/([bdgmnprt])\1$/, '$1');
  return stem.length > 4 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}

/** Of characters without spaces: each two neighbours, or the one that there is. */
export function pairsOf(run: string): string[] {
  const all = Array.from(foldedKana(run));
  return all.length < 2 ? all : all.slice(1).map((one, n) => `${all[n]}${one}`);
}

/** Of a word of another script: it without what joins its parts, and its parts. */
export function wordsOf(run: string): string[] {
  const parts = run.split(/[.'’_-]/);
  const whole = parts.join('');
  const all = parts.length === 1 || whole.length > longest ? parts : [whole, ...parts];
  return all.filter((part) => part.length <= longest).map(stemOf);
}

/** All terms of a text, each once. */
export function termsOf(text: string, atMost = Infinity): string[] {
  const found = new Set<string>();
  for (const { text: run, isCjk } of runsOf(text)) {
    if (found.size >= atMost) break;
    for (const term of isCjk ? pairsOf(run) : wordsOf(run)) found.add(term);
  }
  return [...found].slice(0, atMost);
}
