/**
 * When disks will be full. Computed each night from the hours that the series keep, one endpoint after another, and kept:
 * a page reads rows. Only whole days (UTC) count, so what is computed twice on a day is the same.
 */
import type { Selectable } from 'kysely';
import type { DiskForecasts } from '../../shared/api.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SeriesLine, SeriesStore } from '../series/series.ts';
import { breathe } from '../state/breathe.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { insertRows } from '../state/rows.ts';
import { daysUntilFull, diskForecast, forecastDays } from './formulas/disk-forecast.ts';

interface DiskParts {
  state: State;
  fleet: Pick<Fleet, 'all'>;
  series: Pick<SeriesStore, 'query'>;
  clock: Clock;
  stopped: AbortSignal;
}

type ForecastRow = Selectable<Database['disk_forecasts']>;

export interface Disks {
  /** @returns how many disks. @throws when the series are away or the collector stops: it is done again later */
  compute(): Promise<number>;
  /** @param of the name of a site, the id of an endpoint, or all. @param start how many rows to skip */
  read(
    of: { site?: string | undefined; endpoint?: string | undefined },
    page: { start: number; limit: number },
  ): Promise<DiskForecasts>;
}

const dayMs = 86_400_000;
/** Between two looks at whether the collector stops: under a second. */
const endpointsAtOnce = 25;

export function createDisks({ state, fleet, series, clock, stopped }: DiskParts): Disks {
  async function rowsOf(endpoint: string, at: number): Promise<ForecastRow[]> {
    const to = Math.floor(at / dayMs) * dayMs;
    const from = to - forecastDays * dayMs;
    const wanted = { endpoint, metrics: ['disk.used_percent'], from, to, step: dayMs, agg: 'max' } as const;
    const { series: lines } = await series.query(wanted);
    await breathe();
    // A device that was named anew is the same disk.
    return [...Map.groupBy(lines, ({ tags }) => tags.path ?? '?')].flatMap(([path, same]) => {
      const forecast = diskForecast(highestOf(same));
      if (!forecast) return [];
      const { perDay, ...rest } = forecast;
      return { endpoint, path, at, ...rest, per_day: perDay, days: daysUntilFull(forecast)?.days ?? null };
    });
  }

  return {
    async compute() {
      const at = clock.now();
      const ids = [...fleet.all()].filter((one) => one.state !== 'never').map(({ id }) => id);
      let count = 0;
      for (let n = 0; n < ids.length; n += endpointsAtOnce) {
        stopped.throwIfAborted();
        const some = ids.slice(n, n + endpointsAtOnce);
        const rows: ForecastRow[] = [];
        for (const id of some) rows.push(...(await rowsOf(id, at)));
        await state.transaction().execute(async (db) => {
          await db.deleteFrom('disk_forecasts').where('endpoint', 'in', some).execute();
          await insertRows(db, 'disk_forecasts', rows);
        });
        count += rows.length;
      }
      // Of endpoints that are not in the fleet any more.
      await state.deleteFrom('disk_forecasts').where('at', '<>', at).execute();
      return count;
    },

    async read({ site, endpoint }, { start, limit }) {
      const inFleet = state
        .selectFrom('disk_forecasts as d')
        .innerJoin('endpoints as e', 'e.id', 'd.endpoint')
        .where('e.retired_at', 'is', null)
        .$if(site !== undefined, (query) => query.where('e.site', '=', site as string))
        .$if(endpoint !== undefined, (query) => query.where('e.id', '=', endpoint as string));
      const soon = inFleet.where('d.days', '<=', forecastDays);
      const counts = await inFleet
        .select(({ fn }) => ['d.state', fn.countAll<number>().as('n'), fn.min('d.at').as('at')])
        .groupBy('d.state')
        .execute();
      const { n } = await soon.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      const rows = await soon
        .selectAll('d')
        .select(['e.name', 'e.kind', 'e.site'])
        .orderBy('d.days')
        .orderBy('e.name')
        .orderBy('d.endpoint')
        .orderBy('d.path')
        .offset(start)
        .limit(limit)
        .execute();
      const countOf = (name: ForecastRow['state']) => Number(counts.find((one) => one.state === name)?.n ?? 0);
      return {
        asOf: counts.length === 0 ? null : Math.min(...counts.map(({ at }) => Number(at))),
        days: forecastDays,
        disks: counts.reduce((sum, one) => sum + Number(one.n), 0),
        soon: Number(n),
        short: countOf('short'),
        old: countOf('old'),
        items: rows.map(({ endpoint: id, name, kind, site: place, path, per_day: perDay, ...row }) => ({
          endpoint: { id, name, kind, site: place },
          path,
          used: row.used,
          history: row.history,
          perDay,
          ...(daysUntilFull({ ...row, perDay }) ?? { days: 0, soonest: 0, latest: 0 }),
        })),
        next: start + rows.length < Number(n) ? String(start + rows.length) : null,
      };
    },
  };
}

/** Per day, of all lines: null where none has a value. */
function highestOf(lines: readonly SeriesLine[]): (number | null)[] {
  const days = lines[0]?.points ?? [];
  return days.map((_, n) => {
    const values = lines.flatMap(({ points }) => points[n]?.[1] ?? []);
    return values.length === 0 ? null : Math.max(...values);
  });
}
