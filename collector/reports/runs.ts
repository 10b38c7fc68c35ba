/** What schedules make: a report of the newest period that is due, and its mails, once. */
import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { ReportSchedule } from '../../shared/api.ts';
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { newestDue } from './due.ts';
import type { PeriodReports } from './reports.ts';

export interface RunsParts {
  state: State;
  clock: Clock;
  log: Log;
  reports: Pick<PeriodReports, 'make'>;
  /** Name of the channel that sends mails; null where there is none. */
  mailChannel(): string | null;
  /** Mails were queued. */
  wake(): void;
}

export type ScheduleRow = Selectable<Database['report_schedules']>;

/** Who made it, in the column of people. */
const actor = 'schedule';

/** One row for each recipient: an address that is refused holds up nobody else's. */
const aboutMail = (schedule: string, period: string, recipient: string) => `report/${schedule}/${period}/${recipient}`;

export function createRuns({ state, clock, log, reports, mailChannel, wake }: RunsParts) {
  async function makeDue(row: ScheduleRow): Promise<void> {
    const { period, at } = newestDue(row, clock.now());
    if (at < row.enabled_at) return;
    const done = state
      .selectFrom('report_runs')
      .select('at')
      .where('schedule', '=', row.id)
      .where('period', '=', period);
    if (await done.executeTakeFirst()) return;
    try {
      const query = { period, zone: row.zone, site: row.site === '' ? null : row.site, language: row.language };
      const found = await reports.make(query, actor, null);
      // One of somebody who could not wait: by now its numbers may have changed.
      const { row: report } = found.row.provisional && !found.isNew ? await reports.make(query, actor, '') : found;
      await note(row, period, report.id, null);
    } catch (thrown) {
      // It will fail in the same way each time, such as a site that is gone.
      if (!(thrown instanceof EvenkeelError) || thrown.retryable) throw thrown;
      log.warn({ schedule: row.id, period, reason: thrown.message }, 'A scheduled report cannot be made');
      await note(row, period, null, thrown.code);
    }
  }

  /** The run and its mails at once: a crash leaves both or neither. */
  async function note(
    { id, recipients, language }: ScheduleRow,
    period: string,
    report: string | null,
    why: string | null,
  ) {
    const to = report === null ? [] : (JSON.parse(recipients) as string[]);
    const channel = mailChannel();
    const mails = channel === null ? [] : to;
    const problem = why ?? (to.length > mails.length ? 'no_mail_channel' : null);
    const at = clock.now();
    await state.transaction().execute(async (db) => {
      const run = { schedule: id, period, at, report, mails: mails.length, problem };
      await db.insertInto('report_runs').values(run).execute();
      for (const recipient of mails) {
        const facts = JSON.stringify({ event: 'report', report, language, to: recipient });
        const about = aboutMail(id, period, recipient);
        const common = { alert: null, incident: null, ticket: null };
        const { id: notification } = await db
          .insertInto('notifications')
          .values({ ...common, at, event: 'report', severity: 'info', facts })
          .returning('id')
          .executeTakeFirstOrThrow();
        await db
          .insertInto('deliveries')
          .values({
            ...{ id: randomBytes(12).toString('hex'), notification, channel: channel as string, about },
            ...{ dedupe_key: about, state: 'queued', attempts: 0, next_at: at, created_at: at },
            ...{ last_error: null, sent_at: null },
          })
          .execute();
      }
    });
    if (mails.length > 0) wake();
  }

  async function lastOf(id: string): Promise<ReportSchedule['last']> {
    const last = await state
      .selectFrom('report_runs')
      .select(['period', 'at', 'report', 'problem', 'mails'])
      .where('schedule', '=', id)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return last ? { ...last, ...(await sentOf(id, last.period)) } : null;
  }

  async function sentOf(id: string, period: string) {
    const prefix = aboutMail(id, period, '');
    const rows = await state
      .selectFrom('deliveries')
      .select(['state', 'last_error'])
      .where('about', '>=', prefix)
      .where('about', '<', `${prefix}\uffff`)
      .execute();
    const count = (which: string) => rows.filter((one) => one.state === which).length;
    const error = rows.find(({ state: one, last_error }) => one !== 'sent' && last_error !== null)?.last_error ?? null;
    return { sent: count('sent'), failed: count('dead'), error };
  }

  return { makeDue, lastOf };
}
