/**
 * `scripts.yaml`: the scripts of this machine that may be started from afar, written by its administrator. What stands here
 * never comes over the network; what comes over it can only name an entry, and one value of each of its lists.
 */
import { posix } from 'node:path';
import { type Static, Type } from 'typebox';
import { parseDuration } from '../../shared/duration.ts';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { controlClass } from '../../shared/safe-text.ts';
import { scriptBounds, scriptNamePattern, sha256Pattern } from '../../shared/script-bounds.ts';
import { parseSettingsFile } from '../../shared/settings-file.ts';
import { faultsOf } from '../../shared/shape.ts';
import { textOfBytes } from '../checks/parse.ts';
import { closed, duration, twiceNamed } from '../settings-parts.ts';
import { readTrusted } from '../trusted-path.ts';

const name = Type.String({
  pattern: scriptNamePattern,
  want: 'a name of small letters, digits and -, such as free-space',
});
const line = (most: number) =>
  Type.String({
    ...{ minLength: 1, maxLength: most },
    pattern: `^[^${controlClass}\\n\\t]*$`,
    want: 'text on one line',
  });
/** In one language, or in several by their codes. */
const texts = (most: number) =>
  Type.Union([
    line(most),
    Type.Record(Type.String({ pattern: '^[a-z]{2}(-[A-Z]{2})?$', want: 'a language such as en' }), line(most), {
      ...{ minProperties: 1, maxProperties: 8, additionalProperties: false },
    }),
  ]);

const ListedScript = Type.Object(
  {
    name,
    title: texts(scriptBounds.title),
    about: Type.Optional(texts(scriptBounds.about)),
    run: Type.String({
      ...{ minLength: 2, maxLength: 1024, want: 'the path of a file' },
      check: (path: string) => (posix.isAbsolute(path) ? null : 'is not an absolute path'),
    }),
    sha256: Type.Optional(Type.String({ pattern: sha256Pattern, want: 'what `sha256sum FILE` prints, 64 digits' })),
    signed_by: Type.Optional(
      Type.Array(
        Type.String({
          ...{ pattern: '^ssh-ed25519 [A-Za-z0-9+/]{68}( [^\\n]{1,200})?$' },
          want: 'an Ed25519 public key on one line, as in a file id_ed25519.pub',
        }),
        { minItems: 1, maxItems: 20 },
      ),
    ),
    limit: Type.Optional(duration('1s', '1h')),
    two_persons: Type.Optional(Type.Boolean()),
    parameters: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name,
            title: Type.Optional(texts(scriptBounds.title)),
            values: Type.Array(line(scriptBounds.value), {
              ...{ minItems: 1, maxItems: scriptBounds.values, uniqueItems: true },
            }),
          },
          closed,
        ),
        { maxItems: scriptBounds.parameters },
      ),
    ),
  },
  closed,
);
export type ListedScript = Static<typeof ListedScript>;
/** `sha256`: of a signed one that of the file as it is now. */
export type AllowedScript = ListedScript & { sha256: string };

const WrittenList = Type.Object(
  {
    enabled: Type.Boolean({ want: 'true or false: without `enabled: true` nothing is run' }),
    scripts: Type.Optional(Type.Array(ListedScript, { maxItems: scriptBounds.scripts })),
  },
  closed,
);
export type WrittenList = Static<typeof WrittenList>;
export type AllowList = Omit<WrittenList, 'scripts'> & { scripts?: AllowedScript[] };

const usualLimit = '1m';
export const limitOf = ({ limit = usualLimit }: ListedScript): number => parseDuration(limit);

/**
 * YAML text → the list.
 * @throws EvenkeelError BAD_LOCAL_CONFIG with everything that is wrong: of a list with a fault nothing is run
 */
function parseAllowList(text: string, file: string): WrittenList {
  const source = parseSettingsFile(text, file);
  const faults = faultsOf(WrittenList, source.value);
  const { scripts } = (source.value ?? {}) as Partial<WrittenList>;
  faults.push(...twiceNamed('scripts', scripts));
  if (Array.isArray(scripts))
    for (const [i, one] of scripts.entries()) {
      if ((one?.sha256 === undefined) === (one?.signed_by === undefined))
        faults.push({ path: ['scripts', i], problem: 'needs `sha256` or `signed_by`, and not both' });
      for (const fault of twiceNamed('parameters', one?.parameters))
        faults.push({ ...fault, path: ['scripts', i, ...fault.path] });
    }
  const lines = source.describe(faults);
  if (lines.length > 0) throw fail('BAD_LOCAL_CONFIG', { faults: lines.join('\n') });
  return source.value as WrittenList;
}

/** @returns null where there is no such file. @throws EvenkeelError BAD_LOCAL_CONFIG, CONFIG_UNREADABLE, UNTRUSTED_PATH */
export function readAllowList(file: string): WrittenList | null {
  try {
    return parseAllowList(textOfBytes(readTrusted(file)), file);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (thrown instanceof EvenkeelError) throw thrown;
    throw fail('CONFIG_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
  }
}
