/** Rules and settings of agents scoped to a site, a group or an endpoint follow it when it is renamed, merged into another or removed. */
import type { State } from '../state/open.ts';

/** Why; shown in the history of the rule, in words of the reader's language. */
export type ScopeMove = 'site_renamed' | 'site_removed' | 'group_removed' | 'endpoint_retired';

/**
 * Inside the transaction of the change itself. Where the heir has a rule of its own already, that one holds.
 * @param to null: no heir, so the scoped rules end
 */
export async function moveRuleScope(
  db: State,
  of: 'site' | 'group' | 'endpoint',
  from: string,
  to: string | null,
  why: ScopeMove,
  by: string,
  at: number,
): Promise<void> {
  if (to !== null)
    for (const table of ['maintenance_windows', 'maintenance_occurrences'] as const)
      await db.updateTable(table).set({ target: to }).where('scope', '=', of).where('target', '=', from).execute();
  await moveSettings(db, { of, target: from }, to, why, by, at);
  const overridesOf = (target: string) =>
    db.selectFrom('rules').selectAll().where('scope', '=', of).where('target', '=', target).execute();
  const taken = new Set(to === null ? [] : (await overridesOf(to)).map(({ rule }) => rule));
  for (const { id, rule, change } of await overridesOf(from)) {
    const goesOn = to !== null && !taken.has(rule);
    if (goesOn) await db.updateTable('rules').set({ target: to }).where('id', '=', id).execute();
    else await db.deleteFrom('rules').where('id', '=', id).execute();
    const version = { rule, scope: of, at, by_user: by, reason: why };
    const ended = { ...version, target: from, before: change, after: null };
    const begun = { ...version, target: to ?? '', before: null, after: change };
    await db
      .insertInto('rule_versions')
      .values(goesOn ? [ended, begun] : [ended])
      .execute();
  }
}

/** The same for the settings of agents, as a version of its own. */
async function moveSettings(
  db: State,
  { of, target }: { of: 'site' | 'group' | 'endpoint'; target: string },
  to: string | null,
  reason: ScopeMove,
  by: string,
  at: number,
): Promise<void> {
  const layerOf = (name: string) =>
    db.selectFrom('setting_layers').selectAll().where('scope', '=', of).where('target', '=', name).executeTakeFirst();
  const layer = await layerOf(target);
  if (!layer) return;
  const goesOn = to !== null && !(await layerOf(to));
  const where = db.updateTable('setting_layers').where('scope', '=', of).where('target', '=', target);
  if (goesOn) await where.set({ target: to }).execute();
  else await db.deleteFrom('setting_layers').where('scope', '=', of).where('target', '=', target).execute();
  const settings: unknown = JSON.parse(layer.settings);
  const changes = [
    { scope: { of, target }, before: settings, after: null },
    ...(goesOn ? [{ scope: { of, target: to }, before: null, after: settings }] : []),
  ];
  await db
    .insertInto('setting_versions')
    .values({ at, by_user: by, reason, changes: JSON.stringify(changes) })
    .execute();
}
