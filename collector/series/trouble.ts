import type { SeriesStore } from './series.ts';

const lookEveryMs = 2000;

/** Polls the store's `trouble`, and reports when it changes. */
export function watchTrouble(store: SeriesStore, onChange: ((trouble: string | null) => void) | undefined): () => void {
  let last: string | null = null;
  const timer = setInterval(() => {
    const { trouble } = store.stats();
    if (trouble === last) return;
    last = trouble;
    onChange?.(trouble);
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
