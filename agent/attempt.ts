/** One run of one check, with its time limit: whatever it does, there is an outcome. */
import { type Reason, ReasonedError, reason, reasonsOf } from '../shared/reason.ts';
import type { Check, CheckContext, Findings } from './checks/check.ts';

export type CheckOutcome = { ms: number } & (
  | { status: 'ok'; findings: Findings }
  /** This machine has nothing of the kind. Not a failure. */
  | { status: 'no_data'; reasons: Reason[] }
  | { status: 'failed'; reasons: Reason[] }
);

/** NoData by its name: a check that came out of another copy of the module (a bundle, a child) means the same. */
const isNoData = (thrown: unknown) => thrown instanceof Error && thrown.name === 'NoData';

export function attempt(check: Check, context: CheckContext, timeoutMs: number): Promise<CheckOutcome> {
  const started = context.clock.monotonic();
  const ms = () => Math.round((context.clock.monotonic() - started) * 100) / 100;
  const failed = (thrown: unknown): CheckOutcome => ({
    ...{ status: isNoData(thrown) ? 'no_data' : 'failed', reasons: reasonsOf(thrown), ms: ms() },
  });
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const late = () => resolve(failed(new ReasonedError(reason('check_too_slow', { limit_s: timeoutMs / 1000 }))));
    // Only when this turn of the event loop did not end it: a timer causes one more wake-up of the process, even when it was
    // cleared.
    const turn = setImmediate(() => {
      timer = setTimeout(late, timeoutMs);
    });
    const end = (outcome: CheckOutcome) => {
      clearImmediate(turn);
      clearTimeout(timer);
      resolve(outcome);
    };
    run(check, context).then(
      (findings) => end({ status: 'ok', findings, ms: ms() }),
      (thrown) => end(failed(thrown)),
    );
  });
}

/** What a check throws before it waits for anything is thrown later, too. */
const run = async (check: Check, context: CheckContext): Promise<Findings> => check.run(context);
