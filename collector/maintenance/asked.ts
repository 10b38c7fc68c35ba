/**
 * Maintenance that a machine asks for itself, for who works at its terminal. It is of that machine alone, begins now, is short,
 * and is told apart from planned work: in the numbers it counts as downtime until a person has approved it.
 */
import type { Ask } from '../../shared/ask.ts';
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import type { AskAnswer } from '../../shared/report.ts';
import { machineActor } from '../../shared/words/actors.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { shownInstant } from '../../shared/zone.ts';
import { createAllowances } from '../doors/allowance.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { type AuditEntry, completeAudit, dropAudit, writeAudit } from '../state/audit.ts';
import type { State } from '../state/open.ts';
import type { MaintenanceMemory } from './memory.ts';
import type { MaintenancePeople } from './people.ts';
import { aloneAtMostMs, type Occurrence } from './window.ts';

/** A person who mistypes asks a few times; a script that goes wrong asks for ever. */
const asksPerHour = 20;
const asksAtOnce = 10;
/** All that a machine asked for in this time counts together, so that one ask after the other is not endless. */
const lookBackMs = 2 * aloneAtMostMs;
const minuteMs = 60_000;

export interface AskedParts {
  state: State;
  clock: Clock;
  maintenance: MaintenanceMemory;
  people: MaintenancePeople;
  /** Whether the admin lets machines ask. */
  allowed: boolean;
  /** Report zone, IANA. */
  zone: string;
}

/** @param from the network address that the question came from. Refusals are answers; rejects only where nothing could be saved. */
export type AnswerAsk = (endpoint: Pick<Endpoint, 'id' | 'name'>, ask: Ask, from: string) => Promise<AskAnswer>;

export function createAsked({ state, clock, maintenance, people, allowed, zone }: AskedParts): AnswerAsk {
  const allowances = createAllowances({ perSecond: asksPerHour / 3600, burst: asksAtOnce, monotonic: clock.monotonic });
  const shown = (at: number) => shownInstant(at, zone);

  /** What it asked for and still runs. */
  function ownOf(endpoint: string, now: number): Occurrence | undefined {
    return coveringNow(endpoint, now).find(({ askedBy }) => askedBy === endpoint);
  }

  function coveringNow(endpoint: string, now: number): Occurrence[] {
    const ids = [...maintenance.coveringOf(endpoint)];
    const running = ids.flatMap((id) => maintenance.occurrence(id) ?? []).filter(({ end }) => end > now);
    return running.sort((a, b) => b.end - a.end);
  }

  /** ms in maintenance by its own asking, of the last two days. */
  async function askedBefore(endpoint: string, now: number): Promise<number> {
    const rows = await state
      .selectFrom('maintenance_occurrences')
      .select(['start_at as start', 'end_at as end'])
      .where('asked_by', '=', endpoint)
      .where('end_at', '>', now - lookBackMs)
      .execute();
    return rows.reduce(
      (sum, { start, end }) => sum + Math.max(0, Math.min(end, now) - Math.max(start, now - lookBackMs)),
      0,
    );
  }

  async function begin(
    { id, name }: Pick<Endpoint, 'id' | 'name'>,
    { minutes = 0, reason: why = '' }: Ask,
    from: string,
  ) {
    const now = clock.now();
    const by = machineActor(name);
    const to = now + minutes * minuteMs;
    if (minutes < 1) throw refusal('BAD_MAINTENANCE', reason('maintenance_no_end'));
    if (why.trim() === '') throw refusal('BAD_MAINTENANCE', reason('maintenance_no_reason'));
    const own = ownOf(id, now);
    if (own && own.end >= to) throw refusal('CONFLICT', reason('maintenance_asked_already', { end: shown(own.end) }));
    const before = await askedBefore(id, now);
    if (before + to - now > aloneAtMostMs) {
      const left = Math.max(0, Math.floor((aloneAtMostMs - before) / minuteMs));
      throw refusal('BAD_MAINTENANCE', reason('maintenance_asked_much', { minutes, left }));
    }
    const entry = entryOf(now, by, from, { object_id: own?.window ?? null, name, reason: why });
    await noted({ ...entry, action: own ? 'extend' : 'add', after: { to } }, async () => {
      if (own) await people.extend(own.window, to, by);
      else {
        const wish = { scope: { of: 'endpoint' as const, target: id }, reason: why, to, askedBy: id };
        people.requireRoom(1);
        return people.create(wish, by);
      }
      return own.window;
    });
    return answerOf(
      to,
      'nobody is notified of this machine. In the numbers it counts as downtime until a person has approved it on the page Maintenance.',
    );
  }

  async function end({ id, name }: Pick<Endpoint, 'id' | 'name'>, from: string) {
    const now = clock.now();
    const own = ownOf(id, now);
    if (!own) {
      const [other] = coveringNow(id, now);
      if (other)
        throw refusal('CONFLICT', reason('maintenance_asked_other', { by: other.enteredBy, end: shown(other.end) }));
      throw refusal('CONFLICT', reason('maintenance_asked_none'));
    }
    const by = machineActor(name);
    const entry = entryOf(now, by, from, { object_id: own.window, name, reason: null });
    await noted({ ...entry, action: 'end', before: { to: own.end }, after: { to: now } }, async () => {
      await people.end(own.window, by);
      return own.window;
    });
    const [other] = coveringNow(id, clock.now()).filter((one) => one.id !== own.id);
    return other
      ? answerOf(
          other.end,
          `what this machine asked for has ended; it stays in maintenance by what ${other.enteredBy} entered.`,
        )
      : answerOf(null, 'The maintenance has ended. What still fires in five minutes is notified then.');
  }

  function show(id: string) {
    const [running] = coveringNow(id, clock.now());
    if (!running) return answerOf(null, 'This machine is not in maintenance.');
    const why = maintenance.window(running.window)?.reason ?? '';
    return answerOf(running.end, `this machine is in maintenance, entered by ${running.enteredBy}: ${why}`);
  }

  /** As what people do: noted before it is done, and taken back where it was refused. */
  async function noted(entry: AuditEntry, work: () => Promise<string>): Promise<void> {
    const noted = await writeAudit(state, { ...entry, outcome: 'begun' });
    try {
      const window = await work();
      await completeAudit(state, noted, { ...entry, object_id: window, outcome: 'done' });
    } catch (thrown) {
      if (thrown instanceof EvenkeelError) await dropAudit(state, noted);
      throw thrown;
    }
  }

  async function act(endpoint: Pick<Endpoint, 'id' | 'name'>, ask: Ask, from: string) {
    if (!allowed) throw refusal('BAD_MAINTENANCE', reason('maintenance_asked_off'));
    if (ask.act === 'show') return show(endpoint.id);
    const waitMs = allowances.take(endpoint.id, 1);
    if (waitMs > 0)
      throw refusal('CONFLICT', reason('maintenance_asked_often', { minutes: Math.ceil(waitMs / minuteMs) }));
    return ask.act === 'end' ? end(endpoint, from) : begin(endpoint, ask, from);
  }

  return async (endpoint, ask, from) => {
    try {
      return { id: ask.id, ...(await act(endpoint, ask, from)) };
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError) || thrown.retryable) throw thrown;
      return { id: ask.id, ok: false, until: null, text: `Refused: ${thrown.message}\n${thrown.hint}` };
    }
  };
}

const answerOf = (until: number | null, text: string): Omit<AskAnswer, 'id'> => ({ ok: true, until, text });

const entryOf = (
  at: number,
  actor: string,
  address: string,
  about: Pick<AuditEntry, 'object_id' | 'name' | 'reason'>,
) => ({
  ...{ at, kind: 'agent' as const, actor, address, object: 'maintenance', outcome: 'begun' as const },
  ...{ before: null, after: null, ...about },
});
