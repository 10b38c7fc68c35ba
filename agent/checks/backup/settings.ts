/**
 * The endpoint's own backup settings: key `backups` of `checks.yaml` in the agent's folder. Never from the collector:
 * they name secrets and paths. Read with the rest of the file by agent/settings.ts.
 */
import { type Static, Type } from 'typebox';
import type { Fault } from '../../../shared/shape.ts';
import { products } from './index.ts';
import { EventRule, FileRule, ReportFile, RepositorySettings } from './rules.ts';

const closed = { additionalProperties: false } as const;

export const BackupSettings = Type.Object(
  {
    /** Products that are not to be looked for. */
    ignore: Type.Optional(Type.Array(Type.Enum(products.map((product) => product.name)), { maxItems: 50 })),
    repositories: Type.Optional(Type.Array(RepositorySettings, { maxItems: 50 })),
    files: Type.Optional(Type.Array(FileRule, { maxItems: 100 })),
    events: Type.Optional(Type.Array(EventRule, { maxItems: 50 })),
    reports: Type.Optional(Type.Array(ReportFile, { maxItems: 50 })),
  },
  closed,
);
export type BackupSettings = Static<typeof BackupSettings>;

/** What no schema can express: settings that would be ignored silently. By their place under `backups`; total. */
export function faultsOfBackups(backups: unknown): Fault[] {
  const { repositories, events } = (backups ?? {}) as Record<string, unknown>;
  return [
    ...eachOf(repositories).flatMap(([repository, i]) => repositoryFaults(repository, i)),
    ...twice(eachOf(repositories)),
    ...eachOf(events).flatMap(([event, i]) => eventFaults(event, i)),
  ];
}

const eachOf = (list: unknown): [Record<string, unknown>, number][] =>
  Array.isArray(list) ? list.map((item, i) => [(item ?? {}) as Record<string, unknown>, i]) : [];

function repositoryFaults(
  { product, archives, repository, environmentFile }: Record<string, unknown>,
  i: number,
): Fault[] {
  const faults: Fault[] = [];
  if (archives !== undefined && product !== 'borg')
    faults.push({
      path: ['repositories', i, 'archives'],
      problem: `has no effect with ${product}: only borg has archives`,
    });
  if (repository === undefined && environmentFile === undefined && product !== 'kopia')
    faults.push({ path: ['repositories', i], problem: 'lacks "repository": where the backups lie' });
  return faults;
}

function twice(repositories: readonly [Record<string, unknown>, number][]): Fault[] {
  const seen = new Set<string>();
  return repositories.flatMap(([{ product, job }, i]): Fault[] => {
    const key = JSON.stringify([product, job]);
    if (typeof job !== 'string' || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path: ['repositories', i, 'job'], problem: `"${job}" is given twice for ${product}` }];
  });
}

function eventFaults(event: Record<string, unknown>, i: number): Fault[] {
  const lists = (['ok', 'warning', 'failed'] as const).map((name) => [name, eachIn(event[name])] as const);
  if (lists.every(([, ids]) => ids.length === 0))
    return [{ path: ['events', i], problem: 'names no event: one of ok, warning, failed needs an id' }];
  const seen = new Map<unknown, string>();
  const faults: Fault[] = [];
  for (const [name, ids] of lists)
    for (const [at, id] of ids.entries()) {
      const before = seen.get(id);
      if (before !== undefined && before !== name)
        faults.push({ path: ['events', i, name, at], problem: `${id} stands under ${before}, too` });
      seen.set(id, name);
    }
  return faults;
}

const eachIn = (list: unknown): unknown[] => (Array.isArray(list) ? list : []);
