/** `channels:` of the settings, with secrets out of files of their own. */
import { type Fault, shown } from '../../shared/shape.ts';
import { type ChannelSettings, faultsOfChannels, readAddress, withAddressRead } from '../notify/route.ts';
import { type Read, readNamed } from './named-file.ts';

/** `password_file: /run/secrets/mail` becomes `password: …`, so that no secret stands in the settings themselves. */
export function readChannels(section: unknown, read: Read, faults: Fault[]): ChannelSettings[] {
  const inFiles: Fault[] = [];
  const written = (Array.isArray(section) ? section : []).map((one: unknown, i) =>
    withAddressOfFile(one, i, read, inFiles),
  );
  const faulty = new Set(inFiles.map(({ path }) => path[1]));
  const first = faultsOfChannels(written).filter(({ path }) => !faulty.has(path[0]));
  faults.push(...inFiles, ...first.map((fault) => ({ ...fault, path: ['channels', ...fault.path] })));
  for (const { path } of first) faulty.add(path[0]);
  return written.flatMap((channel, i): ChannelSettings[] => {
    if (faulty.has(i)) return [];
    const { name, kind, ...rest } = withAddressRead(channel as Record<string, unknown>);
    const fromFiles = Object.keys(rest).filter((key) => key.endsWith('_file'));
    const settings: Record<string, unknown> = { ...rest };
    const before = faults.length;
    for (const key of fromFiles) {
      settings[key.slice(0, -'_file'.length)] = readNamed(rest[key], ['channels', i, key], read, faults)?.trimEnd();
      delete settings[key];
    }
    if (faults.length > before) return [];
    // What came out of a file is not shown; only that it does not fit.
    for (const { path, problem } of faultsOfChannels([{ name, kind, ...settings }])) {
      const key = `${path[1]}_file`;
      faults.push(
        fromFiles.includes(key)
          ? {
              path: ['channels', i, key],
              problem: `${shown(rest[key])} names a file whose text does not fit \`${path[1]}\``,
            }
          : { path: ['channels', i, ...path.slice(1)], problem },
      );
    }
    return [{ name, kind, settings }];
  });
}

/** A file may hold an address that stands for the other settings: `slack://…`. What cannot be read is reported with the other files. */
function withAddressOfFile(channel: unknown, i: number, read: Read, faults: Fault[]): unknown {
  const { url_file: file, ...rest } = (channel ?? {}) as Record<string, unknown>;
  if (typeof file !== 'string' || rest.url !== undefined) return channel;
  const noted: Fault[] = [];
  const url = readNamed(file, ['channels', i, 'url_file'], read, noted)?.trim();
  // Without a kind nothing else of it can be checked.
  if (rest.kind === undefined) faults.push(...noted);
  if (url === undefined || (rest.kind !== undefined && /^https?:/i.test(url))) return channel;
  const found = readAddress({ ...rest, url });
  const isUnread = rest.kind !== undefined && (found.channel as { url?: unknown }).url === url;
  if (found.faults.length === 0 && !isUnread) return found.channel;
  // With a kind, its own check says that the text does not fit.
  if (rest.kind === undefined)
    faults.push(
      ...found.faults.map(({ problem }) => ({
        path: ['channels', i, 'url_file'],
        problem: `names a file whose address ${problem}`,
      })),
    );
  return channel;
}
