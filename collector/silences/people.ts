/** What people do to silences; the bounds of silences stand here and nowhere else. */
import type { Clock } from '../../shared/clock.ts';
import { type EvenkeelError, fail } from '../../shared/errors.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { shownInstant } from '../../shared/zone.ts';
import { makeId } from '../accounts/secret.ts';
import type { Input } from '../alerts/batch.ts';
import { fitsMissing, type Matcher, parseMatcher } from '../alerts/matcher.ts';
import type { State } from '../state/open.ts';
import type { SilenceMemory } from './memory.ts';
import { type Silence, stateAt } from './model.ts';

export interface SilenceGiven {
  matchers: readonly string[];
  reason: string;
  /** Now, where it is left out. */
  start?: number | undefined;
  /** Two hours after the start, where it is left out. */
  end?: number | undefined;
}

export interface SilencePeopleParts {
  state: State;
  clock: Clock;
  silences: SilenceMemory;
  /** Report zone, IANA: of the times in messages. */
  zone: string;
  push(input: Input): Promise<void>;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const usualMs = 2 * hourMs;
const longestMs = 30 * dayMs;
const aheadAtMostMs = 366 * dayMs;
/** A start this long ago is now: the clock of the browser may be behind. */
const nowMs = 60_000;
/** Each is compared with each change of an alert. */
const silencesAtMost = 1000;
export const matchersAtMost = 20;

const refused = (at: 'matchers' | 'start' | 'end', why: Reason): EvenkeelError =>
  refusal('BAD_SILENCE', why, {}, [{ at }]);

/** @throws EvenkeelError BAD_MATCHER, BAD_SILENCE where they would select nearly everything */
export function matchersOf(texts: readonly string[]): Matcher[] {
  const matchers = texts.map(parseMatcher);
  if (matchers.every(fitsMissing)) throw refused('matchers', reason('silence_all'));
  return matchers;
}

export type SilencePeople = ReturnType<typeof createSilencePeople>;

export function createSilencePeople({ state, clock, silences, zone, push }: SilencePeopleParts) {
  const shown = (at: number) => shownInstant(at, zone);
  const wish = (silence: Silence, at: number) => push({ type: 'silence', at, wish: { silence } });

  /** Of one that is not over. @throws EvenkeelError NOT_FOUND, CONFLICT */
  async function current(id: string, now: number): Promise<Silence> {
    const silence = silences.get(id);
    if (silence && stateAt(silence, now) !== 'over') return silence;
    const row = await state.selectFrom('silences').select('id').where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'silence', id });
    throw refusal('CONFLICT', reason('silence_over'));
  }

  function checkTimes(start: number, end: number, now: number): void {
    if (end <= start) throw refused('end', reason('silence_order', { start: shown(start), end: shown(end) }));
    if (end <= now) throw refused('end', reason('silence_end_past', { end: shown(end) }));
    if (end - start > longestMs) throw refused('end', reason('silence_long', { end: shown(start + longestMs) }));
    if (start > now + aheadAtMostMs) throw refused('start', reason('silence_far', { start: shown(start) }));
  }

  /** @throws EvenkeelError BAD_SILENCE: none begins in the past */
  function startOf(given: number | undefined, now: number): number {
    if (given === undefined || (given < now && given >= now - nowMs)) return now;
    if (given < now) throw refused('start', reason('silence_past', { start: shown(given) }));
    return given;
  }

  return {
    /** @returns its id @throws EvenkeelError BAD_MATCHER, BAD_SILENCE, CONFLICT when there are too many */
    async create(given: SilenceGiven, by: string): Promise<string> {
      const now = clock.now();
      const matchers = matchersOf(given.matchers);
      const start = startOf(given.start, now);
      const end = given.end ?? start + usualMs;
      checkTimes(start, end, now);
      if ([...silences.all()].length >= silencesAtMost)
        throw refusal('CONFLICT', reason('silence_many', { limit: silencesAtMost }));
      const id = makeId('s');
      const made = { createdAt: now, createdBy: by, updatedAt: now, updatedBy: by };
      await wish({ id, matchers, reason: given.reason, start, end, ...made }, now);
      return id;
    },

    /** Matchers and start of one that has not begun; reason and end while it is not over. @throws EvenkeelError */
    async change(id: string, given: Partial<SilenceGiven>, by: string): Promise<void> {
      const now = clock.now();
      const before = await current(id, now);
      const hasBegun = stateAt(before, now) === 'active';
      if (hasBegun && (given.matchers !== undefined || given.start !== undefined))
        throw refusal('CONFLICT', reason('silence_begun'));
      const matchers = given.matchers === undefined ? before.matchers : matchersOf(given.matchers);
      const start = given.start === undefined ? before.start : startOf(given.start, now);
      const end = given.end ?? before.end;
      checkTimes(start, end, now);
      const after = { ...before, matchers, start, end, reason: given.reason ?? before.reason };
      await wish({ ...after, updatedAt: now, updatedBy: by }, now);
    },

    /** Now; one that has not begun never does. @throws EvenkeelError NOT_FOUND, CONFLICT */
    async end(id: string, by: string): Promise<void> {
      const now = clock.now();
      const before = await current(id, now);
      const start = Math.min(before.start, now);
      await wish({ ...before, start, end: now, updatedAt: now, updatedBy: by }, now);
    },
  };
}
