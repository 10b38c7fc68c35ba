/** `chat:` of the settings, with tokens out of files of their own. */
import { type Fault, shown } from '../../shared/shape.ts';
import { type ChatSettings, faultsOfChat } from '../chat/settings.ts';
import { type Read, readNamed } from './named-file.ts';

export function readChat(section: unknown, read: Read, faults: Fault[]): ChatSettings[] {
  const written = (Array.isArray(section) ? section : []) as unknown[];
  const names = written.map((one) => (one as { name?: unknown } | null)?.name);
  return written.flatMap((one, n): ChatSettings[] => {
    const before = faults.length;
    for (const fault of faultsOfChat(one)) faults.push({ ...fault, path: ['chat', n, ...fault.path] });
    if (names.indexOf(names[n]) < n)
      faults.push({ path: ['chat', n, 'name'], problem: `${shown(names[n])} is the name of another room, too` });
    if (faults.length > before) return [];
    const { name, kind, ...rest } = one as { name: string; kind: string } & Record<string, unknown>;
    const settings: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(rest)) {
      if (!key.endsWith('_file')) {
        settings[key] = value;
        continue;
      }
      const path = ['chat', n, key];
      const text = readNamed(value, path, read, faults)?.trim();
      // What came out of a file is not shown.
      if (text !== undefined && !/^[!-~]{1,4096}$/.test(text))
        faults.push({ path, problem: `${shown(value)} names a file that holds no token on one line` });
      settings[key.slice(0, -'_file'.length)] = text;
    }
    return faults.length > before ? [] : [{ name, kind, settings }];
  });
}
