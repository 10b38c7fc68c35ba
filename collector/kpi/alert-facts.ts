/** When alerts fired and when they were first acknowledged, from their history. */
import type { Calendar } from '../../shared/calendar.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { readScripts } from '../tickets/scripts.ts';
import type { KpiQuestion } from './question.ts';

export interface AlertFact {
  id: string;
  endpoint: string;
  rule: string;
  /** ms UTC. An alert fires once: while it goes on, worse and better levels are the same alert. */
  firedAt: number;
  /** The first time, by a person; null where none had come by the end of the window. */
  acknowledgedAt: number | null;
  /** Null where it went on at the end of the window. */
  resolvedAt: number | null;
  /** Support hours of the site of its endpoint. */
  calendar: Calendar;
}

const codes = ['firing', 'acknowledged'] as const;
/** A page of rows holds the event loop for 10 to 20 ms. */
const rowsAtOnce = 5000;

export async function readAlerts(state: State, { endpoints, window, zone }: KpiQuestion): Promise<AlertFact[]> {
  const scripts = await readScripts(state);
  const calendarOf = await readCalendars(state, zone);
  const siteOf = new Map(endpoints.map(({ id, site }) => [id, site]));
  const found = new Map<string, Partial<AlertFact> & Pick<AlertFact, 'id' | 'endpoint' | 'rule' | 'resolvedAt'>>();
  for await (const event of eventsIn(state, window.start, window.end)) {
    if (!siteOf.has(event.endpoint) || isOfScript(event, scripts)) continue;
    const { alert: id, endpoint, rule, resolved_at: at } = event;
    const fact = found.get(id) ?? { id, endpoint, rule, resolvedAt: at !== null && at < window.end ? at : null };
    if (event.code === 'firing') fact.firedAt ??= event.at;
    else fact.acknowledgedAt ??= event.at;
    found.set(id, fact);
  }
  const older = [...found.values()].filter(({ firedAt }) => firedAt === undefined).map(({ id }) => id);
  for (const some of chunks(older)) {
    for (const { alert, code, at, actor } of await earlier(state, some, window.start)) {
      if (isOfScript({ code, actor }, scripts)) continue;
      const fact = found.get(alert);
      // Acknowledged before the window: it belongs to the period of that first time.
      if (code === 'acknowledged') found.delete(alert);
      else if (fact) fact.firedAt = Math.min(at, fact.firedAt ?? at);
    }
    await breathe();
  }
  return [...found.values()].flatMap(({ firedAt, acknowledgedAt = null, ...fact }) => {
    const { calendar } = calendarOf(siteOf.get(fact.endpoint) ?? null, 'support');
    return firedAt === undefined ? [] : [{ ...fact, firedAt, acknowledgedAt, calendar }];
  });
}

async function* eventsIn(state: State, start: number, end: number) {
  let after = { at: start, id: -1 };
  for (;;) {
    const { at, id } = after;
    const rows = await state
      .selectFrom('alert_events as e')
      .innerJoin('alerts as a', 'a.id', 'e.alert')
      .select(['e.id', 'e.alert', 'e.at', 'e.code', 'e.rule', 'e.actor', 'a.endpoint', 'a.resolved_at'])
      .where(({ eb, refTuple, tuple }) => eb(refTuple('e.at', 'e.id'), '>', tuple(at, id)))
      .where('e.at', '<', end)
      .where('e.code', 'in', codes)
      .orderBy('e.at')
      .orderBy('e.id')
      .limit(rowsAtOnce)
      .execute();
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < rowsAtOnce || !last) return;
    after = last;
    await breathe();
  }
}

/** A script that acknowledges everything would make the desk look quick. */
const isOfScript = ({ code, actor }: { code: string; actor: string }, scripts: ReadonlySet<string>) =>
  code === 'acknowledged' && scripts.has(actor);

/** The first of each code and actor before the window. */
function earlier(state: State, alerts: readonly string[], start: number) {
  return state
    .selectFrom('alert_events')
    .select(({ fn }) => ['alert', 'code', 'actor', fn.min('at').as('at')])
    .where('alert', 'in', alerts)
    .where('code', 'in', codes)
    .where('at', '<', start)
    .groupBy(['alert', 'code', 'actor'])
    .execute();
}
