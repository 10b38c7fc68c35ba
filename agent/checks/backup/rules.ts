/**
 * What `checks.yaml` says about single backups: a repository to ask, files, events or reports to read. The settings as a
 * whole are in settings.ts, which knows the products.
 */
import { type Static, Type } from 'typebox';

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

/** What products that are found by rule alone need of the settings. */
export interface BackupRules {
  files?: FileRule[];
  events?: EventRule[];
}
