/** `backup.json`: what a backup holds. Whoever restores it believes nothing else in the folder. */
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { fail } from '../../shared/errors.ts';

/** Raised when an older version could not restore what is written. */
export const noteFormat = 1;
export const noteName = 'backup.json';
export const names = {
  journal: 'series/journal.db',
  state: 'state.db',
  dump: 'state.pgdump',
  secrets: 'secrets.enc',
  settings: 'settings',
} as const;

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });

const BackedUpFile = Type.Object(
  {
    /** Below the folder of the backup, with `/`. */
    path: Type.String({ minLength: 1, maxLength: 1000 }),
    bytes: count,
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Of a segment, as the journal has it: the same name with the same is the same file. */
    crc: Type.Optional(count),
  },
  closed,
);
export type BackedUpFile = Static<typeof BackedUpFile>;

export const BackupNote = Type.Object(
  {
    format: Type.Integer({ minimum: 1 }),
    /** Of the collector that made it. */
    version: Type.String({ maxLength: 100 }),
    /** ms UTC: what came before is in it. */
    at: count,
    took: count,
    by: Type.String({ maxLength: 200 }),
    state: Type.Object({ kind: Type.Enum(['sqlite', 'postgres']), schema: Type.String({ maxLength: 100 }) }, closed),
    series: Type.Object({ name: Type.String({ maxLength: 500 }), isWhole: Type.Boolean(), segments: count }, closed),
    /** Rows of some tables, for people. */
    counts: Type.Record(Type.String({ maxLength: 50 }), count),
    /** Of the settings file below `settings`; null: there was none. */
    settings: Type.Union([Type.String({ maxLength: 1000 }), Type.Null()]),
    /** Of a collector that was restored itself: when. Of all others nothing, as older versions have it. */
    instance: Type.Optional(count),
    /** What is not in it, in words. */
    leftOut: Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 100 }),
    files: Type.Array(BackedUpFile, { maxItems: 1_000_000 }),
  },
  closed,
);
export type BackupNote = Static<typeof BackupNote>;

export const bytesOf = ({ files }: Pick<BackupNote, 'files'>): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Nothing in a note may lead out of its folder. */
export const isInside = (path: string): boolean =>
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part));

/** @param text of the file. @throws EvenkeelError BACKUP_UNUSABLE */
export function readNote(text: string, path: string): BackupNote {
  const refuse = (reason: string, todo: string) => fail('BACKUP_UNUSABLE', { path, reason, todo });
  const another = 'Nothing was changed. Take another backup.';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(`its ${noteName} is no JSON`, another);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > noteFormat)
    throw refuse(
      `a newer version made it (format ${format}, this version reads ${noteFormat})`,
      'Nothing was changed. Restore it with the version that made it, or with a newer one.',
    );
  if (!Value.Check(BackupNote, value)) {
    const [fault] = Value.Errors(BackupNote, value);
    throw refuse(`its ${noteName} is not as it was written: ${fault?.instancePath || '/'} ${fault?.message}`, another);
  }
  const odd = value.files.find((file) => !isInside(file.path));
  if (odd) throw refuse(`its ${noteName} names a file outside of it: ${odd.path}`, another);
  return value;
}
