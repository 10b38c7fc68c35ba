import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Labels of machines by which people report, the links by which they follow it, and which articles everybody may read. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('report_labels', {
    ...{ token_hash: 'text key', endpoint: 'text', made_at: 'int', made_by: 'text', expires_at: 'int?' },
  });
  await tables.index('report_labels_endpoint', 'report_labels', 'endpoint');
  await tables.create('request_links', {
    ...{ token_hash: 'text key', ticket: 'int', made_at: 'int', expires_at: 'int', browser: 'text?', salt: 'text?' },
  });
  await tables.index('request_links_ticket', 'request_links', 'ticket');
  await tables.index('request_links_browser', 'request_links', 'browser');
  await tables.add('articles', { is_public: 'int = 0' });
}
