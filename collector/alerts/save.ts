/** Saves changes of alerts: their present rows, and one row of history per change. */
import type { Insertable } from 'kysely';
import { bucketOf } from '../../shared/topics.ts';
import { breathe } from '../state/breathe.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import { insertRows, updateRow } from '../state/rows.ts';
import type { LiveAlert } from './alert.ts';
import { type AlertChange, type AlertRemark, type Batch, isAlertChange } from './batch.ts';
import { type Suppressions, suppressionKinds } from './suppressions.ts';
import { monitor } from './transitions.ts';

type AlertRow = Insertable<Database['alerts']>;

const removedAtOnce = 100;

/** @param suppressedBy as it is at the end of the batch */
export async function saveAlerts(
  db: StateTransaction,
  batch: Batch,
  suppressedBy: Suppressions['suppressedBy'],
): Promise<void> {
  const changes = batch.changes.filter(isAlertChange);
  /** The last change of each alert holds its present state. */
  const last = new Map(changes.map((change) => [change.alert.id, change]));
  const dropped = [...last.values()]
    .filter(({ code, ended }) => ended && code === 'dropped')
    .map(({ alert }) => alert.id);
  const gone = new Set(dropped);
  const rows = [...last.values()]
    .filter(({ alert }) => !gone.has(alert.id))
    .map((change) => rowOf(change, batch, suppressedBy));
  // What ends frees the key for what begins under it.
  const isEnded = (row: AlertRow) => row.active_key === null;
  await put(db, rows.filter(isEnded));
  for (let i = 0; i < dropped.length; i += removedAtOnce) await remove(db, dropped.slice(i, i + removedAtOnce));
  await put(
    db,
    rows.filter((row) => !isEnded(row)),
  );
  await insertRows(db, 'alert_events', changes.filter(({ alert }) => !gone.has(alert.id)).map(eventOf));
  await insertRows(db, 'alert_events', batch.remarks.filter(({ alert }) => !gone.has(alert.id)).map(eventOfRemark));
  const written = new Set(rows.map(({ id }) => id));
  for (const [id, ticket] of batch.ticketOf) {
    if (written.has(id)) continue;
    await updateRow(db, 'alerts', id, { ticket });
    await breathe();
  }
}

/** The table decides whether the row exists already. */
async function put(db: StateTransaction, rows: readonly AlertRow[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).filter((column) => column !== 'id');
  const changes = columns.map((column) => `${column} = excluded.${column}`);
  await insertRows(db, 'alerts', rows, `on conflict (id) do update set ${changes.join(', ')}`);
}

async function remove(db: StateTransaction, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('alert_events').where('alert', 'in', ids).execute();
  await db.deleteFrom('alerts').where('id', 'in', ids).execute();
  await breathe();
}

function rowOf(
  { alert, ended, endedAt = 0, reason, code, at, params }: AlertChange,
  batch: Batch,
  suppressedBy: Suppressions['suppressedBy'],
): AlertRow {
  const { acknowledgement: owner } = alert;
  return {
    id: alert.id,
    bucket: bucketOf(alert.endpoint),
    key: alert.key,
    active_key: ended ? null : alert.key,
    rule: alert.rule.id,
    endpoint: alert.endpoint,
    metric: alert.metric,
    tags: JSON.stringify(alert.tags),
    state: ended ? 'resolved' : shownState(alert),
    severity: alert.rule.severity,
    value: alert.value,
    threshold: alert.threshold,
    pending_at: alert.pendingAt,
    fired_at: alert.firedAt,
    resolved_at: ended ? endedAt || at : null,
    resolved_why: ended
      ? (reason ?? (code === 'stable' ? 'stable' : ((params.cause as string | undefined) ?? 'cleared')))
      : null,
    acknowledged_at: owner?.at ?? null,
    acknowledged_by: owner?.by ?? null,
    acknowledged_note: owner?.note ?? null,
    acknowledged_until: owner?.until ?? null,
    acknowledged_sticky: owner?.sticky ? 1 : 0,
    handed_to: owner?.handOver?.to ?? null,
    handed_until: owner?.handOver?.until ?? null,
    first_acknowledged_at: alert.firstAcknowledgedAt,
    flapping: alert.flapping ? 1 : 0,
    calm: isCalm(alert) ? 1 : 0,
    ticket: batch.ticketOf.get(alert.id) ?? alert.ticket,
    opens_ticket: alert.rule.ticket,
    suppressed_by: ended ? '' : suppressionKinds.filter((kind) => suppressedBy(alert.id).has(kind)).join(' '),
    updated_at: at,
  };
}

/** Good at present, and shown as firing only because it flaps. */
const isCalm = ({ flapping, state }: LiveAlert) => flapping && (state === 'inactive' || state === 'pending');

/** The state that people see: a flapping alert is shown as firing. */
export function shownState(alert: LiveAlert): 'pending' | 'firing' | 'unknown' {
  if (isCalm(alert) || alert.state === 'firing') return 'firing';
  return alert.state === 'unknown' ? 'unknown' : 'pending';
}

const eventOfRemark = ({ alert, at, code, params }: AlertRemark) =>
  eventOf({ alert, at, code, params, actor: monitor, reason: null });

type HistoryRow = Pick<AlertChange, 'alert' | 'at' | 'actor' | 'reason' | 'params'> & { code: string };
function eventOf({ alert, at, code, actor, reason, params }: HistoryRow) {
  return {
    alert: alert.id,
    at,
    code,
    rule: alert.rule.id,
    severity: alert.rule.severity,
    value: alert.value,
    actor,
    params: JSON.stringify(reason === null ? params : { ...params, reason }),
  };
}
