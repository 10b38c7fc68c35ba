/** `remote_support:` of the settings: links to the tools by which people reach machines. */
import { type Static, Type } from 'typebox';
import { EndpointKind } from '../../shared/api.ts';
import { type Fault, faultsOf, shown } from '../../shared/shape.ts';
import type { RemoteTemplate } from '../remote/remote.ts';
import { templateFault } from '../remote/template.ts';

const names = (want: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128, want }), { minItems: 1, maxItems: 100 }));
const Row = Type.Object(
  {
    name: Type.String({ pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]{0,39}$', want: 'a name such as RustDesk' }),
    url: Type.String({ minLength: 1, maxLength: 1000, want: 'an address with placeholders', check: templateFault }),
    kinds: Type.Optional(Type.Array(EndpointKind, { minItems: 1, uniqueItems: true })),
    sites: names('the name of a site'),
    tags: names('a tag'),
  },
  { additionalProperties: false },
);

export function readRemote(section: unknown, faults: Fault[]): RemoteTemplate[] {
  const written = (Array.isArray(section) ? section : []) as unknown[];
  const before = faults.length;
  written.forEach((one, n) => {
    for (const fault of faultsOf(Row, one)) faults.push({ ...fault, path: ['remote_support', n, ...fault.path] });
    const { name } = (one ?? {}) as { name?: unknown };
    if (written.findIndex((other) => (other as { name?: unknown } | null)?.name === name) < n)
      faults.push({ path: ['remote_support', n, 'name'], problem: `${shown(name)} is the name of another tool, too` });
  });
  return faults.length > before ? [] : (written as Static<typeof Row>[] as RemoteTemplate[]);
}
