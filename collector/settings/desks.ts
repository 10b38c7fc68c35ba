/** `desks:` of the settings, with secrets out of files of their own. */

import { type Fault, shown } from '../../shared/shape.ts';
import { deskTypes } from '../desks/index.ts';
import { type DeskSettings, faultsOfDesk } from '../desks/settings.ts';
import { type Read, readNamed } from './named-file.ts';

/** `token_file: /run/secrets/jira` becomes `token: …`, so that no secret stands in the settings themselves. */
export function readDesks(section: unknown, read: Read, faults: Fault[]): DeskSettings[] {
  const written = (Array.isArray(section) ? section : []) as unknown[];
  const names = written.map((one) => (one as { name?: unknown } | null)?.name);
  return written.flatMap((one, n): DeskSettings[] => {
    const before = faults.length;
    const at = (fault: Fault) => void faults.push({ ...fault, path: ['desks', n, ...fault.path] });
    faultsOfDesk(deskTypes, one).forEach(at);
    if (names.indexOf(names[n]) < n)
      at({ path: ['name'], problem: `${shown(names[n])} is the name of another desk, too` });
    if (faults.length > before) return [];
    const { name, kind, ...rest } = one as { name: string; kind: string } & Record<string, unknown>;
    const settings: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(rest))
      if (key.endsWith('_file'))
        settings[key.slice(0, -'_file'.length)] = readNamed(value, ['desks', n, key], read, faults)?.trim();
      else settings[key] = value;
    if (faults.length > before) return [];
    // What came out of a file is not shown; only that it does not fit.
    for (const { path, problem } of faultsOfDesk(deskTypes, { name, kind, ...settings })) {
      const key = `${path[0]}_file`;
      at(
        key in rest
          ? { path: [key], problem: `${shown(rest[key])} names a file whose text does not fit \`${path[0]}\`` }
          : { path, problem },
      );
    }
    return [{ name, kind, settings }];
  });
}
