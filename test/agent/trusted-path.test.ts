/** What somebody else could change is neither obeyed nor written, wherever on the way he could change it. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAgent } from '../../agent/agent.ts';
import { readTable } from '../../agent/checks/os/end-of-life-file.ts';
import { readCredential, writeCredential } from '../../agent/credential.ts';
import { cacheFor } from '../../agent/lean.ts';
import { readLocal } from '../../agent/local.ts';
import { openMemory } from '../../agent/memory.ts';
import { makePrivate, replaceFile } from '../../agent/safe-write.ts';
import { readSettings } from '../../agent/settings.ts';
import { openSpool } from '../../agent/spool.ts';
import { writeMark } from '../../agent/spool-damage.ts';
import { distrust, readTrusted } from '../../agent/trusted-path.ts';
import type { EvenkeelError } from '../../shared/errors.ts';
import { silentLog } from '../../shared/log.ts';
import { credentialFor, startAgent, temporaryFolder } from '../support/agent.ts';

const test = suite('trusted paths');
const posix = process.platform !== 'win32';
const root = process.getuid?.() === 0;
/** Any user that is neither root nor this one. */
const other = 65_533;
const me = process.getuid?.() ?? 0;

let folder: ReturnType<typeof temporaryFolder>;
const at = (...names: string[]) => join(folder.path, ...names);
test.before.each(() => {
  folder = temporaryFolder();
});
test.after.each(() => folder.remove());

/** A folder two levels down with one file, all as they should be. */
function place(name = 'checks.yaml', text = ''): string {
  mkdirSync(at('a/b'), { recursive: true, mode: 0o755 });
  writeFileSync(at('a/b', name), text, { mode: 0o644 });
  return at('a/b', name);
}

/** What somebody else can do to a file, and the folder or file that the refusal has to name. */
const holes: readonly { name: string; forRoot?: true; dig(file: string): string }[] = [
  {
    name: 'file that everybody may write',
    dig: (file) => {
      chmodSync(file, 0o666);
      return file;
    },
  },
  {
    name: 'file that only others may write',
    dig: (file) => {
      chmodSync(file, 0o602);
      return file;
    },
  },
  {
    name: 'its folder',
    dig: () => {
      chmodSync(at('a/b'), 0o777);
      return at('a/b');
    },
  },
  {
    name: 'a folder further up',
    dig: () => {
      chmodSync(at('a'), 0o757);
      return at('a');
    },
  },
  {
    name: 'file of somebody else',
    forRoot: true,
    dig: (file) => {
      chownSync(file, other, 0);
      return file;
    },
  },
  {
    name: 'folder of somebody else',
    forRoot: true,
    dig: () => {
      chownSync(at('a/b'), other, 0);
      return at('a/b');
    },
  },
  {
    name: 'folder further up of somebody else',
    forRoot: true,
    dig: () => {
      chownSync(at('a'), other, 0);
      return at('a');
    },
  },
  {
    name: 'file of a group with members',
    forRoot: true,
    // A group that no local file knows may have anybody in it.
    dig: (file) => {
      chownSync(file, 0, 54_321);
      chmodSync(file, 0o664);
      return file;
    },
  },
  {
    name: 'what a link leads to',
    dig(file) {
      mkdirSync(at('open'), { mode: 0o755 });
      renameSync(file, at('open/real'));
      symlinkSync('../../open/real', file);
      chmodSync(at('open'), 0o777);
      return at('open');
    },
  },
  {
    name: 'what a link on the way leads to',
    dig() {
      renameSync(at('a/b'), at('elsewhere'));
      symlinkSync(at('elsewhere'), at('a/b'));
      chmodSync(at('elsewhere'), 0o777);
      return at('elsewhere');
    },
  },
];
const dug = posix ? holes.filter(({ forRoot }) => root || !forRoot) : [];

for (const { name, dig } of dug)
  test(`${name}: the refusal names it, its owner and mode, and the command that mends it`, () => {
    const file = place();
    assert.is(distrust(file), null, 'before');
    const bad = dig(file);
    const { uid, mode } = statSync(bad);
    const fault = distrust(file);
    assert.is(fault?.path, bad);
    assert.match(fault?.problem ?? '', String(uid));
    assert.match(fault?.problem ?? '', `mode 0${(mode & 0o777).toString(8)}`);
    assert.match(fault?.todo ?? '', uid === me ? `chmod` : `chown root ${bad}`);
    assert.throws(
      () => readTrusted(file),
      (error: EvenkeelError) => error.code === 'UNTRUSTED_PATH' && error.message.includes(bad),
    );
    // The command that the refusal gives is enough.
    const [command] = /(?:chown|chmod) \S+ \S+/.exec(fault?.todo ?? '') ?? [''];
    assert.is(spawnSync('sh', ['-c', command.replace(/[.,]$/, '')]).status, 0, command);
    assert.is(distrust(file), null, 'after');
  });

if (posix) {
  test('sticky folders, links of one’s own and a file that is not there yet are in order', () => {
    const file = place();
    chmodSync(at('a'), 0o1777);
    assert.is(distrust(file), null, 'nobody else can exchange b in it');
    symlinkSync(file, at('link'));
    assert.is(distrust(at('link')), null);
    assert.is(distrust(at('a/b/new/file')), null);
    symlinkSync(at('loop'), at('loop'));
    assert.throws(() => distrust(at('loop')), /ELOOP/);
  });

  test('in a sticky folder: no link of somebody else, and no other name of a file', () => {
    const file = place();
    chmodSync(at('a'), 0o1777);
    linkSync(file, at('a/planted'));
    assert.match(distrust(at('a/planted'))?.problem ?? '', /has 2 names/);
    if (!root) return;
    rmSync(at('a/planted'));
    symlinkSync(file, at('a/planted'));
    spawnSync('chown', ['-h', String(other), at('a/planted')]);
    assert.match(distrust(at('a/planted'))?.problem ?? '', /the link .* belongs to user 65533/);
  });

  test('a pipe, a folder and a device are not files to be obeyed, and hold nothing up', () => {
    place();
    assert.is(spawnSync('mkfifo', [at('a/b/pipe')]).status, 0);
    for (const path of [at('a/b/pipe'), at('a/b')]) assert.throws(() => readTrusted(path), /plain file/);
  });

  test('every file that the agent obeys is refused where another user may write it', async () => {
    const data = at('data');
    writeCredential(data, credentialFor('mqtt://127.0.0.1:1'));
    writeFileSync(join(data, 'checks.yaml'), 'custom: []\n');
    writeFileSync(join(data, 'agent.settings.json'), '{"v":1}');
    writeFileSync(join(data, 'end-of-life.yaml'), 'asOf: 2026-01-01\nreleases: {}\n');
    const refused = async (work: () => unknown) => {
      try {
        await work();
      } catch (thrown) {
        return (thrown as EvenkeelError).code;
      }
      return null;
    };
    const readers = {
      'checks.yaml': () => readSettings(join(data, 'checks.yaml')),
      'end-of-life.yaml': () => readTable(data, Date.now()),
      'agent.json': () => readCredential(data),
    };
    for (const [name, read] of Object.entries(readers)) {
      assert.is(await refused(read), null, name);
      chmodSync(join(data, name), 0o666);
      assert.is(await refused(read), 'UNTRUSTED_PATH', name);
      chmodSync(join(data, name), 0o600);
    }
    assert.equal(await readLocal(data, []), {
      ...{ config: { v: 1 }, allow: [], faults: [] },
      remote: { settings: 'on', lock: [], updates: 'off' },
      way: 'auto',
    });
    chmodSync(join(data, 'agent.settings.json'), 0o622);
    const local = await readLocal(data, []);
    assert.is(local.config, null);
    // Whoever can write it could lift its locks.
    assert.is(local.remote.settings, 'off');
    assert.match(local.faults[0] ?? '', /agent\.settings\.json is not used: .*chmod go-w /);
    chmodSync(data, 0o777);
    assert.is(await refused(() => createAgent({ data, log: silentLog })), 'UNTRUSTED_PATH', 'the agent does not start');
    assert.is(
      await refused(() => openSpool({ path: join(data, 'spool.db'), bootId: 'b', log: silentLog })),
      'UNTRUSTED_PATH',
    );
  });

  test('`once` and `doctor` start no program that a foreign checks.yaml names', async () => {
    const data = at('data');
    makePrivate(data);
    const [node] = [process.execPath];
    const script = `require('node:fs').writeFileSync(${JSON.stringify(at('obeyed'))}, '')`;
    writeFileSync(
      join(data, 'checks.yaml'),
      JSON.stringify({ custom: [{ name: 'x', command: [node, '-e', script] }] }),
    );
    chmodSync(join(data, 'checks.yaml'), 0o606);
    const { stdout } = await startAgent(['doctor', '--data', data]).finished;
    assert.not(existsSync(at('obeyed')));
    assert.match(stdout, /checks\.yaml is not used: every user may write/);
  });
}

/** Every write of the agent's own, and the name of what it writes. */
const writers: readonly [name: string, write: () => void][] = [
  ['plain', () => replaceFile(at('plain'), 'new')],
  ['s.db.mark', () => writeMark(at('s.db'), { epoch: 'e', from: 1, to: 2 })],
  ['agent.json', () => writeCredential(folder.path, credentialFor('mqtt://127.0.0.1:1'))],
  ['memory/session.json', () => openMemory(at('memory'), silentLog).set('session', { new: 1 })],
];

for (const [name, write] of posix ? writers : [])
  test(`${name}: a planted link is replaced, what it leads to stays as it was`, () => {
    mkdirSync(at('memory'), { mode: 0o700 });
    for (const plant of [symlinkSync, linkSync])
      for (const draft of ['', `.${process.pid}`]) {
        writeFileSync(at('precious'), 'old', { mode: 0o600 });
        plant(at('precious'), at(`${name}${draft}`));
        write();
        assert.is(readFileSync(at('precious'), 'utf8'), 'old', `${plant.name} ${draft}`);
        const written = statSync(at(name));
        assert.is(written.mode & 0o777, 0o600);
        assert.is(written.nlink, 1);
        for (const made of [name, `${name}.${process.pid}`, 'precious']) rmSync(at(made), { force: true });
      }
  });

if (posix)
  test('a spool that has another name, or of which a companion has one, is not opened', () => {
    for (const name of ['spool.db', 'spool.db-wal', 'spool.db-shm', 'spool.db-journal']) {
      writeFileSync(at('precious'), 'old');
      linkSync(at('precious'), at(name));
      assert.throws(() => openSpool({ path: at('spool.db'), bootId: 'b', log: silentLog }), /has 2 names/);
      assert.is(readFileSync(at('precious'), 'utf8'), 'old');
      rmSync(at(name));
      rmSync(at('precious'));
    }
  });

const backup = (data: string) => startAgent(['run-backup', '--data', data, '--job', 'night', '--', 'true']).finished;

if (posix)
  test('the outcome of a backup is its owner’s alone', async () => {
    process.umask(0o022);
    await backup(at('data'));
    assert.is(statSync(at('data/backup.d/night.json')).mode & 0o777, 0o600);
    assert.is(statSync(at('data/backup.d')).mode & 0o777, 0o700);
    assert.equal(readdirSync(at('data/backup.d')), ['night.json'], 'no draft is left');
  });

if (root) {
  test('root writes the outcome into the folder of the agent’s user, as that user', async () => {
    mkdirSync(at('data'), { mode: 0o700 });
    chmodSync(folder.path, 0o755);
    chownSync(at('data'), other, other);
    const { stderr } = await backup(at('data'));
    assert.is(stderr, '');
    const { uid, gid, mode } = statSync(at('data/backup.d/night.json'));
    assert.equal([uid, gid, mode & 0o777], [other, other, 0o600]);
  });

  test('… and reaches nothing that this user may not write himself, whatever he has planted', async () => {
    mkdirSync(at('data'), { mode: 0o700 });
    mkdirSync(at('roots'), { mode: 0o700 });
    chmodSync(folder.path, 0o755);
    chownSync(at('data'), other, other);
    // The whole folder as a link.
    symlinkSync(at('roots'), at('data/backup.d'));
    const done = await backup(at('data'));
    assert.is(done.code, 0, 'the backup itself has run');
    assert.match(done.stderr, /could not be recorded/);
    assert.equal(readdirSync(at('roots')), []);
    // The file as a link.
    rmSync(at('data/backup.d'));
    mkdirSync(at('data/backup.d'), { mode: 0o700 });
    chownSync(at('data/backup.d'), other, other);
    writeFileSync(at('roots/shadow'), 'old');
    symlinkSync(at('roots/shadow'), at('data/backup.d/night.json'));
    await backup(at('data'));
    assert.is(readFileSync(at('roots/shadow'), 'utf8'), 'old');
  });

  test('a folder of outcomes that an older version made as root: the command that mends it', async () => {
    mkdirSync(at('data/backup.d'), { recursive: true });
    chmodSync(folder.path, 0o755);
    chownSync(at('data'), other, other);
    const { stderr } = await backup(at('data'));
    assert.match(stderr, `Run: chown -R ${other} ${at('data/backup.d')}`);
    spawnSync('chown', ['-R', String(other), at('data/backup.d')]);
    assert.is((await backup(at('data'))).stderr, '');
  });

  test('an agent of root does not start on the folder of somebody else, and says whose it is', async () => {
    const data = at('data');
    writeCredential(data, credentialFor('mqtt://127.0.0.1:1'));
    chmodSync(folder.path, 0o755);
    chownSync(data, other, other);
    for (const command of ['run', 'doctor', 'sleep']) {
      const done = await startAgent([command, '--data', data]).finished;
      assert.is(done.code, 1, command);
      if (command !== 'sleep')
        assert.match(done.stderr, `the folder ${data} belongs to user ${other} (mode 0700), who could change it`);
    }
    assert.equal(readdirSync(data), ['agent.json'], 'and leaves nothing in it');
  });
}

test('a machine without owners (Windows) is not asked for them', () => {
  const { geteuid } = process;
  Object.defineProperty(process, 'geteuid', { value: undefined, configurable: true, writable: true });
  try {
    assert.is(distrust('C:\\data\\checks.yaml'), null);
    makePrivate(at('w'));
    replaceFile(at('w/x'), 'text');
    assert.is(readTrusted(at('w/x')).toString(), 'text');
  } finally {
    Object.defineProperty(process, 'geteuid', { value: geteuid, configurable: true, writable: true });
  }
});

if (posix)
  test('a compile cache is run, so one that somebody else can change anywhere in it is not used', () => {
    const data = at('data');
    const cache = join(data, 'cache');
    const inside = join(cache, 'v26', 'a');
    const fill = () => {
      rmSync(data, { recursive: true, force: true });
      mkdirSync(join(cache, 'v26'), { recursive: true, mode: 0o700 });
      writeFileSync(inside, 'code', { mode: 0o600 });
    };
    const before = process.env.NODE_COMPILE_CACHE;
    delete process.env.NODE_COMPILE_CACHE;
    try {
      fill();
      assert.is(cacheFor(data), cache);
      for (const [path, mode] of [
        [inside, 0o666],
        [join(cache, 'v26'), 0o777],
        [join(cache, 'v26'), 0o1777],
        [cache, 0o1777],
        [data, 0o777],
      ] as const) {
        fill();
        chmodSync(path, mode);
        assert.is(cacheFor(data), undefined, `${path} ${mode.toString(8)}`);
      }
      for (const path of root ? [inside, join(cache, 'v26'), cache, data] : []) {
        fill();
        chownSync(path, other, other);
        assert.is(cacheFor(data), undefined, `${path} of somebody else`);
      }
      fill();
      rmSync(inside);
      mkdirSync(at('open'));
      chmodSync(at('open'), 0o777);
      writeFileSync(at('open/planted'), 'code');
      symlinkSync(at('open/planted'), inside);
      assert.is(cacheFor(data), undefined, 'a link to where everybody may write');
      fill();
      process.env.NODE_COMPILE_CACHE = at('open/cache');
      assert.is(cacheFor(data), cache, 'that of the environment could be made by anybody: the own one instead');
      chmodSync(at('open'), 0o1777);
      assert.is(cacheFor(data), cache, 'as in /tmp');
      chmodSync(at('open'), 0o755);
      assert.is(cacheFor(data), at('open/cache'));
      rmSync(cache, { recursive: true });
      delete process.env.NODE_COMPILE_CACHE;
      assert.is(cacheFor(data), cache, 'one that is not there yet, in a folder of ours');
    } finally {
      if (before !== undefined) process.env.NODE_COMPILE_CACHE = before;
    }
  });

if (posix && root)
  test('an agent of root that finds a cache of another user runs without it, and leaves it as it is', async () => {
    const data = at('data');
    const planted = join(data, 'cache', 'theirs');
    mkdirSync(planted, { recursive: true, mode: 0o700 });
    chownSync(planted, other, other);
    const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));
    const env = { PATH: process.env.PATH, HOME: at() } as Record<string, string>;
    const { stderr } = spawnSync(process.execPath, [main, 'run', '--data', data], {
      env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(readdirSync(join(data, 'cache')), ['theirs'], stderr);
    chownSync(planted, 0, 0);
    spawnSync(process.execPath, [main, 'run', '--data', data], { env, encoding: 'utf8', timeout: 60_000 });
    assert.ok(readdirSync(join(data, 'cache')).length > 1, 'one of root alone is used');
  });

test.run();
