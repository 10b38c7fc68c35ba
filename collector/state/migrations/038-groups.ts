import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Messages about groups of alerts, to channels and to persons. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('deliveries', { recipient: 'text?', receiver: 'text?', user_name: 'text?' });
  const link = { notification: 'int -> notifications', alert: 'text' };
  await tables.create('notification_alerts', link, { key: ['notification', 'alert'] });
  await tables.index('notification_alerts_by_alert', 'notification_alerts', 'alert');
  await tables.create('alert_groups', {
    ...{ id: 'text key', bucket: 'text = ', owner: 'text = collector', receiver: 'text', label_values: 'text' },
    ...{ last_at: 'int', last_severity: 'text', worst: 'text', repeats: 'int' },
  });
  await tables.create(
    'alert_group_members',
    {
      ...{ group_id: 'text -> alert_groups', alert_key: 'text', alert: 'text', severity: 'text' },
      flaps: 'int',
    },
    { key: ['group_id', 'alert_key'] },
  );
  await tables.create(
    'alert_group_ways',
    { group_id: 'text -> alert_groups', channel: 'text', recipient: 'text', user_name: 'text?' },
    { key: ['group_id', 'channel', 'recipient'] },
  );
  await tables.create('escalation_runs', {
    ...{ group_id: 'text key -> alert_groups', policy: 'text', next_at: 'int?', run: 'text' },
  });
}
