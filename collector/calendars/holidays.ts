/** Public holidays of a country or of a part of it, as concrete dates: substitutes and Easter move every year. */
import { namesThere } from '../../shared/nearest.ts';
import { shownName } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';

export interface Holiday {
  /** Local date, `YYYY-MM-DD`. */
  date: string;
  name: string;
}

export interface Region {
  /** `DE`, or `DE-BE` for a part of it. */
  id: string;
  name: string;
}

/** Its data are large, and most starts of a collector need none of them. */
const load = async () => (await import('date-holidays')).default;

const yearsAtMost = 20;

const partsOf = (region: string) => region.split('-') as [string, ...string[]];

/** With the one that was most likely meant; null where it is known, or none is given. */
export async function regionFault(region: string | null): Promise<Reason | null> {
  if (region === null) return null;
  const [country, ...rest] = partsOf(region);
  const countries = (await regionsIn(null)).map(({ id }) => id);
  if (!countries.includes(country)) return reason('calendar_country', { region: shownName(region) });
  const parts = (await regionsIn(country)).map(({ id }) => id);
  if (rest.length === 0 || parts.includes(region)) return null;
  return reason('calendar_part', { region: shownName(region), country, ...namesThere(region, [country, ...parts]) });
}

/**
 * @param region such as DE or DE-BE; its parts as `regionsIn` lists them
 * @param years both included
 * @param language of the names, where there are such; else as they are called there
 * @throws EvenkeelError BAD_REQUEST for a region without holidays that we know
 */
export async function holidaysOf(
  region: string,
  years: { from: number; to: number },
  language: string,
): Promise<Holiday[]> {
  const Holidays = await load();
  const [country, ...rest] = partsOf(region);
  const fault = await regionFault(region);
  if (fault !== null) throw refusal('BAD_REQUEST', fault);
  if (years.to < years.from || years.to - years.from > yearsAtMost)
    throw refusal(
      'BAD_REQUEST',
      reason('calendar_years', { from: String(years.from), to: String(years.to), limit: yearsAtMost + 1 }),
    );
  const source = new Holidays(country, ...(rest as [string]));
  const found = new Map<string, Holiday>();
  for (let year = years.from; year <= years.to; year++)
    for (const { date, start, end, name, type } of source.getHolidays(year, language)) {
      // One that begins at noon is not a day without work.
      if (type !== 'public' || !date.includes(' 00:00')) continue;
      // Some go on for days, from the evening before the first of them; a day in March may have 23 hours.
      const days = Math.max(1, Math.floor((end.getTime() - start.getTime()) / 86_400_000 + 0.1));
      const first = Temporal.PlainDate.from(date.slice(0, 10));
      for (let day = 0; day < days; day++) {
        const text = first.add({ days: day }).toString();
        if (!found.has(text)) found.set(text, { date: text, name });
      }
    }
  if (found.size === 0)
    throw refusal(
      'BAD_REQUEST',
      reason('calendar_none_known', { region, from: String(years.from), to: String(years.to) }),
    );
  return [...found.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** The countries; of one country its parts. In the order of their names. */
export async function regionsIn(country: string | null): Promise<Region[]> {
  const Holidays = await load();
  const source = new Holidays();
  const names = country === null ? source.getCountries('en') : (source.getStates(country) ?? {});
  const prefix = country === null ? '' : `${country}-`;
  return Object.entries(names as Record<string, string>)
    .map(([id, name]) => ({ id: prefix + id, name }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}
