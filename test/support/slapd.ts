/** Debian's OpenLDAP server on free loopback ports, in a folder of its own: plain with StartTLS, and TLS. On CI it must be there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { freePort } from './port.ts';
import { temporaryFolder } from './processes.ts';
import { until } from './until.ts';

const program = ['/usr/sbin/slapd', '/usr/local/sbin/slapd'].find((path) => existsSync(path));
const hasTools = spawnSync('ldapmodify', ['-VV']).error === undefined;
export const slapdMissing =
  program && hasTools && existsSync('/etc/ldap/schema/inetorgperson.schema')
    ? null
    : 'slapd is not here (packages slapd, ldap-utils)';
export const suffix = 'dc=example,dc=org';
export const ldapPassword = 'a password of tests';

/** What Active Directory has and our defaults for it ask for, in its own names and numbers. */
const activeDirectory = [
  "attributetype ( 1.2.840.113556.1.4.782 NAME 'objectCategory' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
  "attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
  "attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
  "attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
  "attributetype ( 1.2.840.113556.1.4.653 NAME 'managedBy' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
  "objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP top AUXILIARY MAY ( objectCategory $ objectGUID $ userAccountControl $ sAMAccountName ) )",
  "objectclass ( 1.2.840.113556.1.3.30 NAME 'computer' SUP top STRUCTURAL MUST cn MAY ( managedBy $ description $ name ) )",
];

export interface Slapd {
  /** ldap://127.0.0.1:port, with StartTLS. */
  plain: string;
  /** ldaps:// */
  tls: string;
  /** Files: its certificate, which is its own authority, and the password. */
  ca: string;
  passwordFile: string;
  /** As its root, LDIF with `changetype`. */
  change(ldif: string): void;
  stop(): Promise<void>;
  start(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param ldif what lies below the suffix; @param limits lines of slapd.conf for the database */
export async function openSlapd(ldif: string, limits: readonly string[] = []): Promise<Slapd> {
  const folder = temporaryFolder();
  const [port, tlsPort] = [await freePort(), await freePort()];
  const at = (name: string) => join(folder.path, name);
  makeCertificate(folder.path, 'ldap');
  mkdirSync(at('db'));
  writeFileSync(at('ldap.password'), `${ldapPassword}\n`, { mode: 0o600 });
  const schemas = ['core', 'cosine', 'inetorgperson'];
  const lines = [
    ...schemas.map((name) => `include /etc/ldap/schema/${name}.schema`),
    ...activeDirectory,
    `pidfile ${at('pid')}`,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    `TLSCertificateFile ${at('ldap.pem')}`,
    `TLSCertificateKeyFile ${at('ldap.key')}`,
    'sizelimit unlimited',
    'database mdb',
    `suffix "${suffix}"`,
    `rootdn "cn=root,${suffix}"`,
    `rootpw "${ldapPassword}"`,
    `directory ${at('db')}`,
    'maxsize 104857600',
    'dbnosync',
    'index objectClass eq',
    ...limits,
  ];
  writeFileSync(at('slapd.conf'), `${lines.join('\n')}\n`);
  writeFileSync(
    at('start.ldif'),
    `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\no: Example\n\n${ldif}`,
  );
  const load = spawnSync('slapadd', ['-q', '-f', at('slapd.conf'), '-l', at('start.ldif')], { encoding: 'utf8' });
  if (load.status !== 0) throw new Error(`slapadd: ${load.stderr}`);
  let child: ChildProcess;
  let ended: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`;
    child = spawn(program as string, ['-f', at('slapd.conf'), '-h', urls, '-d', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    ended = new Promise((resolve) => child.once('close', () => resolve()));
    let isUp = false;
    const look = setInterval(() => {
      const socket = connect(tlsPort, '127.0.0.1', () => {
        isUp = true;
        socket.destroy();
      }).on('error', () => socket.destroy());
    }, 30);
    try {
      await until(() => child.exitCode !== null || isUp, 15_000, 'slapd to listen');
    } finally {
      clearInterval(look);
    }
    if (!isUp) throw new Error(`slapd ended with ${child.exitCode}: ${output} ${readdirSync(folder.path).join(' ')}`);
  }
  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await ended;
  }
  await start();
  const plain = `ldap://127.0.0.1:${port}`;
  return {
    ...{ plain, tls: `ldaps://127.0.0.1:${tlsPort}`, ca: at('ldap.pem'), passwordFile: at('ldap.password') },
    change(text) {
      const words = ['-x', '-H', plain, '-D', `cn=root,${suffix}`, '-y', at('once.password')];
      writeFileSync(at('once.password'), ldapPassword, { mode: 0o600 });
      const { status, stderr } = spawnSync('ldapmodify', words, { input: text, encoding: 'utf8' });
      if (status !== 0) throw new Error(`ldapmodify: ${stderr}`);
    },
    ...{ start, stop },
    async [Symbol.asyncDispose]() {
      await stop();
      folder.remove();
    },
  };
}

/** One entry; values as they are, base64 where they are not plain text. */
export function entryOf(dn: string, values: Readonly<Record<string, string | readonly string[] | Buffer>>): string {
  const line = (name: string, value: string | Buffer) =>
    typeof value === 'string' && /^[!-9;=-~][ -~]*$/.test(value) && !value.endsWith(' ')
      ? `${name}: ${value}`
      : `${name}:: ${Buffer.from(value).toString('base64')}`;
  const lines = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string' || Buffer.isBuffer(value) ? [line(name, value)] : value.map((one) => line(name, one)),
  );
  return `${[line('dn', dn), ...lines].join('\n')}\n\n`;
}
