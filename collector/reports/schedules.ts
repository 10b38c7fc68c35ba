/**
 * Schedules of reports. What is due follows from the clock and from what was made, so that a collector that was off at
 * the hour makes the newest one at its start, and a repeat after a crash makes nothing twice.
 */
import { schedule as cron, type ScheduledTask } from 'node-cron';
import type { OutwardChange, ReportSchedule } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { zoneNamed } from '../../shared/zone.ts';
import { makeId } from '../accounts/secret.ts';
import { changesOf, noteChange } from './changes.ts';
import { nextDue } from './due.ts';
import { createRuns, type RunsParts, type ScheduleRow } from './runs.ts';

export interface ScheduleFields {
  rhythm: 'week' | 'month' | 'quarter';
  hour: number;
  zone: string;
  /** Id; null for all. */
  site: string | null;
  language: string;
  recipients: string[];
  enabled: boolean;
}

export interface Schedules {
  list(): Promise<ReportSchedule[]>;
  /** @throws EvenkeelError BAD_ZONE, NOT_FOUND for the site, CONFLICT where nothing could be mailed; so does `edit` */
  create(fields: ScheduleFields, by: string, reason: string): Promise<ReportSchedule>;
  edit(id: string, fields: Partial<ScheduleFields>, by: string, reason: string): Promise<ReportSchedule>;
  remove(id: string, by: string, reason: string): Promise<void>;
  /** Newest first. */
  changes(id: string): Promise<OutwardChange[]>;
  /** Makes what is due. */
  runDue(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createSchedules(parts: RunsParts): Schedules {
  const { state, clock, log, mailChannel } = parts;
  const runs = createRuns(parts);
  const tasks = new Map<string, ScheduledTask>();
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  async function find(id: string): Promise<ScheduleRow> {
    const row = await state.selectFrom('report_schedules').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'schedule', id });
    return row;
  }

  async function checked(fields: ScheduleFields): Promise<ScheduleFields> {
    if (fields.recipients.length > 0 && mailChannel() === null)
      throw fail('CONFLICT', {
        problem:
          'there is no channel of the kind email, so nothing can be mailed; add one, or take the recipients away',
      });
    const site = state.selectFrom('sites').select('id').where('id', '=', fields.site);
    if (fields.site !== null && !(await site.executeTakeFirst()))
      throw fail('NOT_FOUND', { what: 'site', id: fields.site });
    return { ...fields, zone: zoneNamed(fields.zone) };
  }

  async function save(id: string, fields: ScheduleFields, before: ScheduleRow | null, by: string, reason: string) {
    const at = clock.now();
    // Switched on now: what was due before that is not made.
    const enabledAt = before?.enabled === 1 && sameTimes(before, fields) ? before.enabled_at : at;
    const row = {
      ...{ rhythm: fields.rhythm, hour: fields.hour, zone: fields.zone, site: fields.site ?? '' },
      ...{ language: fields.language, recipients: JSON.stringify(fields.recipients) },
      ...{
        enabled: fields.enabled ? (1 as const) : (0 as const),
        enabled_at: enabledAt,
        updated_at: at,
        updated_by: by,
      },
    };
    await state.transaction().execute(async (db) => {
      if (before) await db.updateTable('report_schedules').set(row).where('id', '=', id).execute();
      else
        await db
          .insertInto('report_schedules')
          .values({ id, ...row, created_at: at, created_by: by })
          .execute();
      await noteChange(db, id, fields, { by, reason, at });
    });
    await follow(await find(id));
  }

  /** Every quarter of an hour from its hour on: what failed is tried again, and an hour that the clocks skip is none the worse. */
  async function follow({ id, hour, zone, enabled }: Pick<ScheduleRow, 'id' | 'hour' | 'zone' | 'enabled'>) {
    await tasks.get(id)?.destroy();
    tasks.delete(id);
    if (stopped || enabled === 0) return;
    tasks.set(id, cron(`*/15 ${hour}-23 * * *`, runDue, { timezone: zone, noOverlap: true }));
  }

  function runDue(): Promise<void> {
    running = running.then(async () => {
      const rows = await state.selectFrom('report_schedules').selectAll().where('enabled', '=', 1).execute();
      for (const row of rows) {
        if (stopped) return;
        try {
          await runs.makeDue(row);
        } catch (thrown) {
          log.error({ err: thrown, schedule: row.id }, 'Could not make a scheduled report; tried again');
        }
      }
    });
    running = running.catch((thrown: unknown) => log.error({ err: thrown }, 'Could not read the schedules of reports'));
    return running;
  }

  async function rowOf(row: ScheduleRow): Promise<ReportSchedule> {
    const recipients = JSON.parse(row.recipients) as string[];
    return {
      ...{ id: row.id, rhythm: row.rhythm, hour: row.hour, zone: row.zone, site: row.site === '' ? null : row.site },
      ...{ language: row.language, recipients, enabled: row.enabled === 1 },
      next: row.enabled === 1 ? nextDue(row, clock.now()) : null,
      last: await runs.lastOf(row.id),
      ...{ updatedAt: row.updated_at, updatedBy: row.updated_by },
    };
  }

  return {
    async list() {
      const rows = await state.selectFrom('report_schedules').selectAll().orderBy('created_at').execute();
      return Promise.all(rows.map(rowOf));
    },
    async create(fields, by, reason) {
      const id = makeId('s');
      await save(id, await checked(fields), null, by, reason);
      return rowOf(await find(id));
    },
    async edit(id, fields, by, reason) {
      const before = await find(id);
      const { recipients, site, enabled, rhythm, hour, zone, language } = before;
      const known: ScheduleFields = {
        ...{ rhythm, hour, zone, language, site: site === '' ? null : site, enabled: enabled === 1 },
        recipients: JSON.parse(recipients),
      };
      await save(id, await checked({ ...known, ...fields }), before, by, reason);
      return rowOf(await find(id));
    },
    async remove(id, by, reason) {
      await find(id);
      await state.transaction().execute(async (db) => {
        await db.deleteFrom('report_schedules').where('id', '=', id).execute();
        await noteChange(db, id, null, { by, reason, at: clock.now() });
      });
      await follow({ id, hour: 0, zone: 'UTC', enabled: 0 });
    },
    changes: (id) => changesOf(state, 'schedule', id),
    runDue,
    async start() {
      const rows = await state.selectFrom('report_schedules').select(['id', 'hour', 'zone', 'enabled']).execute();
      for (const row of rows) await follow(row);
      void runDue();
    },
    async stop() {
      stopped = true;
      await Promise.all([...tasks.values()].map((task) => task.destroy()));
      await running;
    },
  };
}

const sameTimes = (row: ScheduleRow, { rhythm, hour, zone }: ScheduleFields) =>
  row.rhythm === rhythm && row.hour === hour && row.zone === zone;
