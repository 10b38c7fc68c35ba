/** Which charts have come near the window: those far below are asked for when they do, or when the page is to be printed. */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';

/** All are wanted at once. */
const all = signal(false);
const patienceMs = 10_000;

export function useSeen() {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const seen = near || all.value;
  useEffect(() => {
    if (!place.current || seen) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setNear(true);
      },
      { rootMargin: '300px' },
    );
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [seen]);
  return { place, seen };
}

/** Nothing waits any more in these charts, or for too long. */
async function drawn(charts: HTMLElement): Promise<void> {
  const until = Date.now() + patienceMs;
  do await new Promise((done) => setTimeout(done, 200));
  while (Date.now() < until && charts.querySelector('.bones, .plot:empty'));
}

/** A browser prints what is there, and waits for nothing: Ctrl+P first fetches the charts that were never in view. */
export function useWholePrint() {
  const charts = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const show = () => {
      all.value = true;
    };
    const press = (event: KeyboardEvent) => {
      if (all.value || event.key !== 'p' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      if (!charts.current) return;
      event.preventDefault();
      show();
      void drawn(charts.current).then(() => print());
    };
    addEventListener('beforeprint', show);
    addEventListener('keydown', press);
    return () => {
      removeEventListener('beforeprint', show);
      removeEventListener('keydown', press);
      all.value = false;
    };
  }, []);
  return charts;
}
