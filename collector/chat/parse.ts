/**
 * What was typed, as a command. Pure, and without guessing: what does not fit one form exactly is no command, and the answer says
 * what to type. English and Japanese words, in the order of either language.
 */

/** What a command is about. */
export type ChatTarget = { ticket: number } | { alert: string } | { endpoint: string };

export type ChatCommand =
  | { does: 'help' | 'on-call' | 'unlink' }
  | { does: 'link'; code: string }
  | { does: 'how'; endpoint: string }
  | { does: 'acknowledge'; of: ChatTarget; note: string | null }
  | { does: 'take'; ticket: number }
  | { does: 'assign'; ticket: number; to: string }
  | { does: 'comment'; ticket: number; text: string }
  | { does: 'resolve'; ticket: number; text: string | null }
  | { does: 'silence'; of: ChatTarget; ms: number; reason: string | null };

/** `verb`: which one was meant, where that is clear; its form is then the answer. */
export type Parsed = { command: ChatCommand } | { unknown: string; verb: ChatVerb | null };

export const chatVerbs = ['how', 'acknowledge', 'silence', 'take', 'assign', 'comment', 'resolve', 'on-call'] as const;
export type ChatVerb = (typeof chatVerbs)[number] | 'link' | 'unlink' | 'help';

const words: Readonly<Record<ChatVerb, readonly string[]>> = {
  how: ['how is', 'how are', 'status', 'status of', '状態', '状況', '調子'],
  acknowledge: ['acknowledge', 'ack', '確認', '了解'],
  silence: ['silence', 'mute', 'サイレンス', '静音', 'ミュート'],
  take: ['take', '引き受け', '引き受ける', '担当', '担当する'],
  assign: ['assign', '割り当て', '割当'],
  comment: ['comment', 'コメント'],
  resolve: ['resolve', '解決'],
  'on-call': [
    'who is on call',
    'who is on-call',
    'on call',
    'oncall',
    'on-call',
    '当番',
    '当番は誰',
    '当番は誰ですか',
    'オンコール',
  ],
  link: ['link', '連携', 'リンク'],
  unlink: ['unlink', '連携解除', 'リンク解除'],
  help: ['help', 'ヘルプ', '使い方', '?'],
};
/** The longest first: `status of` before `status`. */
const byLength = (Object.entries(words) as [ChatVerb, readonly string[]][])
  .flatMap(([verb, all]) => all.map((word) => ({ verb, word })))
  .sort((a, b) => b.word.length - a.word.length);

const longest = 4000;
const unitMs: Readonly<Record<string, number>> = {
  ...{ m: 60_000, min: 60_000, 分: 60_000, 分間: 60_000 },
  ...{ h: 3_600_000, 時間: 3_600_000 },
  ...{ d: 86_400_000, 日: 86_400_000, 日間: 86_400_000 },
};
const time = /^(\d{1,5})(m|min|h|d|分間|分|時間|日間|日)$/i;
const [shortestMs, longestMs] = [60_000, 30 * 86_400_000];

/** `12 を確認して`, `files-0002 の状態は?`, `files-0002 を 2時間 サイレンス`: the word comes last. */
const japanese =
  /^(?<of>"[^"]+"|\S+?)\s*[をの]\s*(?<with>.*?)\s*(?<verb>確認|了解|サイレンス|静音|ミュート|引き受け|担当|割り当て|割当|解決|状態|状況|調子)(?:する|して|します|しました|した|る|て|に|は|ください|どう|ですか|を|教え|お願いします|。|\?)*$/u;
const howJapanese = /^(?<of>.+?)\s*は(?:どう|どうですか|どうなっている|大丈夫|大丈夫ですか)(?:。|\?)?$/u;

/** @param said without the mention of us or the prefix */
export function parseCommand(said: string): Parsed {
  const text = said.normalize('NFKC').replace(/[“”]/g, '"').trim();
  const unknown = { unknown: text.slice(0, 80), verb: null };
  if (text === '' || text.length > longest) return text === '' ? { command: { does: 'help' } } : unknown;
  const how = howJapanese.exec(text)?.groups;
  if (how) return oneOf('how', how.of ?? '', text);
  const turned = japanese.exec(text)?.groups;
  if (turned) {
    const verb = verbOf(turned.verb ?? '');
    const rest = (turned.with ?? '').replace(/\s*に\s*$/u, '').trim();
    if (verb) return oneOf(verb, `${turned.of} ${rest}`.trim(), text);
  }
  const flat = text.toLowerCase();
  for (const { verb, word } of byLength) {
    if (!flat.startsWith(word)) continue;
    const after = text.slice(word.length);
    // `status` and not `statusbar`; Japanese needs no space before a number or a name.
    if (after !== '' && !/^[\s:、,?。]/.test(after) && /^[\x20-\x7e]+$/.test(word)) continue;
    return oneOf(verb, after.replace(/^[\s:、,]+/, ''), text);
  }
  return unknown;
}

const verbOf = (word: string): ChatVerb | null => byLength.find((one) => one.word === word)?.verb ?? null;

function oneOf(verb: ChatVerb, rest: string, said: string): Parsed {
  const command = commandOf(verb, rest.trim());
  return command ? { command } : { unknown: said.slice(0, 80), verb };
}

function commandOf(verb: ChatVerb, rest: string): ChatCommand | null {
  switch (verb) {
    case 'help':
      return { does: 'help' };
    case 'on-call':
    case 'unlink':
      return /^[?。]?$/.test(rest) ? { does: verb } : null;
    case 'link':
      return /^[a-z0-9-]{4,40}$/i.test(rest) ? { does: 'link', code: rest.toLowerCase().replaceAll('-', '') } : null;
    case 'how': {
      const endpoint = nameIn(rest.replace(/[?。]+$/, ''));
      return endpoint === null ? null : { does: 'how', endpoint };
    }
    case 'acknowledge':
      return acknowledgeIn(rest);
    case 'silence':
      return silenceIn(rest);
    default:
      return ofTicket(verb, rest);
  }
}

const numbered = /^#?(\d{1,9})(?:\s*[:、,]\s*|\s+|$)(.*)$/su;
const alertForm = /^alert:([0-9a-f]{8,40})$/;

function ofTicket(verb: 'take' | 'assign' | 'comment' | 'resolve', rest: string): ChatCommand | null {
  const [, digits, more = ''] = numbered.exec(rest) ?? [];
  if (digits === undefined) return null;
  const [ticket, text] = [Number(digits), more.trim()];
  if (verb === 'take') return text === '' ? { does: verb, ticket } : null;
  if (verb === 'resolve') return { does: verb, ticket, text: text || null };
  if (verb === 'comment') return text === '' ? null : { does: verb, ticket, text };
  const to = nameIn(text.replace(/^to\s+/i, ''));
  return to === null ? null : { does: 'assign', ticket, to };
}

function acknowledgeIn(rest: string): ChatCommand | null {
  const [, digits, more = ''] = numbered.exec(rest) ?? [];
  if (digits !== undefined) return { does: 'acknowledge', of: { ticket: Number(digits) }, note: more.trim() || null };
  // A name may hold spaces: what is noted follows a colon.
  const [, name = '', note = ''] = /^("[^"]+"|(?:alert:)?[^:]+)(?::\s+(.*))?$/su.exec(rest) ?? [];
  const of = targetIn(name);
  return of && { does: 'acknowledge', of, note: note.trim() || null };
}

function silenceIn(rest: string): ChatCommand | null {
  const [, quoted, open = ''] = /^("[^"]+")\s+(.*)$/su.exec(rest) ?? [];
  const parts = (quoted === undefined ? rest : open).split(/\s+/).filter((part) => !/^(?:for|を)$/i.test(part));
  const at = parts.findIndex((part) => time.test(part));
  if (at < 0 || (quoted === undefined && at === 0) || (quoted !== undefined && at > 0)) return null;
  const of = targetIn(quoted ?? parts.slice(0, at).join(' '));
  const [, count = '0', unit = ''] = time.exec(parts[at] ?? '') ?? [];
  const ms = Number(count) * (unitMs[unit.toLowerCase()] ?? 0);
  if (!of || ms < shortestMs || ms > longestMs) return null;
  return { does: 'silence', of, ms, reason: parts.slice(at + 1).join(' ') || null };
}

function targetIn(text: string): ChatTarget | null {
  const [, digits] = /^#?(\d{1,9})$/.exec(text.trim()) ?? [];
  if (digits !== undefined) return { ticket: Number(digits) };
  const [, alert] = alertForm.exec(text.trim()) ?? [];
  if (alert !== undefined) return { alert };
  const endpoint = nameIn(text);
  return endpoint === null ? null : { endpoint };
}

/** A name that is a number, or holds a time, stands in quotes. */
function nameIn(text: string): string | null {
  const trimmed = text.trim();
  const name = (/^"([^"]+)"$/.exec(trimmed)?.[1] ?? trimmed).trim();
  return name === '' || name.length > 128 || name.includes('"') ? null : name;
}
