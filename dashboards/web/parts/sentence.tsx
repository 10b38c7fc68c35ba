/** A sentence of the words with links in the places of its values: the order is that of the language. */
import { type ComponentChildren, Fragment } from 'preact';
import { type Key, t } from '../words/words.ts';

export function Sentence({ of, values }: { of: Key; values: Readonly<Record<string, ComponentChildren>> }) {
  // What follows a value in Japanese, such as 件, stays on its line.
  const parts = t(of)
    .replaceAll(/(?<=\}\}) (?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/gu, '\u00a0')
    .split(/\{\{(\w+)\}\}/);
  return (
    <>
      {parts.map((part, n) => (
        <Fragment key={n}>{n % 2 === 0 ? part : values[part]}</Fragment>
      ))}
    </>
  );
}
