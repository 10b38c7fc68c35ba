import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import type { Stored } from '../../../collector/series/series.ts';
import { silentLog } from '../../../shared/log.ts';
import { clockAt, cpu, epochA, noon } from '../../contract/series.ts';

const test = suite('full disk');
const megabyte = 1024 * 1024;

/** A small file system of its own, or why there can be none. */
function smallDisk(): { path: string; remove(): void } | string {
  const path = mkdtempSync(join(tmpdir(), 'evenkeel-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', path], { stdio: 'pipe' });
  } catch (thrown) {
    rmSync(path, { recursive: true, force: true });
    return String(thrown).split('\n')[0] ?? 'mount failed';
  }
  return {
    path,
    remove() {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (holds()) return;
    await pause(25);
  }
  assert.unreachable(`not within 15 s: ${what}`);
}

/** Fills the disk until not a page is free. */
function fill(path: string): void {
  for (let i = 0; ; i++) {
    const { bavail, bsize } = statfsSync(path);
    if (bavail === 0) return;
    try {
      writeFileSync(join(path, `ballast-${i}`), Buffer.alloc(Math.min(megabyte, bavail * bsize)));
    } catch {
      // Full a little earlier than it said: that is the aim.
      return;
    }
  }
}

for (const [name, reserveBytes] of [
  ['to the last byte', 0],
  ['up to the reserve', megabyte],
] as const) {
  test(`a disk full ${name}: reports wait, and go on by themselves when there is room`, async () => {
    const disk = smallDisk();
    if (typeof disk === 'string') {
      console.log(`\nSKIP tmpfs: ${disk}`);
      return;
    }
    const folder = join(disk.path, 'series');
    const store = await openEmbedded({
      folder,
      clock: clockAt(noon),
      log: silentLog,
      reserveBytes,
      compactEveryMs: 200,
      gatherMs: 0,
    });
    try {
      let seq = 0;
      const stored: Stored[] = [];
      const send = () => {
        seq += 1;
        return store.append(cpu('one', seq, seq, noon - 86_400_000 + seq * 1000)).then((answer) => stored.push(answer));
      };
      await Promise.all(Array.from({ length: 50 }, send));
      fill(disk.path);
      // The journal may still have room inside its files; it will not for long.
      const waiting: Promise<number>[] = [];
      await until('trouble', () => {
        for (let i = 0; i < 200; i++) waiting.push(send());
        return store.stats().trouble !== null && store.stats().pending > 0;
      });
      const before = stored.length;
      assert.ok(before < seq, 'some reports wait');
      await pause(1200);
      assert.ok(store.stats().pending > 0, 'they still wait');
      assert.ok(store.latest('one').length > 0, 'newest values are shown meanwhile');
      for (const file of readdirSync(disk.path)) if (file.startsWith('ballast')) rmSync(join(disk.path, file));
      await Promise.all(waiting);
      assert.is(stored.length, seq);
      assert.equal(store.receipt('one', epochA), { epoch: epochA, through: seq, also: [] });
      await until('no trouble', () => store.stats().trouble === null);
      await store.compact();
      const ask = { endpoint: 'one', metrics: ['cpu.usage_active'], agg: 'count' as const, step: 3_600_000 };
      const counted = await store.query({ ...ask, from: noon - 86_400_000, to: noon - 86_400_000 + (seq + 1) * 1000 });
      assert.is(
        counted.series[0]?.points.reduce((sum, [, value]) => sum + (value ?? 0), 0),
        seq,
      );
    } finally {
      await store.close();
      disk.remove();
    }
  });
}

test.run();
