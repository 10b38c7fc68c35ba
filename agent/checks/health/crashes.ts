/** What a crash of the whole machine leaves behind: kernel messages saved across it, dumps, panic reports. */
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, namesIn } from '../files.ts';
import { type HealthReading, type HealthSource, hour, item } from './source.ts';

export interface CrashPlace {
  folder: string;
  pattern: RegExp;
  what: string;
}

const places: Record<string, readonly CrashPlace[]> = {
  linux: [
    { folder: '/sys/fs/pstore', pattern: /^(dmesg|console)-/, what: 'kernel messages saved at a crash' },
    { folder: '/var/lib/systemd/pstore', pattern: /./, what: 'kernel messages saved at a crash' },
    { folder: '/var/crash', pattern: /^(\d{12}|127\.0\.0\.1-|vmcore|.*\.crash$)/, what: 'a crash dump' },
  ],
  darwin: [{ folder: '/Library/Logs/DiagnosticReports', pattern: /\.panic$|^panic-/, what: 'a kernel panic' }],
  win32: [
    { folder: 'C:\\Windows\\Minidump', pattern: /\.dmp$/i, what: 'a crash dump' },
    { folder: 'C:\\Windows', pattern: /^MEMORY\.DMP$/i, what: 'a crash dump' },
  ],
};

/** A crash of the last 30 days is worth a look; older ones are history. */
const recent = 30 * 24 * hour;

export const crashes: HealthSource = {
  name: 'crashes',
  every: hour,
  reads: 'names and times in /sys/fs/pstore, /var/crash, DiagnosticReports, Minidump; some need root',
  platforms: ['linux', 'darwin', 'win32'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  const separator = context.platform === 'win32' ? '\\' : '/';
  const items: HealthReading['items'] = [];
  let readable = false;
  for (const { folder, pattern, what } of places[context.platform] ?? []) {
    const names = await namesIn(context, folder);
    readable ||= names.length > 0 || (await changedAt(context, folder)) !== null;
    for (const name of names.filter((entry) => pattern.test(entry)).slice(0, 50)) {
      const at = await changedAt(context, `${folder}${separator}${name}`);
      if (at !== null && now - at < recent)
        items.push(item('crash', name, 'warning', `${what}, ${new Date(at).toISOString()}`, { at, folder }, now));
    }
  }
  if (!readable) throw new NoData('this machine keeps nothing across a crash');
  if (items.length === 0) items.push(item('crash', 'all', 'ok', 'no crash in the last 30 days', {}, now));
  return { items, metrics: [] };
}
