/** A text in which people can be named with `@`: names that fit what was begun are offered below it. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../words/words.ts';
import { Callout } from './box.tsx';
import { Field } from './field.tsx';
import { useHouse } from './house.ts';

interface MentionAreaProps {
  label: string;
  help: string;
  value: string;
  onInput: (value: string) => void;
  maxLength: number;
}

const offeredAtMost = 6;
const begun = /(?<![\p{L}\p{N}._@-])@([\p{L}\p{N}._-]*)$/u;

/** Whether it names anybody of the house. */
export const hasMention = (text: string): boolean => /(?<![\p{L}\p{N}._@-])@[\p{L}\p{N}]/u.test(text);

/**
 * Names with `@` that nobody of the house has: whoever wrote them believes that somebody is told.
 * @param typed where the one begins that is still being written
 */
const unknownIn = (text: string, names: readonly string[], typed: number | null = null): string[] => {
  const known = (rest: string) => names.some((name) => rest.toLowerCase().startsWith(name.toLowerCase()));
  return [...text.matchAll(/(?<![\p{L}\p{N}._@-])@([\p{L}\p{N}][\p{L}\p{N}._-]*)(?!\/)(?=\s|[,.:;!?)]|$)/gu)].flatMap(
    ({ 0: whole, index }) => (index === typed || known(text.slice(index + 1)) ? [] : whole.replace(/[._-]+$/, '')),
  );
};

export function MentionArea({ label, help, value, onInput, maxLength }: MentionAreaProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const [isHere, setHere] = useState(false);
  const chosen = useRef<number | null>(null);
  const [, word = null] = begun.exec(value.slice(0, caret)) ?? [];
  const house = useHouse(word !== null || hasMention(value));
  const small = (word ?? '').toLowerCase();
  const names =
    word === null
      ? []
      : (house.names ?? []).filter((name) =>
          [name, ...house.nameOf(name).split(' ')].some((one) => one.toLowerCase().startsWith(small)),
        );
  const look = () => setCaret(area.current?.selectionStart ?? 0);
  const take = (name: string) => {
    const start = caret - (word ?? '').length;
    onInput(`${value.slice(0, start)}${name} ${value.slice(caret)}`);
    setCaret(start + name.length + 1);
    chosen.current = start + name.length + 1;
    area.current?.focus();
  };
  // What was put in by the page leaves the caret at the end of the text.
  useLayoutEffect(() => {
    if (chosen.current !== null) area.current?.setSelectionRange(chosen.current, chosen.current);
    chosen.current = null;
  }, [value]);
  const first = small !== '' && !names.some((name) => name.toLowerCase() === small) ? names[0] : undefined;
  const onKeyDown = (event: KeyboardEvent) => {
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
    if (first === undefined || !isPlain || (event.key !== 'Enter' && event.key !== 'Tab')) return;
    event.preventDefault();
    take(first);
  };
  // Who is still writing a name is not told that nobody has it.
  const typed = isHere && names.length > 0 ? caret - small.length - 1 : null;
  const unknown = house.names === null ? [] : unknownIn(value, house.names, typed);
  return (
    <>
      <Field label={label} help={help}>
        {(ids) => (
          <textarea
            class="input"
            ref={area}
            value={value}
            maxLength={maxLength}
            onInput={(event) => {
              onInput(event.currentTarget.value);
              look();
            }}
            onKeyDown={onKeyDown}
            onFocus={() => setHere(true)}
            onBlur={() => setHere(false)}
            onKeyUp={look}
            onClick={look}
            {...ids}
          />
        )}
      </Field>
      {names.length > 0 && (
        <section class="row" aria-label={t('ticket.mention')}>
          {names.slice(0, offeredAtMost).map((name) => (
            <button key={name} type="button" class="button slim" onClick={() => take(name)}>
              @{house.shown(name)}
            </button>
          ))}
        </section>
      )}
      {unknown.length > 0 && (
        <Callout tone="warning" title={t('ticket.mentionUnknown', { names: unknown.join(', ') })} spoken />
      )}
    </>
  );
}
