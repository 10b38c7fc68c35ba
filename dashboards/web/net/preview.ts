/** What the collector says to a form before it is sent, a moment after the last change. */
import { useEffect, useState } from 'preact/hooks';
import { asProblem } from './load.ts';
import { call, type Problem } from './request.ts';

const pauseMs = 400;

/** @param bodyOf null while something is missing: there is nothing to say @param about what the answer depends on */
export function usePreview<T>(address: string, bodyOf: () => object | null, about: unknown) {
  const [state, setState] = useState<{ preview: T | null; problem: Problem | null }>({ preview: null, problem: null });
  const text = JSON.stringify(about);
  // Read again or drawn again: `text` is the reason to ask again
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      const body = bodyOf();
      if (body === null) return setState({ preview: null, problem: null });
      call<T>(address, { method: 'POST', body, signal: abort.signal }).then(
        (preview) => !abort.signal.aborted && setState({ preview, problem: null }),
        (thrown) => !abort.signal.aborted && setState({ preview: null, problem: asProblem(thrown) }),
      );
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return state;
}
