import type { SeriesStore } from './series.ts';

const lookEveryMs = 2000;

/** Polls the store's `trouble`, and reports when it changes. */
export function watchTrouble(
  store: SeriesStore,
  tellTrouble: ((trouble: string | null) => void) | undefined,
): () => void {
  let told: string | null = null;
  const timer = setInterval(() => {
    const { trouble } = store.stats();
    if (trouble === told) return;
    told = trouble;
    tellTrouble?.(trouble);
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
