/** Saves what receivers were told, in the transaction of the messages: a restart sends nothing of it again. */
import { bucketOf } from '../../shared/topics.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import type { MessageGroup } from './group-memory.ts';
import type { MessageGroups } from './groups.ts';

export async function saveGroups(db: StateTransaction, groups: MessageGroups): Promise<void> {
  for (const [id, keys] of groups.unsaved()) {
    const group = groups.group(id);
    if (group?.last) await saveGroup(db, group, keys);
    else await removeGroup(db, id);
    await breathe();
  }
}

async function saveGroup(db: StateTransaction, group: MessageGroup, keys: ReadonlySet<string>): Promise<void> {
  const { id, receiver, values, last, worst, repeats, ways, run, members } = group;
  if (!last || !worst) return;
  const row = {
    ...{ id, bucket: bucketOf(id), receiver, label_values: JSON.stringify(values) },
    ...{ last_at: last.at, last_severity: last.severity, worst, repeats },
  };
  await insertRows(db, 'alert_groups', [row], replacing('id', ['last_at', 'last_severity', 'worst', 'repeats']));
  const told = [...keys].flatMap((key) => {
    const member = members.get(key);
    // Nobody has heard of it yet who is to hear of it later: after a restart it is news.
    if (!member?.told || member.heard?.size === 0) return [];
    const { severity, flaps } = member.told;
    return { group_id: id, alert_key: key, alert: member.alert.about.id, severity, flaps: flaps ? 1 : 0 };
  });
  const kept = new Set(told.map((one) => one.alert_key));
  for (const gone of chunks([...keys].filter((key) => !kept.has(key))))
    await db.deleteFrom('alert_group_members').where('group_id', '=', id).where('alert_key', 'in', gone).execute();
  const key = 'group_id, alert_key';
  await insertRows(db, 'alert_group_members', told, replacing(key, ['alert', 'severity', 'flaps']));
  const reached = [...ways.values()].map(({ channel, recipient, user }) => {
    return { group_id: id, channel, recipient: recipient ?? '', user_name: user };
  });
  await insertRows(db, 'alert_group_ways', reached, 'on conflict do nothing');
  if (!run || run.hasEnded) await db.deleteFrom('escalation_runs').where('group_id', '=', id).execute();
  else {
    const saved = { group_id: id, policy: run.policy.name, next_at: run.nextAt, run: JSON.stringify(run) };
    await insertRows(db, 'escalation_runs', [saved], replacing('group_id', ['policy', 'next_at', 'run']));
  }
}

async function removeGroup(db: StateTransaction, id: string): Promise<void> {
  const parts: (keyof Database)[] = ['alert_group_members', 'alert_group_ways', 'escalation_runs'];
  for (const table of parts)
    await db
      .deleteFrom(table as 'escalation_runs')
      .where('group_id', '=', id)
      .execute();
  await db.deleteFrom('alert_groups').where('id', '=', id).execute();
}

const replacing = (key: string, columns: readonly string[]) =>
  `on conflict (${key}) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`;
