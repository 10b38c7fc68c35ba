/**
 * Period reports: numbers of a week, month or quarter as they were when somebody asked for them. Asked again they are
 * the same bytes; made anew they are a further revision beside the first.
 */
import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { PeriodReport, PeriodReportContent, PeriodReportRow } from '../../shared/api.ts';
import { periodBounds } from '../../shared/calendar.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { kindOfPeriod } from '../../shared/period.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import { zoneNamed } from '../../shared/zone.ts';
import { makeId } from '../accounts/secret.ts';
import { closedMonth } from '../kpi/closed-months.ts';
import type { Months } from '../kpi/months.ts';
import { periodOf } from '../kpi/period.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { contentOf } from './content.ts';

export interface ReportsParts {
  state: State;
  clock: Clock;
  months: Months;
  /** Report zone, IANA. */
  zone: string;
  ruleNamed(id: string): NamedRule;
}

export interface ReportQuery {
  /** A name of shared/period.ts. */
  period: string;
  /** IANA; default the report zone. */
  zone?: string | undefined;
  /** Id; null for all. */
  site: string | null;
  language: string;
}

export interface PeriodReports {
  /** Newest first. @param start how many are skipped */
  list(start: number, limit: number): Promise<{ items: PeriodReportRow[]; next: string | null }>;
  /** @throws EvenkeelError NOT_FOUND */
  get(id: string): Promise<PeriodReport>;
  /**
   * The newest report of the query; with a reason, or where there is none yet, a new one.
   * @throws EvenkeelError BAD_REQUEST, BAD_ZONE, NOT_FOUND for an unknown site
   */
  make(query: ReportQuery, by: string, anew: string | null): Promise<{ row: PeriodReportRow; isNew: boolean }>;
}

type KeptReport = Omit<Selectable<Database['period_reports']>, 'content'> & { site_name: string | null };

export function createReports({ state, clock, months, zone: reportZone, ruleNamed }: ReportsParts): PeriodReports {
  const rows = () =>
    state
      .selectFrom('period_reports as r')
      .leftJoin('sites as s', 's.id', 'r.site')
      .select(['r.id', 'period', 'r.zone', 'site', 'language', 'revision', 'made_at', 'by_user', 'reason'])
      .select(['provisional', 'digest', 's.name as site_name']);

  async function siteNamed(id: string): Promise<string> {
    const row = await state.selectFrom('sites').select('name').where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'site', id });
    return row.name;
  }

  async function contentNow(period: string, zone: string, site: string | null): Promise<PeriodReportContent> {
    const now = clock.now();
    const scope = site === null ? {} : { site: await siteNamed(site) };
    const content = await contentOf(state, months, { period, zone, now, scope, ruleNamed });
    if (content.stability.endpoints === 0)
      throw fail('BAD_REQUEST', {
        problem: `nothing was monitored in ${period} (${scope.site ?? 'all sites'}): there is nothing to report`,
      });
    return content;
  }

  /** A month of the report zone is closed some hours after late facts can no longer come; until then it may change. */
  const isOpen = (name: string, zone: string, provisional: boolean, isClosed: boolean) =>
    provisional || (!isClosed && zone === reportZone && kindOfPeriod(name) === 'month');

  async function settledSince({ period, zone, site, provisional: was }: KeptReport): Promise<boolean> {
    if (was === 0) return false;
    const { provisional } = periodOf({ period, zone, now: clock.now() });
    return !isOpen(period, zone, provisional, (await closedMonth(state, period, site)) !== null);
  }

  return {
    async list(start, limit) {
      const found = await rows()
        .orderBy('made_at', 'desc')
        .orderBy('r.id')
        .offset(start)
        .limit(limit + 1)
        .execute();
      return { items: found.slice(0, limit).map(rowOf), next: found.length > limit ? String(start + limit) : null };
    },

    async get(id) {
      const row = await rows().select('content').where('r.id', '=', id).executeTakeFirst();
      if (!row) throw fail('NOT_FOUND', { what: 'report', id });
      const content = JSON.parse(row.content) as PeriodReportContent;
      return { ...rowOf(row), settledSince: await settledSince(row), content };
    },

    async make({ period, site, language, ...query }, by, anew) {
      const zone = zoneNamed(query.zone ?? reportZone);
      const newest = () =>
        rows()
          .where('period', '=', period)
          .where('r.zone', '=', zone)
          .where('site', '=', site ?? '')
          .where('language', '=', language)
          .orderBy('revision', 'desc')
          .limit(1)
          .executeTakeFirst();
      const found = await newest();
      if (found && anew === null) return { row: rowOf(found), isNew: false };
      const made = await contentNow(period, zone, site);
      const { provisional, closed } = made.stability;
      const content = JSON.stringify(made);
      const id = makeId('r');
      await state
        .insertInto('period_reports')
        .values({
          ...{ id, period, zone, site: site ?? '', language, revision: found ? found.revision + 1 : 0 },
          ...{ made_at: clock.now(), by_user: by, reason: anew ?? '', content },
          ...{
            provisional: isOpen(period, zone, provisional, closed !== null) ? 1 : 0,
            digest: createHash('sha256').update(content).digest('hex'),
          },
        })
        // Two at once: the first one holds.
        .onConflict((clash) => clash.columns(['period', 'zone', 'site', 'language', 'revision']).doNothing())
        .execute();
      const row = await newest();
      if (!row) throw fail('NOT_FOUND', { what: 'report', id });
      return { row: rowOf(row), isNew: row.id === id };
    },
  };
}

function rowOf(row: KeptReport): PeriodReportRow {
  const { start, end } = periodBounds(row.zone, row.period);
  return {
    id: row.id,
    period: { name: row.period, from: start, to: end, zone: row.zone },
    site: row.site === '' ? null : { id: row.site, name: row.site_name ?? row.site },
    ...{ language: row.language, revision: row.revision, madeAt: row.made_at, by: row.by_user, reason: row.reason },
    ...{ provisional: row.provisional === 1, digest: row.digest },
  };
}
