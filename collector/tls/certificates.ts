/** Keys, certificates and their pins. Certificates are made by a child process (x509-child.ts). */
import { spawn } from 'node:child_process';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { isIPv6 } from 'node:net';
import { fail } from '../../shared/errors.ts';
import { pathOf } from '../package/places.ts';

const script = pathOf(new URL('./x509-child.ts', import.meta.url), 'x509-child.mjs');
const withinMs = 30_000;
const day = 86_400_000;

interface Times {
  /** ms UTC. */
  notBefore: number;
  notAfter: number;
}

/** All keys and certificates as PEM. */
export type CertificateRequest = Times &
  (
    | { what: 'root'; name: string; key: string }
    | { what: 'leaf'; names: readonly string[]; key: string; issuer: string; issuerKey: string }
    | { what: 'cross'; root: string; issuer: string; issuerKey: string }
  );

/** Of clocks that are a little behind. */
const backdatedMs = day;
export const rootMs = 3650 * day;
export const leafMs = 90 * day;

/** ECDSA on P-256: Windows takes no Ed25519, and RSA is larger. */
export const makeKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

export const timesFrom = (now: number, lifeMs: number): Times => ({
  notBefore: now - backdatedMs,
  notAfter: now + lifeMs,
});

/** SHA-256 of the public key (SPKI), base64 as curl writes it: a certificate that is made again for the same key has the same one. */
const pinOfKey = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64');
export const pinOf = (certificate: string): string => pinOfKey(new X509Certificate(certificate).publicKey);
export const pinOfPrivate = (key: string): string => pinOfKey(createPublicKey(createPrivateKey(key)));

/** Each certificate of a PEM file. */
export const certificatesIn = (pem: string): string[] =>
  [...pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].map(([one]) => `${one}\n`);

/** Keys go through standard input: nobody reads them in the list of processes. @throws EvenkeelError TLS_NOT_MADE */
export function makeCertificate(request: CertificateRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const broken = (reason: string) => reject(fail('TLS_NOT_MADE', { what: request.what, reason }));
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: withinMs,
      killSignal: 'SIGKILL',
      env: { PATH: process.env.PATH },
    });
    let [pem, complaint] = ['', ''];
    child.stdout.on('data', (chunk) => {
      pem += chunk;
    });
    child.stderr.on('data', (chunk) => {
      complaint = (complaint + chunk).slice(-2000);
    });
    child.stdin.on('error', () => {});
    child.on('error', (error) => broken(error.message));
    child.on('close', (code, signal) => {
      if (code === 0 && certificatesIn(pem).length === 1) resolve(pem);
      else broken(complaint.split('\n').find((line) => /Error/.test(line)) ?? `it ended with ${signal ?? code}`);
    });
    child.stdin.end(JSON.stringify(request));
  });
}

/** Node writes ::1 as 0:0:0:0:0:0:0:1. */
const inShort = (name: string) => (isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name);

/** Names and addresses of a certificate. */
export const namesIn = (certificate: string): string[] =>
  (new X509Certificate(certificate).subjectAltName ?? '')
    .split(', ')
    .flatMap((one) => one.split(':').slice(1).join(':') || [])
    .map(inShort);
