/** Certificates for tests, made by openssl. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const opensslIsHere = spawnSync('openssl', ['version']).status === 0;

/** Writes `<name>.pem` and `<name>.key` into the folder: self-signed, for localhost. */
export function makeCertificate(folder: string, name = 'c', days = '2'): { cert: string; key: string } {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', days];
  const more = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
  const { status, stderr } = spawnSync('openssl', [...words, ...more], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}
