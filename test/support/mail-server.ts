/** Debian's Exim on a free loopback port, in a folder of its own: what it accepts lies in one mailbox file. On CI it must be there. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { temporaryFolder } from './processes.ts';
import { until } from './until.ts';

const program = ['/usr/sbin/exim4', '/usr/local/sbin/exim4'].find((path) => existsSync(path));
export const mailServerMissing = program ? null : 'exim4 is not here (package exim4-daemon-light)';

export interface RealMailServer {
  port: number;
  /** What lies in the mailbox, oldest first, as it was stored. */
  mails(): string[];
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Takes mail for everybody but `nobody@…`, whom it refuses with 550.
 * @param boxes folder with one Maildir per person; who is not one of them is accepted and given back to the sender. Left out, all goes into one file
 */
export async function openRealMailServer(
  at?: number,
  boxes?: { maildirs: string; people: readonly string[] },
): Promise<RealMailServer> {
  const port = at ?? (await freePort());
  const folder = temporaryFolder();
  const [file, mailbox] = [join(folder.path, 'exim.conf'), join(folder.path, 'mailbox')];
  const spool = join(folder.path, 'spool');
  // Started by root it becomes its own user, who must reach the folder.
  const isRoot = userInfo().uid === 0;
  const idOf = (flag: string) => Number(spawnSync('id', [flag, 'Debian-exim'], { encoding: 'utf8' }).stdout);
  const user = isRoot ? 'Debian-exim' : userInfo().username;
  mkdirSync(spool);
  chmodSync(folder.path, 0o755);
  if (isRoot) for (const path of [folder.path, spool]) chownSync(path, idOf('-u'), idOf('-g'));
  const lines = [
    `spool_directory = ${spool}`,
    `log_file_path = ${spool}/%slog`,
    `pid_file_path = ${spool}/pid`,
    `exim_user = ${user}`,
    ...(isRoot ? ['exim_group = Debian-exim'] : []),
    'primary_hostname = mail.test',
    'local_interfaces = 127.0.0.1',
    `daemon_smtp_ports = ${port}`,
    'tls_advertise_hosts =',
    'host_lookup =',
    'rfc1413_hosts =',
    'keep_environment =',
    'acl_smtp_rcpt = recipient',
    'begin acl',
    'recipient:',
    '  deny local_parts = nobody',
    '       message = no such person here',
    '  accept',
    'begin routers',
    'everybody:',
    '  driver = accept',
    ...(boxes === undefined
      ? []
      : [
          `  local_parts = lsearch;${join(folder.path, 'people')}`,
          '  local_part_suffix = +*',
          '  local_part_suffix_optional',
        ]),
    '  transport = box',
    'begin transports',
    'box:',
    '  driver = appendfile',
    ...(boxes === undefined
      ? [`  file = ${mailbox}`]
      : [
          `  directory = ${boxes.maildirs}/$local_part_data`,
          '  maildir_format',
          '  create_directory',
          '  return_path_add',
        ]),
    `  user = ${user}`,
  ];
  if (boxes) writeFileSync(join(folder.path, 'people'), boxes.people.map((one) => `${one}: ${one}\n`).join(''));
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn(program as string, ['-C', file, '-bdf'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let isUp = false;
  const look = setInterval(() => {
    const socket = connect(port, '127.0.0.1', () => {
      isUp = true;
      socket.destroy();
    }).on('error', () => socket.destroy());
  }, 50);
  try {
    await until(() => child.exitCode !== null || isUp, 10_000, 'Exim to listen');
  } finally {
    clearInterval(look);
  }
  if (!isUp) throw new Error(`Exim ended with ${child.exitCode}: ${output}`);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      child.kill('SIGTERM');
      await ended;
      folder.remove();
    })();
    return stopped;
  };
  return {
    port,
    mails: () =>
      existsSync(mailbox)
        ? readFileSync(mailbox, 'utf8')
            .split(/^From \S+ .*\n/m)
            .slice(1)
        : [],
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
