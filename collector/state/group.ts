/**
 * Many small changes of state in one durable commit: when a fleet of thousands reconnects at once, one commit with its
 * fsync per endpoint would keep the whole collector busy for a minute.
 */
import type { StateTransaction } from './database.ts';
import type { State } from './open.ts';

type Work = (db: StateTransaction) => Promise<void>;

interface WaitingWork {
  work: Work;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/** How long changes gather, ms. Only the next step of their own message waits for them. */
const gatherMs = 10;
/** Changes per commit; the event loop runs in between. */
const atOnce = 200;

/** Resolves when the change is durable; rejects when it is not, without harm to the others. */
export type CommitGroup = (work: Work) => Promise<void>;

export function createGroup(state: State): CommitGroup {
  const waiting: WaitingWork[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
      const batch = waiting.splice(0, atOnce);
      await together(batch).catch(() => apart(batch));
    }
    isRunning = false;
  }

  async function together(batch: readonly WaitingWork[]): Promise<void> {
    await state.transaction().execute(async (db) => {
      for (const { work } of batch) await work(db);
    });
    for (const { resolve } of batch) resolve();
  }

  /** One change failed and the commit with it: each gets a commit and a result of its own. */
  async function apart(batch: readonly WaitingWork[]): Promise<void> {
    for (const { work, resolve, reject } of batch) await state.transaction().execute(work).then(resolve, reject);
  }

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push({ work, resolve, reject });
      if (isRunning) return;
      isRunning = true;
      void run();
    });
}
