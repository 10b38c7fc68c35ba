/**
 * The endpoint's own backup settings: key `backups` of `checks.yaml` in the agent's folder. Never from the collector:
 * they name secrets and paths. Every mistake is told with line and column, unknown keys are mistakes.
 */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { parseDuration } from '../../../shared/duration.ts';
import { fail, reasonOf } from '../../../shared/errors.ts';

const closed = { additionalProperties: false } as const;
const name = Type.String({ minLength: 1, maxLength: 200 });
const path = Type.String({ minLength: 1, maxLength: 1024 });
const duration = Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' });
const common = {
  job: name,
  schedule: Type.Optional(name),
  protects: Type.Optional(Type.Array(path, { maxItems: 200 })),
};

/** A repository to ask; for each of these an admin has decided that the agent may use its secret. */
export const Repository = Type.Object(
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
export type Repository = Static<typeof Repository>;

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
    log: Type.String({ pattern: '^[A-Za-z0-9 ./_()-]{1,200}$' }),
    provider: Type.String({ pattern: '^[A-Za-z0-9 ./_()-]{1,200}$' }),
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
    ignore: Type.Optional(Type.Array(name, { maxItems: 50 })),
    repositories: Type.Optional(Type.Array(Repository, { maxItems: 50 })),
    files: Type.Optional(Type.Array(FileRule, { maxItems: 100 })),
    events: Type.Optional(Type.Array(EventRule, { maxItems: 50 })),
    reports: Type.Optional(Type.Array(ReportFile, { maxItems: 50 })),
  },
  closed,
);
export type BackupSettings = Static<typeof BackupSettings>;

const validator = Compile(BackupSettings);

/** `/repositories/0/job` → ['backups', 'repositories', 0, 'job'], the way the yaml document is walked. */
function keysOf(pointer: string): (string | number)[] {
  const steps = pointer.split('/').slice(1);
  return ['backups', ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/')))];
}

interface Mistake {
  keys: (string | number)[];
  problem: string;
}

/** The most telling mistake: an unknown key before the rest, since it is usually the cause of the rest. */
function mistakeIn(value: unknown): Mistake {
  const found = [...validator.Errors(value)];
  for (const error of found) {
    const extra = (error.params as { additionalProperties?: string[] }).additionalProperties?.[0];
    if (extra !== undefined) {
      return { keys: [...keysOf(error.instancePath), extra], problem: `"${extra}" is not a setting` };
    }
  }
  const first = found.find((error) => !/anyOf|union/.test(error.keyword)) ?? found[0];
  const keys = keysOf(first?.instancePath ?? '');
  return { keys, problem: `${keys.join('.')} ${first?.message ?? 'is not as expected'}` };
}

/**
 * Reads the key `backups` of the text of `checks.yaml`. Other top-level keys belong to other checks.
 * @param file is named in errors
 * @throws EvenkeelError BAD_LOCAL_CONFIG with line and column
 */
export function readSettings(text: string, file: string): BackupSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const refuse = (offset: number, problem: string) => {
    const { line, col } = lines.linePos(offset);
    return fail('BAD_LOCAL_CONFIG', { file, line, column: col, problem });
  };
  const syntax = document.errors[0];
  if (syntax) throw refuse(syntax.pos[0], syntax.message);
  let value: unknown;
  try {
    value = (document.toJS({ maxAliasCount: 20 }) as { backups?: unknown } | null)?.backups ?? {};
  } catch (thrown) {
    throw refuse(0, reasonOf(thrown));
  }
  if (validator.Check(value)) {
    for (const repository of value.repositories ?? []) if (repository.every) parseDuration(repository.every);
    return value;
  }
  const { keys, problem } = mistakeIn(value);
  // An unknown key is shown where it stands: the key of its pair, not its value.
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const node = document.getIn(keys.slice(0, depth), true);
    if (isNode(node) && node.range) throw refuse(node.range[0], problem);
  }
  throw refuse(0, problem);
}
