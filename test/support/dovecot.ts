/** Debian's Dovecot on a free loopback port, in a folder of its own, with one Maildir per user. On CI it must be there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { temporaryFolder } from './processes.ts';
import { until } from './until.ts';

const program = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot'].find((path) => existsSync(path));
export const dovecotMissing =
  program && existsSync('/usr/lib/dovecot/imap') ? null : 'dovecot is not here (package dovecot-imapd)';
export const mailPassword = 'a-password-of-tests';

export interface Dovecot {
  port: number;
  /** Folder with one Maildir per user. */
  maildirs: string;
  /** The messages in a folder of a user, as they were stored. */
  mails(user: string, folder?: string): string[];
  /** Puts a message there, as a delivery does. */
  deliver(user: string, message: string | Buffer): void;
  /** Another UIDVALIDITY and other UIDs, as after a mailbox was moved to another server. */
  countAnew(user: string): void;
  stop(): Promise<void>;
  start(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openDovecot(): Promise<Dovecot> {
  const [port, folder] = [await freePort(), temporaryFolder()];
  const isRoot = userInfo().uid === 0;
  // The user of Exim, which delivers into the same folders.
  const idOf = (flag: string) => Number(spawnSync('id', [flag, 'Debian-exim'], { encoding: 'utf8' }).stdout);
  const [uid, gid] = isRoot ? [idOf('-u'), idOf('-g')] : [userInfo().uid, userInfo().gid];
  const maildirs = join(folder.path, 'mail');
  mkdirSync(maildirs);
  chmodSync(folder.path, 0o755);
  const own = (path: string) => isRoot && chownSync(path, uid, gid);
  own(maildirs);
  const me = userInfo().username;
  const group = spawnSync('id', ['-gn'], { encoding: 'utf8' }).stdout.trim();
  const users = isRoot
    ? []
    : [`default_internal_user = ${me}`, `default_internal_group = ${group}`, `default_login_user = ${me}`];
  const file = join(folder.path, 'dovecot.conf');
  writeFileSync(join(folder.path, 'users'), '');
  const lines = [
    `base_dir = ${folder.path}/run`,
    `state_dir = ${folder.path}/state`,
    `log_path = ${folder.path}/log`,
    'protocols = imap',
    'listen = 127.0.0.1',
    'ssl = no',
    'disable_plaintext_auth = no',
    `mail_location = maildir:${maildirs}/%n`,
    'mail_fsync = never',
    'mail_max_userip_connections = 50',
    'first_valid_uid = 1',
    'first_valid_gid = 1',
    'auth_failure_delay = 0',
    ...users,
    `passdb {\n driver = static\n args = password=${mailPassword}\n}`,
    `userdb {\n driver = static\n args = uid=${uid} gid=${gid} home=${maildirs}/%n\n}`,
    'namespace inbox {\n inbox = yes\n}',
    ...(isRoot ? [] : ['service anvil {\n chroot =\n}', 'service stats {\n chroot =\n}']),
    `service imap-login {\n${isRoot ? '' : ' chroot =\n'} inet_listener imap {\n port = ${port}\n }\n inet_listener imaps {\n port = 0\n }\n}`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  let child: ChildProcess;
  let ended: Promise<void> = Promise.resolve();
  const log = () => (existsSync(`${folder.path}/log`) ? readFileSync(`${folder.path}/log`, 'utf8') : '');

  async function start(): Promise<void> {
    child = spawn(program as string, ['-F', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    ended = new Promise((resolve) => child.once('close', () => resolve()));
    let isUp = false;
    const look = setInterval(() => {
      const socket = connect(port, '127.0.0.1', () => {
        isUp = true;
        socket.destroy();
      }).on('error', () => socket.destroy());
    }, 50);
    try {
      await until(() => child.exitCode !== null || isUp, 15_000, 'Dovecot to listen');
    } finally {
      clearInterval(look);
    }
    if (!isUp) throw new Error(`Dovecot ended with ${child.exitCode}: ${output}${log()}`);
  }
  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await ended;
  }
  await start();

  const placeOf = (user: string, name?: string) => join(maildirs, user, ...(name === undefined ? [] : [`.${name}`]));
  let delivered = 0;
  return {
    ...{ port, maildirs, start, stop },
    mails: (user, name) =>
      ['new', 'cur']
        .map((part) => join(placeOf(user, name), part))
        .filter((path) => existsSync(path))
        .flatMap((path) => readdirSync(path).flatMap((one) => readNow(join(path, one)))),
    deliver(user, message) {
      for (const part of ['', 'tmp', 'new', 'cur']) {
        const path = join(placeOf(user), part);
        if (existsSync(path)) continue;
        mkdirSync(path, { recursive: true });
        own(path);
      }
      const path = join(placeOf(user), 'new', `${Date.now() / 1000}.${process.pid}_${++delivered}.test`);
      writeFileSync(path, message);
      own(path);
    },
    countAnew(user) {
      // What it knows of the messages; the messages themselves stay.
      for (const name of readdirSync(placeOf(user)).filter((one) => one.startsWith('dovecot')))
        rmSync(join(placeOf(user), name));
    },
    async [Symbol.asyncDispose]() {
      await stop();
      folder.remove();
    },
  };
}

/** Nothing where the server has just moved it. */
function readNow(path: string): string[] {
  try {
    return [readFileSync(path, 'latin1')];
  } catch {
    return [];
  }
}
