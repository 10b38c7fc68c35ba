/** Debian's own SNMP and DNS servers, for what is watched from outside. On CI they must be there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { temporaryFolder } from './processes.ts';
import { until } from './until.ts';

export const snmpdPath = ['/usr/sbin/snmpd', '/usr/local/sbin/snmpd'].find((path) => existsSync(path));
export const dnsmasqPath = ['/usr/sbin/dnsmasq', '/usr/local/sbin/dnsmasq'].find((path) => existsSync(path));

export interface OutsideServer {
  port: number;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function serving(
  port: number,
  child: ChildProcess,
  remove: () => void,
  isUp: () => boolean,
): Promise<OutsideServer> {
  let output = '';
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await until(() => child.exitCode !== null || isUp(), 10_000, 'the server to answer');
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      child.kill('SIGTERM');
      await ended;
      remove();
    })();
    return stopped;
  };
  return { port, stop, [Symbol.asyncDispose]: stop };
}

export const community = 'readers-only';
export const v3 = { user: 'keel', auth_key: 'authentic-secret', privacy_key: 'private-secret' };

export async function openSnmpd(at?: number): Promise<OutsideServer> {
  const port = at ?? (await freePort());
  const folder = temporaryFolder();
  const file = join(folder.path, 'snmpd.conf');
  const lines = [
    `agentaddress udp:127.0.0.1:${port}`,
    `rocommunity ${community} 127.0.0.1`,
    `createUser ${v3.user} SHA "${v3.auth_key}" AES "${v3.privacy_key}"`,
    `rouser ${v3.user} priv`,
    'sysName core-switch',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn(snmpdPath as string, ['-f', '-Le', '-C', '-c', file, '-p', join(folder.path, 'pid')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin', SNMP_PERSISTENT_DIR: folder.path, MIBS: '' },
  });
  const ask = ['-v2c', '-c', community, '-t', '0.3', '-r', '0', '-On', `127.0.0.1:${port}`, '1.3.6.1.2.1.1.5.0'];
  return serving(
    port,
    child,
    folder.remove,
    () => spawnSync('snmpget', ask, { env: { PATH: '/usr/bin', MIBS: '' } }).status === 0,
  );
}

/** Knows `www.shop.test` alone. */
export async function openDnsmasq(at?: number): Promise<OutsideServer> {
  const port = at ?? (await freePort());
  const folder = temporaryFolder();
  const words = ['--keep-in-foreground', `--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces'];
  const own = ['--no-resolv', '--no-hosts', '--conf-file=/dev/null', `--pid-file=${join(folder.path, 'pid')}`];
  const zone = ['--local=/test/', '--host-record=www.shop.test,192.0.2.7', '--txt-record=shop.test,open all night'];
  const child = spawn(dnsmasqPath as string, [...words, ...own, '--user=', ...zone], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { Resolver } = await import('node:dns/promises');
  let isUp = false;
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  const look = setInterval(() => {
    resolver.resolve4('www.shop.test').then(
      () => {
        isUp = true;
      },
      () => undefined,
    );
  }, 100);
  try {
    return await serving(port, child, folder.remove, () => isUp);
  } finally {
    clearInterval(look);
  }
}
