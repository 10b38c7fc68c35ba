/**
 * Bytes that no honest sender makes. First those that once did harm (`findings/`), then new ones for some seconds: 15 per
 * target where CI is set, or as FUZZ_SECONDS says. What does harm is kept in `findings/`: mend the cause, and commit it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { randomFrom } from '../support/random.ts';
import { mutate } from './mutate.ts';
import type { OpenTarget, Target } from './target.ts';
import { openPackets } from './targets/packets.ts';
import { openPayloads } from './targets/payloads.ts';
import { openSettings } from './targets/settings.ts';
import { openShapes } from './targets/shapes.ts';
import { openSpoolFile } from './targets/spool.ts';

const targets: Record<string, OpenTarget> = {
  packets: openPackets,
  payloads: openPayloads,
  shapes: openShapes,
  spool: openSpoolFile,
  settings: openSettings,
};

const seconds = Number(process.env.FUZZ_SECONDS ?? (process.env.CI ? 15 : 1));
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const findings = fileURLToPath(new URL('findings/', import.meta.url));

const folderOf = (name: string) => join(findings, name);

function keptOf(name: string): [file: string, input: Buffer][] {
  const folder = folderOf(name);
  return existsSync(folder) ? readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]) : [];
}

async function tryOne(target: Target, input: Buffer): Promise<void> {
  const before = process.cpuUsage();
  await target.take(input);
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1000;
  if (ms > target.cpuMs) throw new Error(`cost ${Math.round(ms)} ms of CPU; ${target.cpuMs} are allowed`);
  assert.equal(Object.keys(Object.prototype), [], 'the prototype of all objects was changed');
}

function keep(name: string, input: Buffer): string {
  mkdirSync(folderOf(name), { recursive: true });
  const file = join(folderOf(name), createHash('sha256').update(input).digest('hex').slice(0, 16));
  writeFileSync(file, input);
  return file;
}

for (const [name, open] of Object.entries(targets)) {
  test(`${name}: what once did harm does none`, async () => {
    const target = await open();
    try {
      for (const [, input] of [...keptOf(name), ...target.samples.entries()]) await tryOne(target, input);
    } finally {
      await target.close();
    }
  });

  test(`${name}: new bytes do no harm`, async () => {
    const target = await open();
    const random = randomFrom(seed);
    const samples = [...target.samples, ...keptOf(name).map(([, input]) => input)];
    const end = performance.now() + seconds * 1000;
    let input: Buffer = Buffer.alloc(0);
    let count = 0;
    try {
      for (; performance.now() < end; count++) {
        input = mutate(samples, random).subarray(0, target.longest);
        await tryOne(target, input);
      }
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.stack : thrown;
      throw new Error(`input ${count} of seed ${seed} did harm and is kept as ${keep(name, input)}: ${why}`);
    } finally {
      await target.close();
    }
    assert.ok(count > 10, `only ${count} inputs were tried`);
    console.log(`FIGURE ${name}: ${count} inputs in ${seconds} s, seed ${seed}`);
  });
}

test.run();
