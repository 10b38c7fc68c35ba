/** Which layers change when people save one, go back to a version, or the settings file says something else. Pure. */
import { fail } from '../../shared/errors.ts';
import { isSame, isSameScope, type Scopes } from './effective.ts';
import type { FileLayer, KeptChange, KeptLayer, KeptVersion, LayerEdit } from './store.ts';

export type OwnedChange = KeptChange & { owner: KeptLayer['owner'] };

/** @throws EvenkeelError CONFLICT: it stands in the file; NOT_FOUND: there is nothing to take away */
export function changeOf(layers: readonly KeptLayer[], edit: LayerEdit, nameOf: Scopes['nameOf']): OwnedChange {
  const { scope, settings, priority } = edit;
  const old = layers.find((one) => isSameScope(one.scope, scope));
  if (old?.owner === 'file') throw inFile(nameOf(scope));
  if (settings === null && !old) throw fail('NOT_FOUND', { what: 'layer of settings', id: nameOf(scope) || 'all' });
  const priorities = { before: old?.priority ?? 0, after: priority };
  return { scope, before: old?.settings ?? null, after: settings, owner: 'people', priority: priorities };
}

/** @throws EvenkeelError NOT_FOUND; CONFLICT: they are so already */
export function changesBackTo(
  to: number,
  versions: readonly KeptVersion[],
  layers: readonly KeptLayer[],
): OwnedChange[] {
  if (!versions.some(({ version }) => version === to))
    throw fail('NOT_FOUND', { what: 'version of settings', id: String(to) });
  /** From the newest back: the oldest change after that version says how a layer was. */
  const was = new Map<string, KeptChange>();
  for (const { version, changes } of versions)
    if (version > to) for (const change of changes) was.set(JSON.stringify(change.scope), change);
  const changes = [...was.values()].flatMap(({ scope, before, priority }): OwnedChange[] => {
    const old = layers.find((one) => isSameScope(one.scope, scope));
    const after = priority?.before ?? 0;
    const isSo = isSame(old?.settings ?? null, before) && (before === null || old?.priority === after);
    // What the file says is changed in the file.
    if (old?.owner === 'file' || isSo) return [];
    const priorities = { before: old?.priority ?? 0, after };
    return [{ scope, before: old?.settings ?? null, after: before, owner: 'people', priority: priorities }];
  });
  if (changes.length > 0) return changes;
  throw fail('CONFLICT', { problem: `the settings are as they were after version ${to} already` });
}

/** What stands in the file now; what is gone from it ends. */
export function changesByFile(
  before: readonly KeptLayer[],
  file: readonly FileLayer[],
  normal: Scopes['normal'],
): OwnedChange[] {
  const now = file.map((layer) => ({ ...layer, scope: normal(layer.scope) }));
  const gone = before.filter(
    ({ owner, scope }) => owner === 'file' && !now.some((one) => isSameScope(one.scope, scope)),
  );
  return [
    ...gone.map(({ scope, settings, priority }): OwnedChange => {
      return { scope, before: settings, after: null, owner: 'file', priority: { before: priority, after: 0 } };
    }),
    ...now.flatMap(({ scope, settings, priority }): OwnedChange[] => {
      const old = before.find((one) => isSameScope(one.scope, scope));
      if (old?.owner === 'file' && isSame(old.settings, settings) && old.priority === priority) return [];
      const priorities = { before: old?.priority ?? 0, after: priority };
      return [{ scope, before: old?.settings ?? null, after: settings, owner: 'file', priority: priorities }];
    }),
  ];
}

const inFile = (name: string) =>
  fail('CONFLICT', {
    problem: `the settings for ${name === '' ? 'all' : name} stand in evenkeel.yaml, under agent_settings; change them there and start the collector again`,
  });
