/** Ctrl+C while a history is made: work ends between two events. An exit in the middle of it is an abort of native code. */

/** What a person asked for, and no failure. */
export class Stopped extends Error {}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * @param what is so now, and what to do
 * @returns a signal that is aborted with `Stopped` by the first Ctrl+C; `release` gives the signals of the process back
 */
export function stopOnSignal(what: string): { signal: AbortSignal; release(): void } {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) return;
    console.error('Stops …');
    stop.abort(new Stopped(`Stopped: ${what}`));
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: stop.signal,
    release() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
