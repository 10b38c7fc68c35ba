/** The months that pages ask for: closed ones as they were kept, open ones computed, and kept for a while. */
import type { Clock } from '../../shared/clock.ts';
import { type Log, silentLog } from '../../shared/log.ts';
import { movedPeriod } from '../../shared/period.ts';
import type { Change, ChangeFeed } from '../change-feed.ts';
import type { State } from '../state/open.ts';
import {
  type ClosedMonth,
  closedMonth,
  closeMonths,
  newestClosed,
  type Recomputation,
  recomputeMonth,
} from './closed-months.ts';
import { definitionNow } from './definition.ts';
import { createKept, oldestMs } from './kept.ts';
import { computeMonth, type Month } from './month.ts';
import { periodOf, presentMonth } from './period.ts';
import { type KpiScope, withinSight } from './question.ts';
import { basisOf, type KeptMonth, savedAnswers } from './saved-answers.ts';

export interface MonthRead {
  month: Month;
  closed: Omit<ClosedMonth, 'month'> | null;
}

export interface Months {
  /** How long facts are kept once they have ended, ms. */
  readonly evidenceMs: number;
  /**
   * Within the sites of a limited caller; such answers are kept apart by them.
   * Weeks, quarters and months of another zone are never closed: a quarter pools its minutes, it is no mean of months.
   * @param zone default the report zone. @throws EvenkeelError BAD_REQUEST when the period is none
   */
  of(period: string, scope: KpiScope, zone?: string): Promise<MonthRead>;
  /** Null before one is closed. */
  newestClosed(): Promise<string | null>;
  /** @returns how many were closed */
  close(): Promise<number>;
  recompute(period: string, apply: { by: string; reason: string } | null): Promise<Recomputation>;
  /** From now on the open months of all endpoints are computed before a page asks for them. @returns what ends it */
  stayReady(): () => void;
}

/** Twice before an answer is too old to be shown. */
const readyEveryMs = oldestMs / 2;
/** After a start endpoints sign on, which comes first. */
const readyAfterMs = 60_000;

/** What people change, and their numbers follow at once. Of presence and alerts they follow within half a minute. */
const facts = new Set<Change['kind']>(['ticket', 'maintenance', 'calendar', 'site', 'group', 'cost', 'product']);

interface MonthsParts {
  state: State;
  clock: Clock;
  /** Report zone, IANA. */
  zone: string;
  changeFeed: Pick<ChangeFeed, 'subscribe'>;
  /** How long facts are kept once they have ended; default for ever. */
  evidenceMs?: number;
  /** Of the program. */
  version?: string;
  log?: Log;
}

export function createMonths(parts: MonthsParts): Months {
  const { state, clock, zone, changeFeed, version = '', log = silentLog, evidenceMs = Infinity } = parts;
  const basis = async (definition?: Month['definition']) =>
    basisOf(state, version, definition ?? (await definitionNow(state)));
  const saved = savedAnswers(state, { basisNow: basis, oldestMs });
  const kept = createKept<KeptMonth>(clock, {
    ...saved,
    save: (key, answer) =>
      saved.save(key, answer).catch((err) => log.warn({ err, key }, 'The numbers of a month could not be kept')),
  });
  changeFeed.subscribe(({ kind }) => facts.has(kind) && kept.changed());

  async function closed(period: string, { site, kind, group, endpoint, sites }: KpiScope): Promise<MonthRead | null> {
    if ([kind, group, endpoint, sites].some((one) => one !== undefined)) return null;
    const row =
      site === undefined
        ? { id: '' }
        : await state.selectFrom('sites').select('id').where('name', '=', site).executeTakeFirst();
    const found = row ? await closedMonth(state, period, row.id) : null;
    if (!found) return null;
    const { month, ...rest } = found;
    return { month, closed: rest };
  }

  async function computed(period: string, scope: KpiScope, inZone: string): Promise<Month> {
    const now = clock.now();
    // Another definition holds at once.
    const definition = await definitionNow(state);
    const key = JSON.stringify([
      period,
      inZone,
      definition.version,
      scope.site,
      scope.kind,
      scope.group,
      scope.endpoint,
      ...(scope.sites ? [scope.sites] : []),
    ]);
    const { month } = await kept.get(key, async () => ({
      basis: await basis(definition),
      month: await computeMonth(state, { period, zone: inZone, now, scope }, definition),
    }));
    return month;
  }

  const of: Months['of'] = async (period, asked, inZone = zone) => {
    const scope = withinSight(asked);
    return (
      (inZone === zone ? await closed(period, scope) : null) ?? {
        ...{ month: await computed(period, scope, inZone), closed: null },
      }
    );
  };

  async function makeReady(): Promise<void> {
    const now = clock.now();
    const present = presentMonth(now, zone);
    await of(present, {});
    const last = movedPeriod(present, -1);
    // The one it is compared with.
    if (periodOf({ period: last, zone, now }).provisional) await of(last, {});
  }

  return {
    evidenceMs,
    of,
    newestClosed: () => newestClosed(state),
    close: () => closeMonths(state, zone, clock.now()),
    recompute: (period, apply) => recomputeMonth(state, period, { zone, now: clock.now(), evidenceMs, apply }),
    stayReady() {
      const ready = () =>
        void makeReady().catch((err) => log.warn({ err }, 'The numbers of the open month could not be computed'));
      const first = setTimeout(ready, readyAfterMs).unref();
      const timer = setInterval(ready, readyEveryMs).unref();
      return () => {
        clearTimeout(first);
        clearInterval(timer);
      };
    },
  };
}
