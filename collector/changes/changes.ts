/** The interface of this room: what people do to changes, and the clock that follows them. */
import { EvenkeelError } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import type { Change } from '../change-feed.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';
import { insideOf } from '../state/inside.ts';
import { createChangeClock } from './follow.ts';
import { createChangeOutcomes } from './outcome.ts';
import { createChangePeople } from './people.ts';
import type { ChangeWish, StatedOutcome } from './plan.ts';
import { type ChangeParts, createChangeTools } from './tools.ts';
import { openWindows } from './windows.ts';

export interface EnteredChange {
  /** Of the table that it comes from. */
  line: number;
  wish: ChangeWish;
  outcome: StatedOutcome | null;
}

/** Each throws EvenkeelError BAD_CHANGE, NOT_FOUND or CONFLICT, and then nothing has changed. */
export interface Changes {
  /** @returns its number */
  create(wish: ChangeWish, by: string): Promise<number>;
  /** All of them or none: each change with its outcome, where it has one. */
  createAll(changes: readonly EnteredChange[], by: string): Promise<void>;
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

/** What could only be found while it was entered, such as an outcome better than what is computed. */
function inLine(line: number, thrown: unknown): unknown {
  if (!(thrown instanceof EvenkeelError) || thrown.code !== 'BAD_CHANGE') return thrown;
  const faults = thrown.faults.map(({ at, problem }) => ({ at: `line ${line}, ${at}`, problem, line, column: at }));
  const texts = faults.map(({ at, problem }) => `${at}: ${problem}`).join('; ');
  const why = faults.flatMap(({ column }, n) => [reason('csv_in_cell', { line, column }), thrown.why[n] ?? []].flat());
  return new EvenkeelError('BAD_TABLE', { faults: texts, count: faults.length }, thrown, faults, why);
}

function actionsOf(parts: ChangeParts) {
  const tools = createChangeTools(parts);
  const { begin, passTime } = createChangeClock(tools);
  return { tools, passTime, ...createChangePeople(tools, begin), ...createChangeOutcomes(tools) };
}

export function createChanges(parts: ChangeParts): Changes {
  const { tools, passTime, create, edit, cancel, finish, setResult } = actionsOf(parts);
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** Actions and the clock's work one after the other: each reads what it changes. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** Windows of maintenance are saved by their own room, after the changes; the clock makes up for an end in between. */
  async function createAll(changes: readonly EnteredChange[], by: string): Promise<void> {
    const now = parts.clock.now();
    const open = changes.filter(({ wish, outcome }) => wish.to > now && outcome === null);
    parts.maintenance().requireRoom(open.reduce((sum, { wish }) => sum + wish.scopes.length, 0));
    const published: Change[] = [];
    const entered = await parts.state.transaction().execute(async (db) => {
      const changeFeed = { ...parts.changeFeed, publish: (change: Change) => void published.push(change) };
      const inside = actionsOf({ ...parts, changeFeed, state: insideOf(db) });
      const ids: number[] = [];
      for (const { line, wish, outcome } of changes)
        try {
          const { id } = await inside.enter(wish, by);
          if (outcome) await inside.finish(id, outcome, by);
          ids.push(id);
        } catch (thrown) {
          throw inLine(line, thrown);
        }
      return ids;
    });
    for (const change of published) parts.changeFeed.publish(change);
    for (const id of entered) await openWindows(parts.state, parts.maintenance(), await tools.stored(id), by, now);
  }

  const work = () => inTurn(passTime);
  return {
    create: (...given) => inTurn(() => create(...given)),
    createAll: (...given) => inTurn(() => createAll(...given)),
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
