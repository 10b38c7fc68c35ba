/** Certificate files that the endpoint's own settings name, and how long they hold. Keys are never read. */

import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isCertificatePlace } from '../../../shared/agent-settings.ts';
import { type Reason, reason } from '../../../shared/reason.ts';
import { settingsFile } from '../../home.ts';
import { namedHere } from '../../remote.ts';
import { type CheckContext, NoData } from '../check.ts';
import { exists, fileText, namesIn } from '../files.ts';
import { day, type HealthReading, type HealthSource, type HealthStatus, hour, item, metric } from './source.ts';

export interface Certificate {
  subject: string;
  issuer: string;
  /** ms since 1970 */
  expires: number;
}

/** All certificates of a PEM text, in order. Blocks that are none are left out; private keys in the file are not touched. */
export function parseCertificates(text: string): Certificate[] {
  const blocks =
    text.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      // Loaded with the first certificate: most endpoints name none, and the module costs 2.4 MB.
      const { X509Certificate } = process.getBuiltinModule('node:crypto');
      const certificate = new X509Certificate(block);
      const expires = Date.parse(certificate.validTo);
      const flat = (name: string) => name.replaceAll('\n', ', ');
      return Number.isFinite(expires)
        ? [{ subject: flat(certificate.subject), issuer: flat(certificate.issuer), expires }]
        : [];
    } catch {
      // Not a certificate: with none left the file is reported as unreadable.
      return [];
    }
  });
}

/** The verdict on the file: its first certificate is the server's own, the chain behind it may end earlier. */
export function judgeCertificates(
  found: readonly Certificate[],
  now: number,
): { status: HealthStatus; daysLeft: number | null; why: Reason } {
  const first = [...found].sort((a, b) => a.expires - b.expires)[0];
  if (!first) return { status: 'unknown', daysLeft: null, why: reason('no_certificate_in_file') };
  const daysLeft = Math.floor((first.expires - now) / day);
  const why = reason(daysLeft < 0 ? 'certificate_expired' : 'certificate_expires', {
    subject: first.subject,
    end_on: first.expires,
  });
  return { status: daysLeft < 7 ? 'critical' : daysLeft < 21 ? 'warning' : 'ok', daysLeft, why };
}

export const certificates: HealthSource = {
  name: 'certificates',
  every: hour,
  reads: 'the files under `certificates:` of checks.yaml and of the settings, with the rights of the agent',
  platforms: ['linux', 'darwin', 'win32'],
  read,
};

const maxFiles = 200;
/** Of what is named from afar: more is no certificate, and nothing of it is read. */
const maxRemoteBytes = 64 * 1024;

async function read(context: CheckContext): Promise<HealthReading> {
  const paths = await namedPaths(context);
  const remotePaths = (namedHere(context.data).certificates ?? []).filter((path) => !paths.includes(path));
  if (paths.length + remotePaths.length === 0) throw new NoData(reason('no_certificates_named'));
  const now = context.clock.now();
  const reading: HealthReading = { items: [], metrics: [] };
  const own = (await Promise.all(paths.map((named) => filesOf(context, named)))).flat();
  const remote = (await Promise.all(remotePaths.map((named) => filesOf(context, named)))).flat();
  const files = [...own.map((path) => [path, false] as const), ...remote.map((path) => [path, true] as const)];
  for (const [path, isRemote] of files.slice(0, maxFiles)) {
    const text = isRemote ? await remoteText(context, path) : await fileText(context, path, 1024 * 1024);
    const found = text === null ? [] : parseCertificates(text);
    const { status, daysLeft, why } = judgeCertificates(found, now);
    const summary = text === null ? reason('file_unreadable', { path }) : why;
    reading.items.push(
      item('certificate', path, status, summary, { days_left: daysLeft, issuer: found[0]?.issuer ?? null }, now),
    );
    reading.metrics.push(...metric('cert', { path: path.slice(-256) }, { days_left: daysLeft }, now));
  }
  return reading;
}

/**
 * Named from afar, so only where programs keep their settings, wherever links lead, and only a plain file: a pipe would
 * be emptied by reading it.
 */
async function remoteText(context: CheckContext, path: string): Promise<string | null> {
  try {
    const real = await realpath(join(context.root, path));
    const there = context.root === '' ? real : real.slice((await realpath(context.root)).length);
    const { size, isFile } = await statOf(real);
    return isCertificatePlace(there) && isFile && size <= maxRemoteBytes
      ? await fileText(context, there, maxRemoteBytes)
      : null;
  } catch {
    // Not there, or not for this user to see: reported as unreadable.
    return null;
  }
}

async function statOf(path: string): Promise<{ size: number; isFile: boolean }> {
  const found = await stat(path);
  return { size: found.size, isFile: found.isFile() };
}

/** The reader of settings costs memory (a YAML parser, a schema compiler): loaded only where there is such a file. */
async function namedPaths({ data }: CheckContext): Promise<string[]> {
  const file = data === undefined ? null : settingsFile(data, 'checks.yaml');
  if (file === null || !(await exists({ root: '' }, file))) return [];
  const { readSettings } = await import('../../settings.ts');
  return (await readSettings(file, 'certificates')).certificates ?? [];
}

/** A folder stands for the certificate files in it. */
async function filesOf(context: CheckContext, path: string): Promise<string[]> {
  const names = await namesIn(context, path);
  return names.length === 0
    ? [path]
    : names.filter((name) => /\.(pem|crt|cer)$/i.test(name)).map((name) => join(path, name));
}
