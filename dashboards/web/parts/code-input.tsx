/** The code of a second factor, once it was asked for. */
import { useRef } from 'preact/hooks';
import type { Problem } from '../net/request.ts';
import { t } from '../words/words.ts';
import { Input } from './field.tsx';

/** From the first time that a code was asked for. */
export function useAsked(problem: Problem | null): boolean {
  const asked = useRef(false);
  if (problem && ['CODE_NEEDED', 'WRONG_CODE'].includes(problem.code)) asked.current = true;
  return asked.current;
}

export function CodeInput({ value, onInput }: { value: string; onInput: (code: string) => void }) {
  return (
    <Input
      label={t('factor.code')}
      value={value}
      onInput={onInput}
      autocomplete="one-time-code"
      help={t('factor.codeHelp')}
      maxLength={20}
      required
    />
  );
}
