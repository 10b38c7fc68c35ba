/**
 * The ticket desks of others that the settings name. Each has a lane of its own: what it did is asked for, then what waits is
 * brought to it, ticket by ticket, with growing pauses where it does not answer. Nothing waits in a queue: what is to be done follows from
 * the tickets themselves, so a desk that is away for a day gets what is so then, once.
 */
import type { DeskTrial, DeskView } from '../../shared/desk.ts';
import { codeOf, fail, reasonOf } from '../../shared/errors.ts';
import type { Outgoing } from '../../shared/outgoing.ts';
import type { HookMessage } from './desk.ts';
import { type DeskLane, type LaneParts, laneOf, laneRunner, type RaiseDesk } from './lane.ts';
import { deskRow, markChanged, ownTicket } from './links.ts';
import { type DeskSettings, shownSettings } from './settings.ts';
import { ticketFor } from './sync.ts';

export interface Desks {
  /** Of evenkeel.yaml, with how each does. */
  view(): Promise<DeskView[]>;
  /** Whether its account may do all that is asked of it, and what would be sent. @throws EvenkeelError NOT_FOUND */
  test(name: string): Promise<DeskTrial>;
  /** A message of a desk: what it is about is read again. @throws EvenkeelError HOOK_REFUSED */
  take(name: string, message: HookMessage): Promise<void>;
  /** Brings to each desk what waits, and takes what it did; resolves when each had its turn. */
  runDue(): Promise<void>;
  start(raise: RaiseDesk): void;
  stop(): Promise<void>;
}

export interface DesksParts extends LaneParts {
  settings: readonly DeskSettings[];
  outgoing: Outgoing;
  /** Of each request, ms. */
  deadlineMs?: number;
  /** False once another collector may send in place of this one. Left out: there is no other. */
  maySend?: () => boolean;
}

const lookEveryMs = 5_000;
const gatherMs = 250;

export function createDesks(parts: DesksParts): Desks {
  const { state, clock, changeFeed, outgoing, deadlineMs = 15_000, maySend = () => true } = parts;
  const stopped = new AbortController();
  const lanes = parts.settings.map((one) => laneOf(one, { outgoing, deadlineMs, maySend }));
  let raise: RaiseDesk | undefined;
  const { run, countOf } = laneRunner(parts, stopped.signal, () => raise);
  let timer: NodeJS.Timeout | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let unsubscribe: (() => void) | undefined;

  const laneNamed = (name: string): DeskLane => {
    const lane = lanes.find((one) => one.name === name);
    if (!lane) throw fail('NOT_FOUND', { what: 'ticket desk', id: name });
    return lane;
  };

  function wake(): void {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      void runDue();
    }, gatherMs);
    gathering.unref();
  }

  async function runDue(): Promise<void> {
    await Promise.all(lanes.map(run));
  }

  return {
    view: () =>
      Promise.all(
        lanes.map(async (lane) => ({
          ...{ name: lane.name, kind: lane.type.kind, settings: shownSettings(lane.type, lane.settings) },
          hook: lane.settings.hook_secret === undefined ? null : `${parts.publicUrl()}/api/v1/desks/${lane.name}/hook`,
          ...(await countOf(lane)),
          ...{
            lastAt: lane.lastAt,
            trouble: lane.trouble,
            troubleCode: lane.troubleCode,
            troubleSince: lane.troubleSince,
            isStopped: lane.isStopped,
          },
        })),
      ),
    async test(name) {
      const lane = laneNamed(name);
      const [at, begun] = [clock.now(), clock.monotonic()];
      const done = (error: string | null, errorCode: DeskTrial['errorCode'], findings: DeskTrial['findings']) => ({
        error,
        errorCode,
        findings,
      });
      const { error, errorCode, findings } = await lane.set.desk.check(stopped.signal).then(
        (found) => done(null, null, found),
        (thrown: unknown) => done(reasonOf(thrown), codeOf(thrown), []),
      );
      if (error === null && findings.every(({ result }) => result !== 'bad')) {
        lane.waitsUntil = 0;
        wake();
      }
      return {
        at,
        ms: Math.round(clock.monotonic() - begun),
        error,
        errorCode,
        findings,
        example: await example(lane),
      };
    },
    async take(name, message) {
      const lane = lanes.find((one) => one.name === name);
      const key = lane?.settings.hook_secret;
      if (!lane || key === undefined || !lane.type.isSigned?.(message, key)) throw fail('HOOK_REFUSED', {});
      const ids = lane.type.ticketsIn?.(jsonIn(message.body), lane.settings as never) ?? [];
      if (
        (await markChanged(
          state,
          name,
          ids.map((id) => ({ id })),
        )) > 0
      )
        wake();
    },
    runDue,
    start(raiser) {
      raise = raiser;
      if (lanes.length === 0) return;
      unsubscribe = changeFeed.subscribe(({ kind }) => void (kind === 'ticket' && wake()));
      timer = setInterval(() => void runDue(), lookEveryMs);
      timer.unref();
      void runDue();
    },
    async stop() {
      unsubscribe?.();
      clearInterval(timer);
      clearTimeout(gathering);
      stopped.abort();
      await Promise.all(lanes.map(({ running }) => running));
    },
  };

  /** The newest ticket as the desk would get it. */
  async function example({ name, kinds, set }: DeskLane): Promise<DeskTrial['example']> {
    const newest = state
      .selectFrom('tickets')
      .select('id')
      .where('kind', 'in', kinds as never[])
      .orderBy('id', 'desc');
    const found = await newest.limit(1).executeTakeFirst();
    const own = found && (await ownTicket(state, parts.ruleNamed, found.id));
    if (!found || !own) return null;
    const { marker } = await deskRow(state, name);
    const { title, text, priority, assignee } = ticketFor({ ...parts, at: { ...set, marker }, id: found.id }, own);
    return { title, text, priority, assignee };
  }
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
