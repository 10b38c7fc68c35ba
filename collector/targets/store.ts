/** Targets in the state: a row of their own, and one in `endpoints` for their name and site. */
import { fail } from '../../shared/errors.ts';
import type { Finding } from '../../shared/finding.ts';
import { type TargetKindName, type TargetSettings, targetFields } from '../../shared/target.ts';
import { bucketOf } from '../../shared/topics.ts';
import { ensureSite } from '../fleet/sites.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { WatchedChange } from './availability.ts';

/** A target as it is defined. */
export interface TargetDefinition {
  name: string;
  kind: TargetKindName;
  /** With its secrets. */
  settings: TargetSettings;
  interval_s: number;
  timeout_s: number;
  /** Name; one that does not exist is made. */
  site: string | null;
  watchers: readonly string[];
  need: number | null;
  enabled: boolean;
}

export interface KeptTarget extends TargetDefinition {
  id: string;
  origin: 'file' | 'page';
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

export interface ServiceDefinition {
  name: string;
  note: string;
  /** Ids of endpoints and targets. */
  parts: readonly string[];
  /** How many must work; null: all of them. */
  need: number | null;
}

const living = (db: State | StateTransaction) =>
  db
    .selectFrom('targets')
    .innerJoin('endpoints', 'endpoints.id', 'targets.id')
    .selectAll('targets')
    .select(['endpoints.name', 'endpoints.site']);

type TargetRead = Awaited<ReturnType<ReturnType<typeof living>['execute']>>[number];

function targetOf(row: TargetRead): KeptTarget {
  const { id, name, site, interval_s, timeout_s, need, origin } = row;
  return {
    ...{ id, name, site, interval_s, timeout_s, need, origin },
    kind: row.kind as TargetKindName,
    settings: { ...JSON.parse(row.settings), ...JSON.parse(row.secrets) } as TargetSettings,
    watchers: JSON.parse(row.watchers) as string[],
    enabled: row.enabled === 1,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}

export const readTargets = async (state: State): Promise<KeptTarget[]> =>
  (await living(state).orderBy('endpoints.name').execute()).map(targetOf);

/** Parts of settings: what may be shown, and what may not. */
export function divideSettings(kind: TargetKindName, settings: TargetSettings) {
  const fields = targetFields[kind];
  const entries = Object.entries(settings).filter(([, value]) => value !== '');
  return {
    open: Object.fromEntries(entries.filter(([name]) => !fields[name]?.secret)),
    secrets: Object.fromEntries(entries.filter(([name]) => fields[name]?.secret)),
  };
}

interface SaveRequest {
  id: string;
  origin: 'file' | 'page';
  by: string;
  at: number;
}

/** A new one, or all of one that is there. @returns the id of a site that was made for it @throws EvenkeelError CONFLICT */
export function saveTarget(
  state: State,
  target: TargetDefinition,
  { id, origin, by, at }: SaveRequest,
): Promise<string | null> {
  return state.transaction().execute(async (db) => {
    const twin = await living(db)
      .where('endpoints.name', '=', target.name)
      .where('targets.id', '<>', id)
      .executeTakeFirst();
    if (twin) throw fail('CONFLICT', { problem: `another target is called "${target.name}"` });
    const site = target.site === null ? null : await ensureSite(db, target.site, by, at);
    const { open, secrets } = divideSettings(target.kind, target.settings);
    const place = { name: target.name, site: site?.name ?? null };
    const values = {
      ...{ kind: target.kind, settings: JSON.stringify(open), secrets: JSON.stringify(secrets) },
      ...{ interval_s: target.interval_s, timeout_s: target.timeout_s, watchers: JSON.stringify(target.watchers) },
      ...{ need: target.need, enabled: target.enabled ? (1 as const) : (0 as const), origin },
      ...{ updated_at: at, updated_by: by },
    };
    const isThere = await db.selectFrom('endpoints').select('id').where('id', '=', id).executeTakeFirst();
    if (isThere) await db.updateTable('endpoints').set(place).where('id', '=', id).execute();
    else
      await db
        .insertInto('endpoints')
        .values({ ...blankRow(id, at), ...place })
        .execute();
    const own = { id, ...values, created_at: at, created_by: by };
    await db
      .insertInto('targets')
      .values(own)
      .onConflict((found) => found.column('id').doUpdateSet(values))
      .execute();
    return site?.made ?? null;
  });
}

/** The row in which alerts and tickets find the name of a service. */
export async function putServiceName(state: State, id: string, name: string, at: number): Promise<void> {
  await state
    .insertInto('endpoints')
    .values({ ...blankRow(id, at), name, site: null })
    .onConflict((found) => found.column('id').doUpdateSet({ name }))
    .execute();
}

/** Retired from the beginning: no query of machines finds it, and no secret ever fits. */
function blankRow(id: string, at: number) {
  return {
    ...{ id, bucket: bucketOf(id), kind: 'target' as 'server', kind_why: '[]' },
    ...{ tags: '[]', platform: '', arch: '', version: null, secret_hash: '', enrolled_at: at, retired_at: 0 },
    ...{ state: 'never' as const, state_reason: null, state_since: at, session: null, boot_id: null },
    ...{ last_seen_at: null, interval_ms: null, clock_offset_ms: null },
  };
}

/** Its name stays, for the alerts and tickets that were. */
export async function removeTarget(state: State, id: string, at: number): Promise<void> {
  await state.transaction().execute(async (db) => {
    await db.deleteFrom('targets').where('id', '=', id).execute();
    await db.insertInto('watched_states').values({ subject: id, at, state: 'over', seen: null }).execute();
  });
}

export async function saveWatchedState(
  state: State,
  subject: string,
  { at, state: now }: WatchedChange,
  finding: Finding | null,
): Promise<void> {
  const seen = finding === null ? null : JSON.stringify(finding);
  await state.insertInto('watched_states').values({ subject, at, state: now, seen }).execute();
}

/** What was seen when it went down, for an alert that fired at that time or soon after. */
export async function seenAt(state: State, subject: string, at: number): Promise<Finding | null> {
  const row = await state
    .selectFrom('watched_states')
    .select('seen')
    .where('subject', '=', subject)
    .where('state', '=', 'down')
    .where('at', '<=', at)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.seen == null ? null : (JSON.parse(row.seen) as Finding);
}

/** The changes in a span and the last one before it, in order. */
export async function watchedChanges(
  state: State,
  subject: string,
  from: number,
  to: number,
): Promise<WatchedChange[]> {
  const own = state.selectFrom('watched_states').select(['at', 'state']).where('subject', '=', subject);
  const before = await own.where('at', '<=', from).orderBy('id', 'desc').limit(1).execute();
  const inside = await own.where('at', '>', from).where('at', '<', to).orderBy('id').execute();
  return [...before, ...inside];
}

export async function lastWatchedState(state: State, subject: string): Promise<WatchedChange | undefined> {
  return state
    .selectFrom('watched_states')
    .select(['at', 'state'])
    .where('subject', '=', subject)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
