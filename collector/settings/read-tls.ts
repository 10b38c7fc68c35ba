/** The section `tls`: a certificate from outside, whole and with its own key. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { reasonOf } from '../../shared/errors.ts';
import { type Fault, shown } from '../../shared/shape.ts';
import { type Read, readNamed } from './named-file.ts';
import type { Config } from './settings.ts';

/** A certificate that is none would be met by the first agent only, in the words of OpenSSL. */
export function readTls(section: unknown, home: string, read: Read, faults: Fault[]): Config['tls'] {
  if (typeof section !== 'object' || section === null) return null;
  const given = section as Partial<Record<'cert' | 'key' | 'ca' | 'names', unknown>>;
  const text = (name: 'cert' | 'key' | 'ca') => readNamed(given[name], ['tls', name], read, faults);
  const parsed = <T>(name: 'cert' | 'key' | 'ca', pem: string | undefined, what: string, parse: (pem: string) => T) => {
    try {
      return pem === undefined ? undefined : parse(pem);
    } catch (thrown) {
      faults.push({
        path: ['tls', name],
        problem: `${shown(given[name])} holds no ${what} in PEM: ${reasonOf(thrown)}`,
      });
      return undefined;
    }
  };
  const [cert, key, ca] = [text('cert'), text('key'), text('ca')];
  const certificate = parsed('cert', cert, 'certificate', (pem) => new X509Certificate(pem));
  const secret = parsed('key', key, 'private key', (pem) => createPrivateKey(pem));
  parsed('ca', ca, 'certificate', (pem) => new X509Certificate(pem));
  if (certificate && secret && !certificate.checkPrivateKey(secret))
    faults.push({
      path: ['tls', 'key'],
      problem: `${shown(given.key)} is not the key of the certificate ${shown(given.cert)}`,
    });
  if (given.cert === undefined)
    for (const name of ['key', 'ca'] as const)
      if (given[name] !== undefined) faults.push({ path: ['tls', name], problem: 'is given without `cert`' });
  if (given.cert !== undefined && given.key === undefined)
    faults.push({ path: ['tls', 'cert'], problem: 'is given without `key`, the file with its private key' });
  if (given.cert !== undefined && given.names !== undefined)
    faults.push({
      path: ['tls', 'names'],
      problem: 'is for the certificate that the collector makes; with `cert` its names are in that file',
    });
  if (cert === undefined || key === undefined) return null;
  const pathOf = (name: 'cert' | 'key' | 'ca') => resolve(home, String(given[name]));
  const files = { cert: pathOf('cert'), key: pathOf('key'), ca: ca === undefined ? null : pathOf('ca') };
  return { cert, key, ca: ca ?? null, files };
}
