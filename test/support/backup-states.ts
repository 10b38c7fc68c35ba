/**
 * Real backups in every state by the real tools: each run goes through `run-backup`, each repository is also named for
 * the agent's own reader. Root reads every file, so the tools run as nobody: only then is a partial backup partial.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProtectedJob } from '../../shared/api.ts';
import { startAgent } from './agent.ts';

const nobody = 65_534;
const root = process.getuid?.() === 0;
const asNobody = root ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'] : [];
export const has = (program: string) => spawnSync('which', [program]).status === 0;

/** What the product must say of a job, on every page and in every interface. */
export interface Expected {
  product: string;
  job: string;
  state: ProtectedJob['state'];
  /** One of its reasons: the code, or part of what the tool said. */
  reason?: string;
}

export interface Workshop {
  path(...parts: string[]): string;
  /** Runs a command under `run-backup` as job `<product>-<name>`. @returns its exit code */
  record(product: string, name: string, command: readonly string[], flags?: readonly string[]): Promise<number | null>;
  /** Starts a command that holds a lock until its input ends, and waits for its first output. @returns its release */
  hold(command: readonly string[]): Promise<() => Promise<void>>;
  /** Ends everything that still holds a lock. */
  release(): Promise<void>;
  /** A tool's own command, such as `init`. @throws when it fails */
  tool(command: readonly string[]): void;
  /** Names a repository for the reader. */
  repository(product: string, name: string, repository: string, password?: string): void;
  /** Text of `checks.yaml`, key `backups`, with everything that was named. */
  settings(): string;
  /** A small folder to back up; with `secret` it has a file that the tool may not read. */
  source(name: string, secret?: boolean): string;
}

/** @param agent the agent's folder, where the drop files go */
export function openWorkshop(folder: string, agent: string): Workshop {
  const path = (...parts: string[]) => join(folder, ...parts);
  for (const name of ['home', 'own']) mkdirSync(path(name), { recursive: true });
  chmodSync(folder, 0o755);
  if (root) chownSync(path('home'), nobody, nobody);
  const env: Record<string, string> = {
    ...{ HOME: path('home'), RESTIC_CACHE_DIR: path('home/cache'), BORG_BASE_DIR: path('home') },
    ...{ RESTIC_PASSWORD: 'right', BORG_PASSPHRASE: 'right', PASSPHRASE: 'right' },
  };
  // Caches of its own, as an agent under another user has them.
  const own = ['HOME', 'RESTIC_CACHE_DIR', 'BORG_BASE_DIR'].map((name) => `${name}=${path('own')}\n`).join('');
  writeFileSync(path('environment'), own);
  const repositories: string[] = [];
  const holding: (() => Promise<void>)[] = [];
  return {
    path,
    async record(product, name, command, flags = []) {
      const words = ['run-backup', '--data', agent, '--job', `${product}-${name}`, '--product', product, ...flags];
      const wrong = name === 'wrong' ? { RESTIC_PASSWORD: 'x', BORG_PASSPHRASE: 'x', PASSPHRASE: 'x' } : {};
      const run = startAgent([...words, '--', ...asNobody, ...command], undefined, { ...env, ...wrong });
      return (await run.finished).code;
    },
    async hold(command) {
      const [file = '', ...args] = [...asNobody, ...command];
      const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
      const ended = once(child, 'exit');
      // It may be gone before its input ends.
      child.stdin.on('error', () => {});
      child.stdin.write('x');
      await once(child.stdout, 'data');
      const release = async () => {
        child.stdin.end();
        await ended;
      };
      holding.push(release);
      return release;
    },
    async release() {
      for (const release of holding.splice(0)) await release();
    },
    tool(command) {
      const [file = '', ...args] = [...asNobody, ...command];
      const { status, stderr } = spawnSync(file, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
    },
    repository(product, name, repository, password = 'right') {
      const file = path(`password-${product}-${name}`);
      writeFileSync(file, `${password}\n`, { mode: 0o600 });
      const secrets = `passwordFile: ${file}, environmentFile: ${path('environment')}`;
      repositories.push(
        `    - {job: ${product}-${name}, product: ${product}, repository: "${repository}", ${secrets}, every: 1s}`,
      );
    },
    settings() {
      // A key without a value is a mistake: where no tool is installed, no repository is named.
      const named = repositories.length > 0 ? ['  repositories:', ...repositories] : [];
      return ['backups:', '  ignore: [veeam]', ...named].join('\n');
    },
    source(name, secret = false) {
      mkdirSync(path(name), { recursive: true });
      for (const file of ['a', 'b']) writeFileSync(path(name, file), file.repeat(1000));
      if (secret) writeFileSync(path(name, 'secret'), 'secret', { mode: root ? 0o600 : 0 });
      return path(name);
    },
  };
}

/** Everything a product's states need; @returns what must be told of each job. */
export type Product = (shop: Workshop) => Promise<Expected[]>;

const listOf = (product: string, states: Record<string, [ProtectedJob['state'], string?]>): Expected[] =>
  Object.entries(states).map(([name, [state, reason]]) => ({
    product,
    job: `${product}-${name}`,
    state,
    ...(reason === undefined ? {} : { reason }),
  }));

const restic: Product = async (shop) => {
  const [repository, empty] = [shop.path('home/restic'), shop.path('home/restic-empty')];
  const run = (...words: string[]) => ['restic', '-r', repository, ...words];
  const save = (source: string) => run('backup', '--json', source);
  shop.tool(['restic', '-r', empty, 'init']);
  shop.tool(run('init'));
  await shop.record('restic', 'good', save(shop.source('plain')));
  await shop.record('restic', 'good', run('check'), ['--verify']);
  await shop.record('restic', 'partial', save(shop.source('guarded', true)));
  await shop.record('restic', 'failed', save(shop.path('nowhere')));
  await shop.record('restic', 'wrong', save(shop.source('plain')));
  // A backup from standard input holds its lock until its input ends.
  const release = await shop.hold(run('backup', '--stdin', '--json'));
  await shop.record('restic', 'locked', run('prune'));
  await release();
  shop.repository('restic', 'stored', repository);
  shop.repository('restic', 'refused', repository, 'x');
  shop.repository('restic', 'empty', empty);
  shop.repository('restic', 'missing', shop.path('home/restic-nowhere'));
  return listOf('restic', {
    ...{ good: ['ok'], partial: ['warning'], failed: ['failed'], locked: ['failed', 'locked'] },
    ...{ wrong: ['failed', 'wrong_password'], refused: ['unknown', 'wrong_password'] },
    ...{ empty: ['never', 'repository_without'], missing: ['unknown', 'repository_missing'] },
  }).concat(
    // One job for each source of the repository when the settings name no paths.
    ['/stdin', shop.path('plain'), shop.path('guarded')].map((path) => ({
      product: 'restic',
      job: `restic-stored: ${path}`,
      state: 'ok' as const,
    })),
  );
};

const borg: Product = async (shop) => {
  const places = { stored: shop.path('home/borg'), empty: shop.path('home/borg-empty'), held: shop.path('home/held') };
  for (const place of Object.values(places)) shop.tool(['borg', 'init', '-e', 'repokey', place]);
  const save = (archive: string, source: string, place = places.stored) => [
    ...['borg', '--lock-wait', '1', 'create', '--json', `${place}::${archive}`, source],
  ];
  await shop.record('borg', 'partial', save('one', shop.source('guarded', true)));
  await shop.record('borg', 'failed', save('two', shop.path('nowhere')));
  await shop.record('borg', 'good', save('three', shop.source('plain')));
  await shop.record('borg', 'wrong', save('four', shop.source('plain')));
  // Held on: the agent's reader is to meet the lock as well.
  await shop.hold(['borg', 'with-lock', places.held, 'sh', '-c', 'echo held; cat >/dev/null']);
  await shop.record('borg', 'locked', save('one', shop.source('plain'), places.held));
  for (const [name, place] of Object.entries(places)) shop.repository('borg', name, place);
  shop.repository('borg', 'refused', places.stored, 'x');
  shop.repository('borg', 'missing', shop.path('home/borg-nowhere'));
  return listOf('borg', {
    ...{ good: ['ok'], partial: ['warning', 'secret'], failed: ['failed'], locked: ['failed', 'locked'] },
    ...{ wrong: ['failed', 'wrong_password'], refused: ['unknown', 'wrong_password'], stored: ['ok'] },
    ...{ empty: ['never'], missing: ['unknown', 'repository_missing'], held: ['unknown', 'locked'] },
  });
};

/** The settings that stand for the machine's `/etc/rsnapshot.conf`, and the same with other sources. */
export function rsnapshotConfiguration(shop: Workshop, source: string): string {
  const rows = [
    ...['config_version\t1.2', `snapshot_root\t${shop.path('home/copies')}/`, 'cmd_rsync\t/usr/bin/rsync'],
    ...['retain\tdaily\t3', 'retain\tweekly\t2', `logfile\t${shop.path('home/rsnapshot.log')}`],
    ...[`lockfile\t${shop.path('home/rsnapshot.pid')}`, 'verbose\t2', 'loglevel\t3', `backup\t${source}/\tlocalhost/`],
  ];
  return `${rows.join('\n')}\n`;
}

const rsnapshot: Product = async (shop) => {
  const run = (name: string, source: string) => {
    writeFileSync(shop.path(`${name}.conf`), rsnapshotConfiguration(shop, source));
    return ['rsnapshot', '-c', shop.path(`${name}.conf`), 'daily'];
  };
  await shop.record('rsnapshot', 'failed', run('failed', shop.path('nowhere')));
  await shop.record('rsnapshot', 'good', run('good', shop.source('plain')));
  await shop.record('rsnapshot', 'partial', run('partial', shop.source('guarded', true)));
  await shop.hold(['sh', '-c', `echo $$ | tee ${shop.path('home/rsnapshot.pid')}; cat >/dev/null`]);
  await shop.record('rsnapshot', 'locked', run('locked', shop.source('plain')));
  const discovered: Expected = { product: 'rsnapshot', job: 'daily', state: 'failed', reason: 'Lockfile' };
  return [
    ...listOf('rsnapshot', { good: ['ok'], partial: ['warning'], failed: ['failed'], locked: ['failed', 'Lockfile'] }),
    discovered,
  ];
};

const duplicity: Product = async (shop) => {
  const target = `file://${shop.path('home/duplicity')}`;
  for (const name of ['home/duplicity', 'home/duplicity-empty', 'home/duplicity-locked']) {
    mkdirSync(shop.path(name));
    if (root) chownSync(shop.path(name), nobody, nobody);
  }
  const run = (source: string, to = target, ...words: string[]) => ['duplicity', ...words, source, to];
  await shop.record('duplicity', 'good', run(shop.source('plain')));
  await shop.record('duplicity', 'partial', run(shop.source('guarded', true), `${target}/partial`));
  await shop.record('duplicity', 'failed', run(shop.path('nowhere')));
  // Without its cache it has to open what is stored, as on a machine that was set up anew.
  const anew = ['--archive-dir', shop.path('home/anew')];
  await shop.record('duplicity', 'wrong', run(shop.source('plain'), target, ...anew));
  const cache = shop.path('home/duplicity-locked');
  const lock = `import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.lockf(f,fcntl.LOCK_EX); print('held',flush=True); sys.stdin.read()`;
  mkdirSync(join(cache, 'night'));
  if (root) chownSync(join(cache, 'night'), nobody, nobody);
  await shop.hold(['/usr/bin/python3', '-c', lock, join(cache, 'night/lockfile')]);
  const named = ['--archive-dir', cache, '--name', 'night'];
  await shop.record('duplicity', 'locked', run(shop.source('plain'), target, ...named));
  shop.repository('duplicity', 'stored', target);
  shop.repository('duplicity', 'empty', `file://${shop.path('home/duplicity-empty')}`);
  return listOf('duplicity', {
    ...{
      good: ['ok'],
      partial: ['warning'],
      failed: ['failed', 'does not exist'],
      wrong: ['failed', 'wrong_password'],
    },
    ...{ locked: ['failed', 'locked'], stored: ['ok'], empty: ['never'] },
  });
};

export const backupProducts: Readonly<Record<string, Product>> = { restic, borg, rsnapshot, duplicity };

/** Dumps: a fresh one, one that stopped being made three days ago, one that is empty. Lines of `checks.yaml`. */
export function dumps(shop: Workshop): { lines: string; expected: Expected[] } {
  mkdirSync(shop.path('dumps'));
  for (const name of ['fresh', 'old', 'hollow']) {
    writeFileSync(shop.path('dumps', `${name}.sql`), name === 'hollow' ? '' : 'data'.repeat(100));
  }
  const threeDaysAgo = Date.now() / 1000 - 3 * 86_400;
  utimesSync(shop.path('dumps/old.sql'), threeDaysAgo, threeDaysAgo);
  const names = ['fresh', 'old', 'hollow', 'gone'];
  const lines = names.map(
    (name) => `    - {job: dump-${name}, glob: "${shop.path('dumps', name)}*.sql", schedule: daily}`,
  );
  const states = { fresh: 'ok', old: 'late', hollow: 'failed', gone: 'never' } as const;
  const expected = Object.entries(states).map(([name, state]) => ({ product: 'file', job: `dump-${name}`, state }));
  return { lines: ['  files:', ...lines].join('\n'), expected };
}
