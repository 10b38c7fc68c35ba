/** The outgoing sign of life, as settings have it. */
import { parseDuration } from '../../shared/duration.ts';
import { type Fault, shown } from '../../shared/shape.ts';
import { type Read, readNamed } from './named-file.ts';
import type { CollectorSettings, Config } from './settings.ts';

/** Whoever knows the address can say that all is well: it may stand in a file. */
export function deadmanFaults(section: unknown, read: Read): Fault[] {
  const { url, url_file: file } = (section ?? {}) as Record<string, unknown>;
  if (section === undefined || typeof section !== 'object') return [];
  if (url !== undefined && file !== undefined)
    return [{ path: ['deadman', 'url_file'], problem: 'and url are both given; leave one of them out' }];
  if (url === undefined && file === undefined)
    return [{ path: ['deadman'], problem: 'lacks "url": the address that is called while the collector is well' }];
  const faults: Fault[] = [];
  const text = readNamed(file, ['deadman', 'url_file'], read, faults)?.trim();
  if (text !== undefined && !/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    faults.push({
      path: ['deadman', 'url_file'],
      problem: `${shown(file)} names a file that holds no http or https address`,
    });
  return faults;
}

export function readDeadman(section: CollectorSettings['deadman'], read: Read): Config['deadman'] {
  if (!section) return null;
  const url = section.url ?? read(section.url_file as string).trim();
  return { url, failUrl: section.fail_url ?? null, everyMs: parseDuration(section.every ?? '1m') };
}
