import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { epochA, noon } from '../../contract/series.ts';

const kills = 10;
const endpoints = 4;
const child = fileURLToPath(new URL('./crash-child.ts', import.meta.url));

const test = suite('kill -9');

/** Lets a writer run, kills it at a random moment after its first answer, and collects what it was promised. */
function runAndKill(folder: string, promised: Map<string, Set<number>>): Promise<number> {
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, folder, String(endpoints)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let answers = 0;
  writer.stdout.once('data', () => setTimeout(() => writer.kill('SIGKILL'), 50 + Math.random() * 900));
  writer.stdout.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve) => {
    writer.on('close', () => {
      for (const [, endpoint = '', seq] of output.matchAll(/^(e\d+) (\d+) (?:stored|duplicate)\n/gm)) {
        promised.set(endpoint, (promised.get(endpoint) ?? new Set()).add(Number(seq)));
        answers += 1;
      }
      resolve(answers);
    });
  });
}

test('every report that was answered is there exactly once, whenever the process is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-crash-'));
  const promised = new Map<string, Set<number>>();
  let answers = 0;
  for (let kill = 0; kill < kills; kill++) answers += await runAndKill(folder, promised);
  const store = await openEmbedded({ folder, clock: systemClock, log: silentLog });
  try {
    await store.compact();
    assert.is(promised.size, endpoints);
    const from = noon - 86_400_000;
    for (const [endpoint, seqs] of promised) {
      const through = store.receipt(endpoint, epochA).through;
      const ask = { endpoint, metrics: ['cpu.usage_active'], from, agg: 'count' as const };
      // In pages: an answer has a limited number of points.
      const counts = new Map<number, number>();
      for (let page = 0; page <= through; page += 5000) {
        const raw = await store.query({
          ...ask,
          from: from + page * 1000,
          to: from + (page + 5000) * 1000,
          step: 1000,
        });
        for (const [at, value] of raw.series[0]?.points ?? [])
          if (value !== null) counts.set((at - from) / 1000, value);
      }
      for (const seq of seqs) assert.is(counts.get(seq), 1, `${endpoint} ${seq} was answered`);
      for (const [seq, count] of counts) assert.is(count, 1, `${endpoint} ${seq} is there once`);
      // The rollups were made from the same reports: as many, no more.
      const rolled = await store.query({ ...ask, to: from + 86_400_000 + 3_600_000, step: 3_600_000 });
      const sum = (rolled.series[0]?.points ?? []).reduce((total, [, value]) => total + (value ?? 0), 0);
      assert.is(sum, counts.size, `${endpoint} in rollups`);
      assert.ok(Math.max(...seqs) <= through, `${endpoint}: the receipt covers what was answered`);
    }
    console.log(`\nFIGURE series kill -9: ${kills} kills, ${answers} answers, 0 lost, 0 twice`);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
