/** Layers, versions and answers in state. */
import type { AgentLayerSettings } from '../../shared/agent-layer.ts';
import type { Applied } from '../../shared/applied.ts';
import type { Scope } from '../evaluate/scope.ts';
import type { State, StateTransaction } from '../state/database.ts';
import type { SaidSettings } from './state.ts';

export interface KeptLayer {
  scope: Scope;
  settings: AgentLayerSettings;
  priority: number;
  owner: 'file' | 'people';
  at: number;
  by: string;
}

/** A layer as the settings file has it. */
export interface FileLayer {
  scope: Scope;
  priority: number;
  settings: AgentLayerSettings;
}

export interface LayerEdit {
  scope: Scope;
  /** Null takes the layer away. */
  settings: AgentLayerSettings | null;
  priority: number;
}

/** One layer of a change; names are found when it is shown. */
export interface KeptChange {
  scope: Scope;
  before: AgentLayerSettings | null;
  after: AgentLayerSettings | null;
  /** Of both, where it has one. */
  priority?: { before: number; after: number };
}

export interface KeptVersion {
  version: number;
  at: number;
  by: string;
  reason: string;
  changes: KeptChange[];
}

export async function readLayers(state: State): Promise<KeptLayer[]> {
  const rows = await state.selectFrom('setting_layers').selectAll().execute();
  return rows.map(({ scope, target, settings, priority, owner, at, by_user }) => ({
    ...{ scope: { of: scope, target }, settings: JSON.parse(settings) as AgentLayerSettings },
    ...{ priority, owner, at, by: by_user },
  }));
}

/** @param newest so many */
export async function readVersions(state: State, newest: number): Promise<KeptVersion[]> {
  const rows = await state.selectFrom('setting_versions').selectAll().orderBy('id', 'desc').limit(newest).execute();
  return rows.map(({ id, at, by_user, reason, changes }) => ({
    ...{ version: id, at, by: by_user, reason, changes: JSON.parse(changes) as KeptChange[] },
  }));
}

export async function newestVersion(state: State): Promise<number> {
  const row = await state.selectFrom('setting_versions').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row?.id ?? 0;
}

/** Layers and the version that says why they changed, in one commit. @returns its number */
export async function saveVersion(
  db: StateTransaction,
  said: Omit<KeptVersion, 'version' | 'changes'>,
  changes: readonly (KeptChange & { owner: KeptLayer['owner'] })[],
): Promise<number> {
  for (const { scope, after, priority, owner } of changes) {
    await db.deleteFrom('setting_layers').where('scope', '=', scope.of).where('target', '=', scope.target).execute();
    if (after === null) continue;
    await db
      .insertInto('setting_layers')
      .values({
        ...{ scope: scope.of, target: scope.target, settings: JSON.stringify(after), owner },
        ...{ priority: priority?.after ?? 0, at: said.at, by_user: said.by },
      })
      .execute();
  }
  const kept = changes.map(({ owner: _, ...change }) => change);
  const { id } = await db
    .insertInto('setting_versions')
    .values({ at: said.at, by_user: said.by, reason: said.reason, changes: JSON.stringify(kept) })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function readSaid(state: State): Promise<Map<string, SaidSettings>> {
  const rows = await state.selectFrom('applied_settings').selectAll().execute();
  return new Map(
    rows.map(({ endpoint, version, digest, result, problems, remote, locked, at }) => [
      endpoint,
      {
        ...{ version, digest, result, remote, at },
        ...{ problems: JSON.parse(problems) as Applied['problems'], lock: JSON.parse(locked) as string[] },
      },
    ]),
  );
}

export async function saveSaid(db: State, endpoint: string, said: SaidSettings): Promise<void> {
  const { version, digest, result, problems, remote, lock, at } = said;
  const columns = {
    ...{ version, digest, result, remote, at },
    ...{ problems: JSON.stringify(problems), locked: JSON.stringify(lock) },
  };
  await db
    .insertInto('applied_settings')
    .values({ endpoint, ...columns })
    .onConflict((is) => is.column('endpoint').doUpdateSet(columns))
    .execute();
}
