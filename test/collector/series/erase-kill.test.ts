/** Killed while an endpoint is erased: the next time goes on, and nobody else has lost or doubled a sample. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import type { OpenedStore } from '../../../collector/series/store.ts';
import { silentLog } from '../../../shared/log.ts';
import { arrival, clockAt, hour, metric, minute, noon } from '../../contract/series.ts';
import { temporaryFolder } from '../../support/processes.ts';

const test = suite('kill -9 while an endpoint is erased');
const child = fileURLToPath(new URL('./erase-child.ts', import.meta.url));
const days = 10;
const perDay = 20;
const hosts = ['one', 'two', 'three'];

const open = (folder: string) => openEmbedded({ folder, clock: clockAt(noon), log: silentLog });

/** Files of many days, and some samples that are in the journal alone. */
async function fill(folder: string): Promise<void> {
  const store = await open(folder);
  for (let day = days - 1; day >= 0; day--) {
    for (let n = 0; n < perDay; n++)
      for (const host of hosts)
        await store.append(
          arrival(host, day * perDay + n + 1, [
            metric('disk', { used_percent: n }, noon - day * 24 * hour - (n + 1) * minute, { path: `/of-${host}` }),
            metric('mem', { used: n }, noon - day * 24 * hour - (n + 1) * minute),
          ]),
        );
    if (day > 0) await store.compact();
  }
  await store.close();
}

async function counts(store: OpenedStore): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const endpoint of hosts)
    for (const [resolution, step] of [
      ['raw', minute],
      ['5m', 5 * minute],
      ['1h', hour],
    ] as const)
      for (let day = 0; day < days; day++) {
        const span = { from: noon - (day + 0.5) * 24 * hour, to: noon - (day - 0.5) * 24 * hour, step };
        const { series } = await store.query({
          endpoint,
          metrics: ['disk.used_percent', 'mem.used'],
          agg: 'count',
          ...span,
        });
        const key = `${endpoint} ${resolution}`;
        found[key] = series.flatMap(({ points }) => points).reduce((sum, [, n]) => sum + (n ?? 0), found[key] ?? 0);
      }
  return found;
}

/** @returns whether it had come to its end */
function eraseAndKill(folder: string, afterMs: number): Promise<boolean> {
  const eraser = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  eraser.stdout.once('data', () => setTimeout(() => eraser.kill('SIGKILL'), afterMs));
  eraser.stdout.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve) => eraser.on('close', () => resolve(output.includes('erased'))));
}

test('whenever it is killed, the others have all of theirs, and it is erased in the end', async () => {
  const folder = temporaryFolder();
  try {
    await fill(folder.path);
    let store = await open(folder.path);
    const before = await counts(store);
    assert.is(before['one raw'], 2 * days * perDay);
    await store.close();
    let kills = 0;
    for (let afterMs = 10; ; afterMs += 25) {
      if (await eraseAndKill(folder.path, afterMs)) break;
      kills++;
    }
    assert.ok(kills >= 3, `${kills} kills before the end`);
    store = await open(folder.path);
    const after = await counts(store);
    assert.equal(
      after,
      Object.fromEntries(Object.entries(before).map(([key, n]) => [key, key.startsWith('one') ? 0 : n])),
    );
    await store.compact();
    const { segments } = store.stats();
    await store.close();
    assert.is(readdirSync(join(folder.path, 'segments')).length, segments, 'no file is left over');
  } finally {
    folder.remove();
  }
});

test.run();
