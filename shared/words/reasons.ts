/** Reasons of agents in words: see ../reason.ts for what they are. Pure. */
import { weekdays } from '../calendar.ts';
import { type Reason, type Reasons, reasonsIn, reasonsInLog } from '../reason.ts';
import { bytes, duration, number, percent, time } from './format.ts';
import { aboutLanguage, findWord, type Language } from './index.ts';

/** All of them, one after the other. A word that ends in a colon leads the one behind it. */
export function formatReasons(language: Language, reasons: Reasons | null | undefined): string {
  return reasonsIn(reasons)
    .map((one) => formatReason(language, one))
    .reduce((text, next) => text + between(text) + next, '');
}

function between(before: string): string {
  if (before === '' || before.endsWith('：')) return '';
  return before.endsWith(':') ? ' ' : ' · ';
}

function formatReason(language: Language, { code, params = {} }: Reason): string {
  const values = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, shown(language, name, value)]),
  );
  // How a list of names is said depends on how many there are (../nearest.ts).
  if (typeof params.there === 'string') values.there = findWord(language, `reason.${params.there}`, values) ?? '';
  // The agent is newer than these words: the code is better than nothing.
  return findWord(language, `reason.${code}`, values) ?? reasonsInLog([{ code, params: values }]);
}

/** A weekday by its code; a date, or what an agent calls a day, as it stands. */
function dayNamed(language: Language, value: string): string {
  const n = (weekdays as readonly string[]).indexOf(value);
  if (n < 0) return value;
  // 1 January 2024 was a Monday.
  return new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + n));
}

/** A setting of agents by its key, such as `checks.software`, as its form calls it. */
function settingNamed(language: Language, value: string): string {
  const [key = '', part] = value.split('.');
  const what = findWord(language, `agentSettings.key.${key}`);
  if (what === undefined || part === undefined) return what ?? value;
  const word = findWord(language, key === 'privacy' ? `agentSettings.personal.${part}` : `about.checkKinds.${part}`);
  return findWord(language, 'agentSettings.of', { what, part: word ?? part }) ?? value;
}

/** What a schema wants, or what it says is wrong (../shape.ts), in English where this language has no phrase for it. */
function phrased(language: Language, english: string): string {
  const choices = choicesOf(language, english);
  if (choices === null) return english;
  return new Intl.ListFormat(aboutLanguage(language).locale, { type: 'disjunction' }).format(choices);
}

/** The choices `a or b or c`, each in this language. A phrase may have an `or` of its own. */
function choicesOf(language: Language, english: string): string[] | null {
  const whole = phraseOf(language, english);
  if (whole !== undefined) return [whole];
  for (const { index } of english.matchAll(/ or /g)) {
    const first = phraseOf(language, english.slice(0, index));
    const others = first === undefined ? null : choicesOf(language, english.slice(index + ' or '.length));
    if (first !== undefined && others !== null) return [first, ...others];
  }
  return null;
}

function phraseOf(language: Language, english: string): string | undefined {
  if (/^("[^"]*"|-?\d+)$/.test(english)) return english;
  const list = /^one of (.+)$/.exec(english)?.[1];
  if (list !== undefined) return findWord(language, 'phrase.one of', { list });
  const numbers = Object.entries(english.match(numeral) ?? []).map(([n, text]) => [Number(n) + 1, text]);
  const key = (text: string) => `phrase.${text}`;
  return (
    findWord(language, key(english)) ??
    findWord(language, key(english.replace(numeral, '#')), Object.fromEntries(numbers))
  );
}
const numeral = /-?\d+(?:\.\d+)?/g;

/** Texts that are no names or quotations, by the name of the value. */
const wordings: Readonly<Record<string, (language: Language, value: string) => string>> = {
  key: settingNamed,
  want: phrased,
  fault: phrased,
};

/** A number by the name of the value; a text as it stands. */
function shown(language: Language, name: string, value: string | number): string {
  if (typeof value === 'string')
    return name.endsWith('day') ? dayNamed(language, value) : (wordings[name]?.(language, value) ?? value);
  if (name.endsWith('_at')) return time(value, language, 'full');
  if (name.endsWith('_on')) return time(value, language, 'date');
  if (name.endsWith('_s')) return duration(value, language);
  if (name.endsWith('_bytes')) return bytes(value, language);
  return name.endsWith('_percent') ? percent(value, language) : number(value, language, 2);
}
