/** What else an endpoint is used by, for whoever is about to retire it. */
import { type Reason, reason } from '../../shared/reason.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';

const named = (names: readonly string[]) => names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');

/** Each use of each of these endpoints; those that nothing uses are missing. */
export async function usesOf(db: State, ids: readonly string[], now: number): Promise<Map<string, Reason[]>> {
  const uses = new Map<string, Reason[]>();
  const add = (id: string, why: Reason) => uses.set(id, [...(uses.get(id) ?? []), why]);
  const wanted = new Set(ids);
  for (const some of chunks(ids)) {
    const tickets = db.selectFrom('tickets').select(['endpoint as of', 'id as name']).where('endpoint', 'in', some);
    group(await tickets.where('state', 'in', ['new', 'in_progress', 'on_hold']).orderBy('id').execute(), (id, names) =>
      add(id, reason('used_by_tickets', { names: named(names.map((name) => `#${name}`)) })),
    );
    group(
      await db
        .selectFrom('dependencies as d')
        .innerJoin('endpoints as e', 'e.id', 'd.endpoint')
        .select(['d.parent as of', 'e.name'])
        .distinct()
        .where('d.parent', 'in', some)
        .where('e.retired_at', 'is', null)
        .orderBy('e.name')
        .execute(),
      (id, names) => add(id, reason('used_by_dependents', { names: named(names) })),
    );
    const rules = db.selectFrom('rules').select(['target as of', 'rule as name']).where('scope', '=', 'endpoint');
    group(await rules.where('target', 'in', some).orderBy('rule').execute(), (id, names) =>
      add(id, reason('used_by_rules', { names: named(names) })),
    );
    const settings = db.selectFrom('setting_layers').select('target').where('scope', '=', 'endpoint');
    for (const { target } of await settings.where('target', 'in', some).execute())
      add(target, reason('used_by_settings'));
    const windows = db.selectFrom('maintenance_windows').select(['target as of', 'reason as name']);
    group(
      await windows
        .where('scope', '=', 'endpoint')
        .where('target', 'in', some)
        .where('cancelled_at', 'is', null)
        .where((eb) => eb.or([eb('to_at', 'is', null), eb('to_at', '>', now)]))
        .execute(),
      (id, names) => add(id, reason('used_by_maintenance', { count: names.length })),
    );
  }
  const lists = [
    ...(await db.selectFrom('services').select(['name', 'parts as list']).orderBy('name').execute()).map((one) => ({
      ...one,
      code: 'used_by_services' as const,
    })),
    ...(
      await db
        .selectFrom('targets as t')
        .innerJoin('endpoints as e', 'e.id', 't.id')
        .select(['e.name', 't.watchers as list'])
        .orderBy('e.name')
        .execute()
    ).map((one) => ({ ...one, code: 'used_by_targets' as const })),
  ];
  for (const code of ['used_by_services', 'used_by_targets'] as const)
    group(
      lists
        .filter((one) => one.code === code)
        .flatMap(({ name, list }) => (JSON.parse(list) as string[]).map((of) => ({ of, name })))
        .filter(({ of }) => wanted.has(of)),
      (id, names) => add(id, reason(code, { names: named(names) })),
    );
  return uses;
}

function group(
  rows: readonly { of: string | null; name: string | number }[],
  each: (id: string, names: string[]) => void,
): void {
  for (const [id, own] of Map.groupBy(rows, ({ of }) => of))
    if (id !== null)
      each(
        id,
        own.map(({ name }) => String(name)),
      );
}
