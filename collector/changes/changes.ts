/** The interface of this room: what people do to changes, and the clock that follows them. */
import type { MaintenanceScope } from '../maintenance/window.ts';
import { createChangeClock } from './follow.ts';
import { createChangeOutcomes } from './outcome.ts';
import { createChangePeople } from './people.ts';
import type { ChangeWish, StatedOutcome } from './plan.ts';
import { type ChangeParts, createChangeTools } from './tools.ts';

/** Each throws EvenkeelError BAD_CHANGE, NOT_FOUND or CONFLICT, and then nothing has changed. */
export interface Changes {
  /** @returns its number */
  create(wish: ChangeWish, by: string): Promise<number>;
  /** What has begun keeps its start and its targets. */
  edit(id: number, wish: Partial<ChangeWish>, by: string): Promise<void>;
  cancel(id: number, by: string, reason: string): Promise<void>;
  /** Finishes it, or states its outcome anew. */
  finish(id: number, verdict: StatedOutcome, by: string): Promise<void>;
  /** How one target went, as a person knows it; null: as observed. */
  setResult(id: number, endpoint: string, result: 'done' | 'failed' | null, note: string, by: string): Promise<void>;
  /** Endpoints that a plan would reach now. */
  reached(scopes: readonly MaintenanceScope[]): string[];
  /** What is due, and what was observed meanwhile; every ten seconds by itself. */
  work(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** Also how long what an agent reports may take to be seen as a change. */
const workEveryMs = 10_000;

export function createChanges(parts: ChangeParts): Changes {
  const tools = createChangeTools(parts);
  const { begin, passTime } = createChangeClock(tools);
  const { create, edit, cancel } = createChangePeople(tools, begin);
  const { finish, setResult } = createChangeOutcomes(tools);
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** Actions and the clock's work one after the other: each reads what it changes. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  const work = () => inTurn(passTime);
  return {
    create: (...given) => inTurn(() => create(...given)),
    edit: (...given) => inTurn(() => edit(...given)),
    cancel: (...given) => inTurn(() => cancel(...given)),
    finish: (...given) => inTurn(() => finish(...given)),
    setResult: (...given) => inTurn(() => setResult(...given)),
    reached: tools.reached,
    work,
    start() {
      const run = () =>
        void work().catch((thrown) => parts.log.error({ err: thrown }, 'Could not follow changes yet; tried again'));
      timer = setInterval(run, workEveryMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await turn;
    },
  };
}
