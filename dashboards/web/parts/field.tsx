/** Labelled fields, and the buttons that send them. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { t } from '../words/words.ts';
import { Icon } from './icon.tsx';

interface FieldProps {
  label: string;
  help?: ComponentChildren;
  /** What is wrong with its value. */
  error?: string | undefined;
  children: (ids: FieldIds) => ComponentChildren;
  wide?: boolean;
}

interface FieldIds {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid'?: true;
}

export function Field({ label, help, error, children, wide = false }: FieldProps) {
  const id = useId();
  const about = [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(' ');
  return (
    <div class={wide ? 'field search' : 'field'}>
      <label for={id}>{label}</label>
      {children({
        id,
        'aria-describedby': about === '' ? undefined : about,
        ...(error ? { 'aria-invalid': true } : {}),
      })}
      {error && (
        <span class="fault" id={`${id}-error`}>
          {error}
        </span>
      )}
      {help && (
        <span class="help" id={`${id}-help`}>
          {help}
        </span>
      )}
    </div>
  );
}

interface InputProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  help?: ComponentChildren;
  error?: string | undefined;
  type?: 'text' | 'password' | 'number' | 'search' | 'date' | 'datetime-local' | 'time';
  autocomplete?: 'username' | 'current-password' | 'one-time-code' | 'new-password' | 'off';
  required?: boolean;
  min?: string;
  max?: string;
  minLength?: number;
  maxLength?: number;
  placeholder?: string;
  step?: string;
  /** Id of a datalist. */
  list?: string;
  wide?: boolean;
}

export function Input({ label, value, onInput, help, error, type = 'text', wide = false, ...rest }: InputProps) {
  return (
    <Field label={label} help={help} error={error} wide={wide}>
      {(ids) => {
        // Which role fits which type of input is more than the types of preact can follow.
        const attributes: object = { ...rest, ...ids, type, value };
        return <input class="input" {...attributes} onInput={(event) => onInput(event.currentTarget.value)} />;
      }}
    </Field>
  );
}

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly (readonly [value: string, word: string])[];
  help?: ComponentChildren;
  error?: string | undefined;
  /** The option without a value cannot be sent. */
  required?: boolean;
}

export function Select({ label, value, onChange, options, help, error, required = false }: SelectProps) {
  return (
    <Field label={label} help={help} error={error}>
      {(ids) => (
        <select
          class="input"
          value={value}
          required={required}
          onChange={(event) => onChange(event.currentTarget.value)}
          {...ids}
        >
          {options.map(([option, word]) => (
            <option key={option} value={option}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface ChoicesProps<T extends string> {
  label: string;
  value: T | null;
  options: readonly (readonly [value: T, word: string])[];
  onChoose: (value: T) => void;
}

/** A few choices side by side, one of them pressed. */
export function Choices<T extends string>({ label, value, options, onChoose }: ChoicesProps<T>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row in every browser
    <div class="choices" role="group" aria-label={label}>
      {options.map(([option, word]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChoose(option)}>
          {word}
        </button>
      ))}
    </div>
  );
}

/** Copies `text` and confirms it. Where the browser gives no clipboard, the text above it can be selected. */
export function CopyButton({ text, slim = false }: { text: string; slim?: boolean }) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 2500);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    if (!navigator.clipboard) return setState('failed');
    navigator.clipboard.writeText(text).then(
      () => setState('done'),
      () => setState('failed'),
    );
  };
  return (
    <span class="row">
      <button type="button" class={slim ? 'button slim' : 'button main'} onClick={copy}>
        <Icon name={state === 'done' ? 'ok' : 'copy'} />
        {state === 'done' ? t('common.copied') : t('common.copy')}
      </button>
      <span role="status" class="quiet">
        {state === 'failed' ? t('common.copyFailed') : ''}
        {state === 'done' && <span class="unseen">{t('common.copied')}</span>}
      </span>
    </span>
  );
}
