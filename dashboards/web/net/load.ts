/** What a page shows of one address: loading, data or problem, kept current by the change feed. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type LiveChange, link, onChanges, reconnected, valuesFrom } from './live.ts';
import { type Base, baseOf, call, isAway, lastAnswer, Problem, retryMs } from './request.ts';

export interface Loaded<T> {
  data: T | null;
  problem: Problem | null;
  /** True while nothing can be shown yet. */
  loading: boolean;
  reload(): void;
}

/** Anything thrown by a call, as a Problem. */
export function asProblem(thrown: unknown): Problem {
  return thrown instanceof Problem ? thrown : new Problem('BAD_ANSWER', 0, String(thrown), '');
}

/**
 * Loads `address` now, when it changes, until the collector is reached, after a reconnection, and when `concerns` matches a change (at most once in
 * `pauseMs`). Data of the former address is dropped at once; data of the same address stays while it is read again.
 */
export function useLoad<T>(
  address: string | null,
  concerns: (change: LiveChange) => boolean = () => false,
  pauseMs = 1000,
): Loaded<T> {
  const [state, setState] = useState<{ address: string | null; data: T | null; problem: Problem | null }>({
    address,
    data: null,
    problem: null,
  });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const again = reconnected.value;
  // Read again or drawn again: `turn` and `again` are the reasons to read again
  useEffect(() => {
    if (address === null) return;
    const abort = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    call<T>(address, { signal: abort.signal }).then(
      (data) => {
        if (link.peek() === 'live') valuesFrom.value = null;
        setState({ address, data, problem: null });
      },
      (thrown) => {
        if (abort.signal.aborted) return;
        const problem = asProblem(thrown);
        // What was read before is better than nothing, and its age is said.
        const kept = isAway(problem) ? lastAnswer(address) : undefined;
        setState((old) => {
          if (old.address === address && old.data !== null) return { ...old, problem };
          if (kept) valuesFrom.value = Math.min(valuesFrom.peek() ?? kept.at, kept.at);
          return { address, data: (kept?.body as T | undefined) ?? null, problem };
        });
        if (isAway(problem)) retry = setTimeout(reload, retryMs);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(retry);
    };
  }, [address, turn, again]);
  useFreshness(concerns, reload, pauseMs);
  const current = state.address === address;
  const data = current ? state.data : null;
  const problem = current ? state.problem : null;
  return { data, problem, loading: address !== null && data === null && problem === null, reload };
}

/** The data; while another address is loading, those of the one before, so that a list does not blink. */
export function useKept<T>({ data }: Loaded<T>): T | null {
  const last = useRef<T | null>(null);
  last.current = data ?? last.current;
  return last.current;
}

/** Calls `reload` for changes that concern a page: soon after the first one, then at most once in `pauseMs`. */
function useFreshness(concerns: (change: LiveChange) => boolean, reload: () => void, pauseMs: number): void {
  const latest = useRef(concerns);
  latest.current = concerns;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    let missed = false;
    const soon = () => {
      missed = false;
      timer ??= setTimeout(
        () => {
          timer = undefined;
          last = performance.now();
          reload();
        },
        Math.max(0, last + pauseMs - performance.now()),
      );
    };
    const stop = onChanges((changes) => {
      if (!changes.some((change) => latest.current(change))) return;
      if (document.hidden) missed = true;
      else soon();
    });
    const shown = () => {
      if (!document.hidden && missed) soon();
    };
    document.addEventListener('visibilitychange', shown);
    return () => {
      stop();
      document.removeEventListener('visibilitychange', shown);
      clearTimeout(timer);
    };
  }, [reload, pauseMs]);
}

/** What a form builds on: what was read of that address last, when it was opened. @param address without a query */
export function useBase(address: string): Base {
  const base = useRef<Base | null>(null);
  base.current ??= baseOf(address);
  return base.current;
}

export interface Sent {
  busy: boolean;
  problem: Problem | null;
  /** Runs a call that changes something; gives false when it failed, and the problem is there to show. */
  send(work: () => Promise<unknown>): Promise<boolean>;
}

/** The state of a button that changes something at the collector. */
export function useSend(): Sent {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (thrown) {
      setProblem(asProblem(thrown));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, problem, send };
}
