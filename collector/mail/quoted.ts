/** What an answer repeats of the mail that it answers: cut off the comment, and kept beside it. Pure. */

/** Lines with which programs begin what they repeat, in the languages that we meet. */
const beginnings: readonly RegExp[] = [
  /^-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|元のメッセージ|original appointment)\s*-{2,}$/i,
  /^_{20,}$/,
  /^(?:on|am|le|el)\s.{4,200}\s(?:wrote|schrieb|a écrit|escribió)\b.{0,120}:$/i,
  /^\d{4}[年/-]\d{1,2}[月/-]\d{1,2}日?.{0,200}(?:[:：]|<[^>]+@[^>]+>\s*[:：]?)$/,
  /^.{0,120}さん(?:は|が)?(?:書きました|wrote)\s*[:：]$/,
];
/** Outlook's head of the mail that it repeats: these two lines follow each other. */
const from = /^\*?(?:from|von|de|差出人|送信者)\s*\*?\s*[:：]/i;
const sent = /^\*?(?:sent|gesendet|date|datum|envoyé|enviado|送信日時|日時)\s*\*?\s*[:：]/i;

export interface CutText {
  text: string;
  /** Null: nothing was repeated. */
  quoted: string | null;
}

export function withoutQuoted(whole: string): CutText {
  const lines = whole.split('\n');
  const at = lines.findIndex((_, n) => beginsAt(lines, n));
  const end = at < 0 ? lines.length : at;
  // `>` at the end; what is answered line by line stays as it is.
  let last = end;
  while (last > 0 && /^\s*(?:>.*)?$/.test(lines[last - 1] as string)) last--;
  const text = lines.slice(0, last).join('\n').trim();
  const quoted = lines.slice(last).join('\n').trim();
  // Written below what it repeats, or nothing but that: the whole.
  if (text === '' || quoted === '') return { text: whole.trim(), quoted: null };
  return { text, quoted };
}

function beginsAt(lines: readonly string[], n: number): boolean {
  const line = (lines[n] as string).trim();
  if (from.test(line)) return lines.slice(n + 1, n + 4).some((one) => sent.test(one.trim()));
  // `On … wrote:` is often broken in two.
  const both = `${line} ${lines[n + 1]?.trim() ?? ''}`;
  return (
    beginnings.some((one) => one.test(line)) || (/^(?:on|am)\s/i.test(line) && beginnings.some((one) => one.test(both)))
  );
}
