/** Public holidays of a country or of a part of it, as concrete dates: substitutes and Easter move every year. */
import { fail } from '../../shared/errors.ts';

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

const partsOf = (region: string) => region.split('-') as [string, ...string[]];

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
  const known = (await regionsIn(rest.length === 0 ? null : country)).some(({ id }) => id === region);
  if (!known) throw fail('BAD_REQUEST', { problem: `"${region}" is no country or part of one with known holidays` });
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
