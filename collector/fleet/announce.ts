/**
 * People are told of new endpoints, where they want it: once of each, by one alert for all that come together, with the join code,
 * who made it, and the known endpoints that look like the same machine. It ends by itself after a day.
 */
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { OwnAlerts } from '../alerts/own.ts';
import type { Rule } from '../evaluate/rule.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { Fleet } from './fleet.ts';
import { lookalikes } from './identity.ts';

/** A roll-out goes on as long as another machine comes within this. */
const quietMs = 60_000;
const longestMs = 10 * 60_000;
const shownMs = 86_400_000;
const lookEveryMs = 5_000;
const namesAtMost = 5;
const tagAtMost = 256;

type AboutNew = Readonly<Record<string, string>>;

export interface AnnounceParts {
  state: State;
  fleet: Fleet;
  alerts: Pick<OwnAlerts, 'own' | 'ownTags'>;
  /** Of the alert. */
  rule: Rule;
  log: Log;
  clock: Clock;
  isOn: boolean;
}

/** @returns the function that ends it */
export function announceNew(parts: AnnounceParts): () => void {
  const { log } = parts;
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    lookForNew(parts)
      .catch((thrown: unknown) =>
        log.warn({ reason: reasonOf(thrown) }, 'Could not tell of new endpoints; tried again'),
      )
      .finally(() => {
        running = false;
      });
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

async function lookForNew(parts: AnnounceParts): Promise<void> {
  const { state, clock, isOn, alerts, rule } = parts;
  const { now } = clock;
  for (const tags of alerts.ownTags(rule))
    if (!isOn || now() - Date.parse(tags.at ?? '1970') > shownMs) await alerts.own(rule, tags, false);
  const found = await state
    .selectFrom('endpoints as e')
    .leftJoin('enrollments as c', 'c.id', 'e.enrollment')
    .select(['e.id', 'e.name', 'e.enrolled_at', 'c.label', 'c.created_by'])
    .where('e.announced_at', 'is', null)
    // Targets are in the table for their name alone.
    .where((where) => where.or([where('e.retired_at', 'is', null), where('e.retired_at', '>', 0)]))
    .orderBy('e.enrolled_at')
    .orderBy('e.id')
    .execute();
  const [oldest, newest] = [found[0], found.at(-1)];
  if (!oldest || !newest) return;
  if (isOn && now() - newest.enrolled_at < quietMs && now() - oldest.enrolled_at < longestMs) return;
  const first = await state
    .selectFrom('endpoints')
    .select('id')
    .where('announced_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  // Whoever has just set this up has enrolled the first one by hand.
  const news = first ? found : found.slice(1);
  if (isOn && news.length > 0) await alerts.own(rule, await tagsOf(parts, news), true, now());
  for (const some of chunks(found.map(({ id }) => id)))
    await state.updateTable('endpoints').set({ announced_at: now() }).where('id', 'in', some).execute();
}

interface NewOne {
  id: string;
  name: string;
  label: string | null;
  created_by: string | null;
}

async function tagsOf({ state, fleet, clock }: AnnounceParts, news: readonly NewOne[]): Promise<AboutNew> {
  const like: string[] = [];
  // Of a whole roll-out the pages say it one by one.
  for (const { id } of news.slice(0, namesAtMost))
    for (const { name } of await lookalikes({ state, fleet }, id)) like.push(name);
  const distinct = (values: readonly (string | null)[]) => [...new Set(values.flatMap((one) => one || []))];
  const list = (values: readonly string[]) => {
    const more = values.length > namesAtMost ? ` … (${values.length})` : '';
    return `${values.slice(0, namesAtMost).join(', ')}${more}`.slice(0, tagAtMost);
  };
  const tags = {
    endpoints: list(news.map(({ name }) => name)),
    count: String(news.length),
    at: new Date(clock.now()).toISOString(),
    join_code: list(distinct(news.map(({ label }) => label))),
    made_by: list(distinct(news.map(({ created_by }) => created_by))),
    looks_like: list(distinct(like)),
  };
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));
}
