/** What a crash of the whole machine leaves behind: kernel messages saved across it, dumps, panic reports. */
import { reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, namesIn } from '../files.ts';
import { type HealthReading, type HealthSource, hour, item } from './source.ts';

export interface CrashPlace {
  folder: string;
  pattern: RegExp;
  code: 'crash_kernel_messages' | 'crash_dump' | 'crash_kernel_panic';
}

const places: Record<string, readonly CrashPlace[]> = {
  linux: [
    { folder: '/sys/fs/pstore', pattern: /^(dmesg|console)-/, code: 'crash_kernel_messages' },
    { folder: '/var/lib/systemd/pstore', pattern: /./, code: 'crash_kernel_messages' },
    { folder: '/var/crash', pattern: /^(\d{12}|127\.0\.0\.1-|vmcore|.*\.crash$)/, code: 'crash_dump' },
  ],
  darwin: [{ folder: '/Library/Logs/DiagnosticReports', pattern: /\.panic$|^panic-/, code: 'crash_kernel_panic' }],
  win32: [
    { folder: 'C:\\Windows\\Minidump', pattern: /\.dmp$/i, code: 'crash_dump' },
    { folder: 'C:\\Windows', pattern: /^MEMORY\.DMP$/i, code: 'crash_dump' },
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
  for (const { folder, pattern, code } of places[context.platform] ?? []) {
    const names = await namesIn(context, folder);
    readable ||= names.length > 0 || (await changedAt(context, folder)) !== null;
    for (const name of names.filter((entry) => pattern.test(entry)).slice(0, 50)) {
      const at = await changedAt(context, `${folder}${separator}${name}`);
      if (at !== null && now - at < recent)
        items.push(item('crash', name, 'warning', reason(code, { crash_at: at }), { folder }, now));
    }
  }
  if (!readable) throw new NoData(reason('keeps_no_crashes'));
  if (items.length === 0)
    items.push(item('crash', 'all', 'ok', reason('no_crash', { span_s: recent / 1000 }), {}, now));
  return { items, metrics: [] };
}
