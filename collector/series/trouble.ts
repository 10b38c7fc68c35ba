import type { SeriesStore } from './series.ts';

const lookEveryMs = 2000;

/** Looks at the store's own word on whether all is well with it, and tells when that changes. */
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
