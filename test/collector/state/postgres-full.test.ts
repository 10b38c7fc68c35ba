/** PostgreSQL whose disk is full: said as what it is, tried again, and nothing that was confirmed is missing afterwards. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { willPass } from '../../../collector/intake/retry-while-busy.ts';
import { copyToPostgres } from '../../../collector/state/copy/copy-state.ts';
import { postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import { openState } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { postgresServer } from '../../support/postgres.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { type SmallDisk, smallDisk } from '../../support/small-disk.ts';

const test = suite('PostgreSQL on a full disk');
const server = await postgresServer();

/** A database of its own on a small disk. */
async function onSmallDisk(work: (place: ReturnType<typeof postgresPlace>, disk: SmallDisk) => Promise<void>) {
  if (typeof server === 'string') {
    console.log(`\nSKIP postgres: ${server}`);
    return;
  }
  const disk = smallDisk(64);
  if (typeof disk === 'string') {
    console.log(`\nSKIP tmpfs: ${disk}`);
    return;
  }
  try {
    const place = join(disk.path, 'tables');
    mkdirSync(place, { mode: 0o700 });
    if (process.getuid?.() === 0) spawnSync('chown', ['postgres', place]);
    server.run('postgres', `create tablespace small location '${place}'`, 'create database brimful tablespace small');
    await work(postgresPlace(`postgres://evenkeel@127.0.0.1:${server.port}/brimful`, null, null), disk);
  } finally {
    try {
      disk.free();
      server.run('postgres', 'drop database brimful', 'drop tablespace small');
    } finally {
      disk.remove();
    }
  }
}

test('a change fails as one that will pass, does once there is room, and what was confirmed is there', () =>
  onSmallDisk(async (place, disk) => {
    const state = await openState(place);
    try {
      disk.fill();
      const kept: string[] = [];
      const failures: unknown[] = [];
      const write = (key: string) =>
        state
          .transaction()
          .execute((db) => db.insertInto('quarantine').values(refused(key)).execute())
          .then(() => kept.push(key));
      for (let n = 0; n < 4000 && failures.length < 3; n++)
        await write(`t${n}`).catch((thrown: unknown) => failures.push(thrown));
      assert.is(failures.length, 3, `${kept.length} were kept`);
      for (const thrown of failures) {
        assert.ok(willPass(thrown), String(thrown));
        const { message } = (thrown as Error).cause as Error;
        assert.match(message, /No space left on device.*Make room on the disk of the server/s);
      }
      disk.free();
      await write('after');
      const there = await state.selectFrom('quarantine').select('topic').orderBy('id').execute();
      assert.equal(
        there.map(({ topic }) => topic),
        kept,
      );
    } finally {
      await state.destroy();
    }
  }));

const refused = (topic: string) => ({
  ...{ endpoint: null, topic, received_at: 1, code: 'NOT_JSON', message: '', size: 1 },
  // Random text: nothing makes it smaller.
  ...{ sample: Array.from({ length: 500 }, (_, i) => Math.sin(i).toString(36).slice(4)).join(''), parts: null },
});

test('a copy of the state waits for room in the middle, and is whole', () =>
  onSmallDisk(async (place, disk) => {
    const folder = temporaryFolder();
    try {
      const file = join(folder.path, 'state.db');
      const old = await openState(file);
      for (let n = 0; n < 100; n++)
        await old
          .insertInto('quarantine')
          .values(Array.from({ length: 20 }, (_, i) => refused(`${n} ${i}`)))
          .execute();
      await old.destroy();
      const reasons: string[] = [];
      const copied = await copyToPostgres({
        ...{ file, place, replaceNul: false, now: () => 1, signal: new AbortController().signal },
        log: {
          ...silentLog,
          warn(fields: { reason?: string; todo?: string }) {
            reasons.push(`${fields.reason} ${fields.todo}`);
            disk.free();
          },
        } as typeof silentLog,
        progress: (phase) => phase.startsWith('Copying quarantine') && reasons.length === 0 && disk.fill(),
      });
      assert.match(reasons[0] ?? '', /No space left on device.*\. Make room on the disk of the server\.$/);
      assert.equal([copied.differ, copied.rows], [[], 2000]);
    } finally {
      folder.remove();
    }
  }));

test.run();
