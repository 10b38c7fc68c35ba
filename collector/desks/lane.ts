/** One desk: when it is asked, in which order, and what its answers mean for the next time. */
import { codeOf, type ErrorCode, EvenkeelError, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { isLanguage, type Language } from '../../shared/words/index.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { DeskBusy } from './client.ts';
import type { DeskReach, DeskType } from './desk.ts';
import { deskTypes } from './index.ts';
import { countWaiting, deskRow, forgetDone, linkOf, markChanged, setLink, waitingTickets } from './links.ts';
import type { DeskCommon, DeskSettings } from './settings.ts';
import { type SetDesk, type SyncParts, syncTicket } from './sync.ts';

export interface LaneParts extends SyncParts {
  changeFeed: ChangeFeed;
  log: Log;
  /** Nothing is sent meanwhile: the collector was restored, and a person is to look first. */
  isHeld(): boolean;
  /** 0 ≤ x < 1. */
  random?(): number;
}

/** Begins or ends the alert about a desk. */
export type RaiseDesk = (desk: string, isBad: boolean) => Promise<void>;

export interface DeskLane {
  name: string;
  type: DeskType;
  settings: DeskCommon & Record<string, unknown>;
  kinds: readonly string[];
  set: Omit<SetDesk, 'marker'>;
  /** Nothing is asked of it before; ms UTC. */
  waitsUntil: number;
  polledAt: number;
  cleanedAt: number;
  /** In a row. */
  failures: number;
  lastAt: number | null;
  trouble: string | null;
  troubleCode: ErrorCode | null;
  troubleSince: number | null;
  isStopped: boolean;
  isBad: boolean;
  running: Promise<void> | null;
}

const allKinds = ['alert', 'incident', 'budget', 'person'];
const standardPollMs = 60_000;
const hourMs = 3_600_000;
const [firstPauseMs, longestPauseMs] = [2_000, 5 * 60_000];
/** One that refuses the account is not asked more often. */
const stoppedMs = 15 * 60_000;
/** So many in a row say that it is the desk, and not the ticket. */
const failuresInRow = 3;
/** A desk that is away for shorter is no news. */
const badAfterMs = 10 * 60_000;
const pagesAtOnce = 20;

/** @param stopped ends what goes on; @param raise undefined: nobody is told yet */
export function laneRunner(parts: LaneParts, stopped: AbortSignal, raise: () => RaiseDesk | undefined) {
  const { state, clock, log, changeFeed, random = Math.random } = parts;

  function run(lane: DeskLane): Promise<void> {
    lane.running ??= runOnce(lane)
      .catch((thrown: unknown) => log.error({ err: thrown, desk: lane.name }, 'Could not look after a ticket desk yet'))
      .finally(() => {
        lane.running = null;
      });
    return lane.running;
  }

  async function runOnce(lane: DeskLane): Promise<void> {
    if (parts.isHeld() || stopped.aborted || clock.now() < lane.waitsUntil) return judge(lane);
    const row = await deskRow(state, lane.name);
    if (clock.now() - lane.cleanedAt >= hourMs) {
      row.from_ticket = await forgetDone(state, row, lane.kinds);
      lane.cleanedAt = clock.now();
    }
    try {
      await poll(lane, row.cursor);
    } catch (thrown) {
      failed(lane, thrown);
      return judge(lane);
    }
    const at = { ...lane.set, marker: row.marker };
    let inRow = 0;
    for (const id of await waitingTickets(state, row, lane.kinds, clock.now())) {
      if (stopped.aborted) return;
      try {
        await syncTicket(parts, at, id, stopped);
        succeeded(lane);
        inRow = 0;
        changeFeed.publish({ kind: 'ticket', ticket: id });
      } catch (thrown) {
        if (stopped.aborted) return;
        const isOfTicket = await postpone(lane, id, thrown);
        inRow++;
        if (isOfTicket && inRow < failuresInRow) continue;
        failed(lane, thrown);
        break;
      }
    }
    await judge(lane);
  }

  async function poll(lane: DeskLane, from: string | null): Promise<void> {
    const { desk } = lane.set;
    const everyMs = (lane.settings.poll_s ?? standardPollMs / 1000) * 1000;
    if (!desk.changes || clock.now() - lane.polledAt < everyMs) return;
    let cursor = from;
    for (let page = 0; page < pagesAtOnce; page++) {
      const changes = await desk.changes(cursor, clock.now(), stopped);
      await markChanged(state, lane.name, changes.changed);
      cursor = changes.cursor;
      await state.updateTable('desks').set({ cursor }).where('id', '=', lane.name).execute();
      if (!changes.isMore) break;
    }
    lane.polledAt = clock.now();
    succeeded(lane);
  }

  /** @returns whether it says something of this ticket alone */
  async function postpone(lane: DeskLane, id: number, thrown: unknown): Promise<boolean> {
    if (thrown instanceof EvenkeelError && thrown.code === 'STATE_UNAVAILABLE') throw thrown;
    const link = await linkOf(state, lane.name, id);
    const attempts = link.attempts + 1;
    const isRefused = !(thrown instanceof EvenkeelError) || !thrown.retryable;
    const isOfDesk = thrown instanceof DeskBusy || (thrown instanceof EvenkeelError && thrown.code === 'DESK_DENIED');
    const wait = isRefused ? Math.min(hourMs, 60_000 * 4 ** Math.min(attempts - 1, 5)) : pauseAfter(attempts, random);
    if (!(thrown instanceof EvenkeelError))
      log.error({ err: thrown, desk: lane.name, ticket: id }, 'Could not bring a ticket to its desk');
    await setLink(state, link, {
      ...{ attempts, last_error: reasonOf(thrown).slice(0, 500) },
      next_at: isOfDesk ? 0 : clock.now() + wait,
    });
    changeFeed.publish({ kind: 'ticket', ticket: id });
    return !isOfDesk;
  }

  function failed(lane: DeskLane, thrown: unknown): void {
    const reason = reasonOf(thrown).slice(0, 500);
    lane.failures++;
    lane.isStopped = thrown instanceof EvenkeelError && thrown.code === 'DESK_DENIED';
    const pause = thrown instanceof DeskBusy ? thrown.retryAfterMs : pauseAfter(lane.failures, random);
    lane.waitsUntil = clock.now() + (lane.isStopped ? stoppedMs : pause);
    if (lane.trouble !== reason)
      log.warn({ desk: lane.name, reason }, 'A ticket desk does not do what it is asked for');
    lane.trouble = reason;
    lane.troubleCode = codeOf(thrown);
    lane.troubleSince ??= clock.now();
  }

  function succeeded(lane: DeskLane): void {
    if (lane.trouble !== null) log.info({ desk: lane.name }, 'A ticket desk works again');
    Object.assign(lane, {
      failures: 0,
      trouble: null,
      troubleCode: null,
      troubleSince: null,
      isStopped: false,
      lastAt: clock.now(),
    });
  }

  async function judge(lane: DeskLane): Promise<void> {
    const tell = raise();
    if (!tell) return;
    const isLate = lane.troubleSince !== null && clock.now() - lane.troubleSince >= badAfterMs;
    const isBad = lane.isStopped || isLate || (await countRefused(lane.name)) > 0;
    if (isBad === lane.isBad) return;
    await tell(lane.name, isBad);
    lane.isBad = isBad;
  }

  async function countOf({ name, kinds }: DeskLane) {
    const links = state.selectFrom('desk_links').select((of) => of.fn.countAll<number>().as('n'));
    const linked = await links
      .where('desk', '=', name)
      .where('state', 'in', ['linked', 'done'])
      .executeTakeFirstOrThrow();
    const waiting = await countWaiting(state, await deskRow(state, name), kinds);
    return { linked: Number(linked.n), refused: await countRefused(name), waiting };
  }
  async function countRefused(name: string): Promise<number> {
    const { n } = await state
      .selectFrom('desk_links')
      .select((of) => of.fn.countAll<number>().as('n'))
      .where('desk', '=', name)
      .where('state', 'in', ['opening', 'linked'])
      .where('last_error', 'is not', null)
      .where('attempts', '>=', failuresInRow)
      .executeTakeFirstOrThrow();
    return Number(n);
  }

  return { run, countOf };
}

/** Full jitter, so that a desk that recovers is not hit by all at once. */
const pauseAfter = (attempts: number, random: () => number): number =>
  500 + Math.floor(random() * Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts, 12)));

export function laneOf({ name, kind, settings }: DeskSettings, reach: DeskReach): DeskLane {
  const type = deskTypes.find((one) => one.kind === kind) as DeskType;
  const given = settings as DeskLane['settings'];
  const { language = 'en', people = {}, tickets = allKinds } = given;
  const spoken: Language = isLanguage(language) ? language : 'en';
  const desk = type.create(name, settings as never, reach);
  return {
    ...{ name, type, settings: given, kinds: tickets },
    set: { name, desk, language: spoken, people: new Map(Object.entries(people)) },
    ...{
      waitsUntil: 0,
      polledAt: 0,
      cleanedAt: 0,
      failures: 0,
      lastAt: null,
      trouble: null,
      troubleCode: null,
      troubleSince: null,
    },
    ...{ isStopped: false, isBad: false, running: null },
  };
}
