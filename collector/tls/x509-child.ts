/**
 * Makes certificates, in a process of its own: the library takes 95 ms and 23 MB, and is needed every sixty days. One request as
 * JSON on standard input, one PEM text on standard output.
 */
// First: the library needs it and does not bring it.
import 'reflect-metadata';
import { createHash, createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { CertificateRequest } from './certificates.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
x509.cryptoProvider.set(webcrypto as never);

const pkcs8 = (pem: string) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
const spki = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'der' });
const privateKey = (pem: string) => webcrypto.subtle.importKey('pkcs8', pkcs8(pem), algorithm, true, ['sign']);
const publicKey = (pem: string) => webcrypto.subtle.importKey('spki', spki(pem), algorithm, true, ['verify']);

/** Positive, and as long for every certificate. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString('hex');
}

/** In front of the names of others: an authority that is made anew for the same name must not be taken for the old one. */
const subjectOf = (name: string, key: string) =>
  `CN=Evenkeel ${name.replace(/[^A-Za-z0-9.: -]/g, '').slice(0, 40)} ${createHash('sha256').update(spki(key)).digest('hex').slice(0, 8)}`;

const authorityExtensions = (pathLength: number) => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
];

async function make(asked: CertificateRequest): Promise<x509.X509Certificate> {
  const common = {
    serialNumber: serial(),
    notBefore: new Date(asked.notBefore),
    notAfter: new Date(asked.notAfter),
    signingAlgorithm: algorithm,
  };
  if (asked.what === 'root') {
    const keys = { privateKey: await privateKey(asked.key), publicKey: await publicKey(asked.key) } as never;
    const extensions = [
      // 1: a certificate of the next authority below this one, and the server's below that.
      ...authorityExtensions(1),
      await x509.SubjectKeyIdentifierExtension.create((await publicKey(asked.key)) as never),
    ];
    return x509.X509CertificateGenerator.createSelfSigned({
      ...common,
      ...{ name: subjectOf(asked.name, asked.key), keys, extensions },
    });
  }
  const issuer = new x509.X509Certificate(asked.issuer);
  const signedBy = {
    issuer: issuer.subject,
    signingKey: (await privateKey(asked.issuerKey)) as never,
  };
  const issuerId = await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey);
  if (asked.what === 'cross') {
    const subject = new x509.X509Certificate(asked.root);
    return x509.X509CertificateGenerator.create({
      ...{ ...common, ...signedBy, subject: subject.subject, publicKey: subject.publicKey },
      extensions: [
        ...authorityExtensions(0),
        await x509.SubjectKeyIdentifierExtension.create(subject.publicKey),
        issuerId,
      ],
    });
  }
  const key = (await publicKey(asked.key)) as never;
  return x509.X509CertificateGenerator.create({
    ...{ ...common, ...signedBy, subject: `CN=${asked.names[0]?.slice(0, 64)}`, publicKey: key },
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new x509.SubjectAlternativeNameExtension(
        asked.names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(key),
      issuerId,
    ],
  });
}

/** Not awaited at the top: a package is a CommonJS file, which cannot wait there. */
async function start(): Promise<void> {
  const certificate = await make(JSON.parse(readFileSync(0, 'utf8')) as CertificateRequest);
  process.stdout.write(`${certificate.toString('pem')}\n`);
}

void start();
