/** The orders that are not over, one for each endpoint: what machines say of them, and what is taken back by itself. */
import type { Clock } from '../../shared/clock.ts';
import type { ScriptRun } from '../../shared/inventory.ts';
import type { Log } from '../../shared/log.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { oneAtATime } from '../fleet/turns.ts';
import type { State } from '../state/open.ts';
import { monitor } from '../tickets/events.ts';
import { type ScriptSettings, stillMay } from './asking.ts';
import {
  auditOutcome,
  changeOrder,
  isOpen,
  type OrderChange,
  type OrderRow,
  readOpenOrders,
  readRuns,
  readSent,
} from './orders.ts';

export interface ScriptRoom {
  state: State;
  fleet: Pick<Fleet, 'get'>;
  accounts: Pick<Accounts, 'onEnd'> & { users: Pick<Accounts['users'], 'list'> };
  settings: ScriptSettings;
  changeFeed: ChangeFeed;
  clock: Clock;
  log: Log;
}

/** After its life and its time limit, how long an answer may be on its way: what a machine spools comes when it is back. */
const answerMs = 120_000;

function resultOf({ state, code, signal, output, cut, reason: said }: ScriptRun, now: number): OrderChange {
  const why = typeof said === 'string' ? [reason('said', { text: said })] : said;
  return { state, code, signal, output, reason: why, cut: cut ? 1 : 0, ended_at: now };
}

export async function createOpenOrders(parts: ScriptRoom) {
  const { state, fleet, accounts, settings, changeFeed, clock, log } = parts;
  const open = new Map((await readOpenOrders(state)).map((row) => [row.endpoint, row]));
  const turns = oneAtATime();
  const rights = { state, users: accounts.users, needed: settings.role };
  let tell: ((endpoint: string) => void) | undefined;
  let looking: Promise<unknown> = Promise.resolve();

  /** State is written by now: memory, agent and pages follow. */
  function settle(row: OrderRow): void {
    const { endpoint, ticket } = row;
    if (isOpen(row)) open.set(endpoint, row);
    else if (open.get(endpoint)?.id === row.id) open.delete(endpoint);
    try {
      tell?.(endpoint);
    } catch (thrown) {
      log.warn({ err: thrown, endpoint }, 'Could not send an order to an agent; it follows when it connects');
    }
    changeFeed.publish({ kind: 'inventory', endpoint, section: 'script_runs' });
    if (ticket !== null) changeFeed.publish({ kind: 'ticket', ticket });
  }

  /** @param isAgent whether the machine did it, or the collector by itself; left out: a person, whose request is noted */
  async function change(row: OrderRow, to: OrderChange, actor: string, isAgent?: boolean): Promise<OrderRow | null> {
    const at = clock.now();
    const name = fleet.get(row.endpoint)?.name ?? row.endpoint;
    const after = await state.transaction().execute(async (db) => {
      const changed = await changeOrder(db, row, to, { at, actor });
      if (changed && isAgent !== undefined && !isOpen(changed)) await auditOutcome(db, changed, { at, name, isAgent });
      return changed;
    });
    if (after) settle(after);
    return after;
  }

  const takeBack = (row: OrderRow, why: Reason, actor: string = monitor, to: 'withdrawn' | 'silent' = 'withdrawn') =>
    change(row, { state: to, reason: [why], ended_at: clock.now() }, actor, actor === monitor ? false : undefined);

  /** What the machine says of its orders; also of one that was given up or taken back, and ran all the same. */
  async function hear(endpoint: string): Promise<void> {
    const runs = new Map((await readRuns(state, endpoint)).map((run) => [run.id, run]));
    for (const row of await readSent(state, endpoint, [...runs.keys()])) {
      const run = runs.get(row.id) as ScriptRun;
      const isNews = isOpen(row) || run.state === 'done' || run.state === 'lost';
      if (run.state === 'running') {
        if (row.state === 'sent') await change(row, { state: 'running' }, row.asked_by);
      } else if (isNews) await change(row, resultOf(run, clock.now()), row.asked_by, true);
    }
  }

  /** Why nobody may or can carry it out any more; null: it stands. */
  async function whyOver(row: OrderRow): Promise<Reason | null> {
    const endpoint = fleet.get(row.endpoint);
    if (!endpoint || endpoint.retiredAt !== null) return reason('order_retired');
    if (row.state === 'running') return null;
    if (!settings.enabled) return reason('order_scripts_off');
    if (row.state === 'asked' && clock.now() >= row.expires_at) return reason('order_unapproved');
    for (const name of [row.asked_by, row.approved_by])
      if (name !== null && !(await stillMay(rights, name, endpoint))) return reason('order_rights', { name });
    return null;
  }

  async function look({ endpoint }: OrderRow): Promise<void> {
    await hear(endpoint);
    const row = open.get(endpoint);
    if (!row) return;
    const why = await whyOver(row);
    if (why !== null) await takeBack(row, why);
    else if (row.state !== 'asked' && clock.now() >= row.expires_at + row.limit_s * 1000 + answerMs)
      await takeBack(row, reason('order_unheard'), monitor, 'silent');
  }

  const lookAt = (row: OrderRow) =>
    turns
      .run(row.endpoint, () => look(row))
      .catch((thrown: unknown) => log.error({ err: thrown, endpoint: row.endpoint }, 'Could not look after an order'));

  function lookAll(): Promise<unknown> {
    looking = looking.then(() => Promise.all([...open.values()].map(lookAt)));
    return looking;
  }

  const unsubscribe = changeFeed.subscribe((happened) => {
    if (happened.kind !== 'inventory' || happened.section !== 'script_runs') return;
    turns
      .run(happened.endpoint, () => hear(happened.endpoint))
      .catch((thrown: unknown) => log.warn({ err: thrown }, 'Could not take over the result of a script yet'));
  });
  // Rights that ended are no longer used by an order that was not carried out yet.
  const forget = accounts.onEnd(() => void lookAll());

  return {
    ...{ rights, settle, change, takeBack, lookAll, inTurn: turns.run },
    of: (endpoint: string): OrderRow | undefined => open.get(endpoint),
    isNone: (): boolean => open.size === 0,
    start(send: (endpoint: string) => void): void {
      tell = send;
    },
    async stop(): Promise<void> {
      unsubscribe();
      forget();
      tell = undefined;
      await looking;
      await turns.idle();
    },
  };
}
