/** Where the head of the audit log is kept outside, as settings have it. */
import { Type } from 'typebox';
import { type Fault, shown } from '../../shared/shape.ts';
import { type Read, readNamed } from './named-file.ts';

const isWeb = (text: string) => /^https?:$/.test(URL.parse(text)?.protocol ?? '');

export const AuditSettings = Type.Object(
  {
    head_url: Type.Optional(
      Type.String({
        ...{ minLength: 1, want: 'an http or https address', secret: true },
        description: 'takes the head of the audit log once a day, as JSON',
        check: (text: string) =>
          isWeb(text) ? null : 'is no http or https address; write it like https://keep.example.net/audit',
      }),
    ),
    head_url_file: Type.Optional(Type.String({ minLength: 1, want: 'a path', description: 'file with that address' })),
  },
  { additionalProperties: false },
);

export function auditFaults(section: unknown, read: Read): Fault[] {
  const { head_url: url, head_url_file: file } = (section ?? {}) as Record<string, unknown>;
  const path = ['audit', 'head_url_file'];
  if (url !== undefined && file !== undefined)
    return [{ path, problem: 'and head_url are both given; leave one of them out' }];
  const faults: Fault[] = [];
  const text = readNamed(file, path, read, faults)?.trim();
  if (text !== undefined && !isWeb(text))
    faults.push({ path, problem: `${shown(file)} names a file that holds no http or https address` });
  return faults;
}

/** Null: to the log alone. */
export const readAuditHead = (
  section: { head_url?: string; head_url_file?: string } | undefined,
  read: Read,
): string | null => section?.head_url ?? (section?.head_url_file ? read(section.head_url_file).trim() : null);
