/** Asks for the own password again, before what outlives the session; then what was refused is tried once more. */
import { signal } from '@preact/signals';
import { part } from '../net/part.ts';
import { onConfirm } from '../net/request.ts';
import { loadMore } from '../words/words.ts';
import type { Question } from './confirm-question.tsx';

/** What waits for the answer; null: nothing is asked. */
const waiting = signal<((isConfirmed: boolean) => void) | null>(null);
const asked = signal<typeof Question | null>(null);

onConfirm(async () => {
  const [file] = await part(() => Promise.all([import('./confirm-question.tsx'), loadMore()]));
  asked.value = file.Question;
  return new Promise((resolve) => {
    waiting.value?.(false);
    waiting.value = resolve;
  });
});

function answer(isConfirmed: boolean): void {
  const resolve = waiting.value;
  waiting.value = null;
  resolve?.(isConfirmed);
}

export function Confirm() {
  const Asked = asked.value;
  return waiting.value === null || Asked === null ? null : <Asked answer={answer} />;
}
