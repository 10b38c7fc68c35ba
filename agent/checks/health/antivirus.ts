/** Whether virus protection is on and its signatures are of this week. */
import { type Reason, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { bytesOf, exists } from '../files.ts';
import { boolOf, type Loose, numberOf } from '../parse.ts';
import { day, type HealthReading, type HealthSource, type HealthStatus, hour, item, metric } from './source.ts';

const daySeconds = day / 1000;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** First 512 bytes of a ClamAV database: `ClamAV-VDB:21 Nov 2026 08-20 +0000:27000:…`. ms since 1970, or null. */
export function parseClamHeader(text: string): number | null {
  const match = /^ClamAV-VDB:(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d)-(\d\d) ([+-])(\d\d)(\d\d):/.exec(text);
  const month = months.indexOf((match?.[2] ?? '').toLowerCase());
  if (!match || month < 0) return null;
  const offset = (match[6] === '-' ? -1 : 1) * (Number(match[7]) * 60 + Number(match[8])) * 60_000;
  return Date.UTC(Number(match[3]), month, Number(match[1]), Number(match[4]), Number(match[5])) - offset;
}

export interface Antivirus {
  name: string;
  on: boolean | null;
  signatureAgeDays: number | null;
}

/** Get-MpComputerStatus */
export function parseDefender(status: Loose): Antivirus {
  const enabled = boolOf(status.AntivirusEnabled);
  const realTime = boolOf(status.RealTimeProtectionEnabled);
  const age = numberOf(status.AntivirusSignatureAge);
  const on = enabled === null || realTime === null ? null : enabled && realTime;
  // 65535 and more: there never were signatures.
  return { name: 'Microsoft Defender', on, signatureAgeDays: age !== null && age < 65_535 ? age : null };
}

export function judgeAntivirus(state: Antivirus): { status: HealthStatus; good: boolean | null; why: Reason } {
  const age = state.signatureAgeDays;
  if (state.on === false) return { status: 'critical', good: false, why: reason('protection_off') };
  if (age !== null && age > 7)
    return { status: 'warning', good: false, why: reason('signatures_old', { age_s: age * daySeconds }) };
  if (state.on === null || age === null) return { status: 'unknown', good: null, why: reason('protection_not_told') };
  return { status: 'ok', good: true, why: reason('protection_on', { age_s: age * daySeconds }) };
}

export function antivirusReading(state: Antivirus, now: number): HealthReading {
  const { status, good, why } = judgeAntivirus(state);
  const details = { on: state.on, signature_age_days: state.signatureAgeDays };
  return {
    items: [item('antivirus', state.name, status, why, details, now)],
    metrics: metric('posture', { path: 'system' }, { antivirus: good === null ? null : Number(good) }, now),
  };
}

export const antivirus: HealthSource = {
  name: 'antivirus',
  every: 6 * hour,
  reads: 'heads of /var/lib/clamav/daily.*, /run/clamav; no root. Windows: see windows',
  platforms: ['linux', 'darwin'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  const folders = ['/var/lib/clamav', '/opt/homebrew/var/lib/clamav', '/usr/local/var/lib/clamav'];
  for (const folder of folders)
    for (const name of ['daily.cld', 'daily.cvd']) {
      const head = await bytesOf(context, `${folder}/${name}`, 512);
      if (head === null) continue;
      const at = parseClamHeader(head.toString('latin1'));
      const runs =
        (await exists(context, '/run/clamav/clamd.ctl')) || (await exists(context, '/run/clamd.scan/clamd.sock'));
      const signatureAgeDays = at === null ? null : Math.max(0, Math.floor((now - at) / day));
      // Signatures without the daemon: scans by hand or by cron, which cannot be seen here.
      return antivirusReading({ name: 'ClamAV', on: runs ? true : null, signatureAgeDays }, now);
    }
  throw new NoData(reason('no_antivirus'));
}
