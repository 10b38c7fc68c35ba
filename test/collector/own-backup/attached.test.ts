/** Files of tickets in a backup: all of them, once per disk, and nothing else that lies there. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createFileStore } from '../../../collector/attachments/store.ts';
import { copyAttachments } from '../../../collector/own-backup/attached.ts';
import { temporaryFolder } from '../../support/processes.ts';

test('each file has the sum that its name says, and is the same file in the next backup', async () => {
  const folder = temporaryFolder();
  const [data, one, two] = ['data', 'one', 'two'].map((name) => join(folder.path, name)) as [string, string, string];
  for (const path of [data, one, two]) mkdirSync(path);
  const watch = { signal: AbortSignal.timeout(10_000), moved() {} };
  assert.equal(await copyAttachments(data, one, null, watch), { files: [], linked: 0 }, 'no ticket has any');
  const store = createFileStore(data);
  const hash = await store.put(Buffer.from('a line'));
  writeFileSync(join(data, 'attachments', hash.slice(0, 2), '.half.part'), 'half');
  const first = await copyAttachments(data, one, null, watch);
  const path = `attachments/${hash.slice(0, 2)}/${hash}`;
  assert.equal(first, { files: [{ path, bytes: 6, sha256: hash }], linked: 0 });
  assert.is(readFileSync(join(one, path), 'utf8'), 'a line');
  const next = await store.put(Buffer.from('another'));
  const second = await copyAttachments(data, two, one, watch);
  assert.equal([second.linked, second.files.map(({ sha256 }) => sha256).sort()], [6, [hash, next].sort()]);
  assert.is(statSync(join(two, path)).ino, statSync(join(one, path)).ino);
  folder.remove();
});

test.run();
