/**
 * The endpoint's own backup settings: key `backups` of `checks.yaml` in the agent's folder. Never from the collector:
 * they name secrets and paths. Read with the rest of the file by agent/settings.ts.
 */
import { type Static, Type } from 'typebox';
import type { Fault } from '../../../shared/shape.ts';
import { products } from './index.ts';

const closed = { additionalProperties: false } as const;
const name = Type.String({ minLength: 1, maxLength: 200 });
const path = Type.String({ minLength: 1, maxLength: 1024 });
const duration = Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$', want: 'a duration such as 30m or 6h' });
const common = {
  job: name,
  schedule: Type.Optional(name),
  protects: Type.Optional(Type.Array(path, { maxItems: 200 })),
};

/** A repository to ask; for each of these an admin has decided that the agent may use its secret. */
export const RepositorySettings = Type.Object(
  {
    ...common,
    product: Type.Enum(['restic', 'borg', 'kopia', 'duplicity']),
    /** Kopia is asked about the repository that its user has connected, so it needs none. */
    repository: Type.Optional(path),
    passwordFile: Type.Optional(path),
    /** Lines NAME=value, for the keys of a cloud store. */
    environmentFile: Type.Optional(path),
    /** Whose backups count as this machine's; its own name unless given. */
    hosts: Type.Optional(Type.Array(name, { minItems: 1, maxItems: 50 })),
    /** Borg: only archives whose names match this pattern. */
    archives: Type.Optional(name),
    every: Type.Optional(duration),
  },
  closed,
);
export type RepositorySettings = Static<typeof RepositorySettings>;

/** The newest file that matches counts as the last good backup. */
export const FileRule = Type.Object(
  {
    ...common,
    glob: path,
    minBytes: Type.Optional(Type.Integer({ minimum: 0 })),
    minCount: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
);
export type FileRule = Static<typeof FileRule>;

const ids = Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 65_535 }), { maxItems: 100 }));
/** Windows event ids that mean success, warning or failure: covers the products that only write the event log. */
export const EventRule = Type.Object(
  {
    ...common,
    log: Type.String({ pattern: '^[A-Za-z0-9 ./_()-]{1,200}$', want: 'the name of an event log' }),
    provider: Type.String({ pattern: '^[A-Za-z0-9 ./_()-]{1,200}$', want: 'the name of an event provider' }),
    ok: ids,
    warning: ids,
    failed: ids,
  },
  closed,
);
export type EventRule = Static<typeof EventRule>;

/** A file which the product's own reporting writes: Duplicati's result JSON, Veeam's tables, duplicity's statistics. */
export const ReportFile = Type.Object(
  {
    product: Type.Enum(['duplicati', 'veeam', 'duplicity', 'rsnapshot']),
    job: Type.Optional(name),
    schedule: Type.Optional(name),
    glob: path,
    /** The order of day, month and year in its dates, where they do not show it themselves. */
    dates: Type.Optional(Type.Enum(['dmy', 'mdy', 'ymd'])),
  },
  closed,
);
export type ReportFile = Static<typeof ReportFile>;

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
