import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/**
 * Period reports, each as it was made, with schedules and what these made; status pages with what people wrote on them;
 * and who changed a schedule or a page, when and why. Reports, runs and changes are only added to.
 */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  const edited = { created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' };
  await tables.create(
    'period_reports',
    {
      ...{ id: 'text key', period: 'text', zone: 'text', site: 'text', language: 'text', revision: 'int' },
      ...{ made_at: 'int', by_user: 'text', reason: 'text', provisional: 'int', digest: 'text', content: 'text' },
    },
    { unique: ['period', 'zone', 'site', 'language', 'revision'] },
  );
  await tables.index('period_reports_by_time', 'period_reports', 'made_at', 'id');
  await tables.create('report_schedules', {
    ...{ id: 'text key', rhythm: 'text in week|month|quarter', hour: 'int', zone: 'text', site: 'text' },
    ...{ language: 'text', recipients: 'text', enabled: 'int', enabled_at: 'int', ...edited },
  });
  await tables.create(
    'report_runs',
    { schedule: 'text', period: 'text', at: 'int', report: 'text?', mails: 'int', problem: 'text?' },
    { key: ['schedule', 'period'] },
  );
  await tables.create('status_pages', {
    ...{ id: 'text key', slug: 'text unique', title: 'text', intro: 'text', access: 'text in public|login' },
    ...{ enabled: 'int', zone: 'text', components: 'text', ...edited },
  });
  await tables.create('status_notices', {
    ...{ id: 'id', page: 'text', component: 'text', title: 'text', began_at: 'int', ended_at: 'int?' },
    ...{ created_at: 'int', created_by: 'text' },
  });
  await tables.index('status_notices_by_page', 'status_notices', 'page', 'began_at');
  await tables.create('status_updates', {
    ...{ id: 'id', notice: 'int', at: 'int', by_user: 'text', words: 'text', next_at: 'int?' },
  });
  await tables.index('status_updates_by_notice', 'status_updates', 'notice');
  await tables.create('outward_changes', {
    ...{ id: 'id', about: 'text', at: 'int', by_user: 'text', reason: 'text', content: 'text' },
  });
  await tables.index('outward_changes_by_about', 'outward_changes', 'about', 'id');
}
