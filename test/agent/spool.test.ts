/** The outbox: generated = stored ∪ declared lost, through kill -9, a full quota, a full disk and a damaged file. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openSpool, type Spool } from '../../agent/spool.ts';
import type { SpoolEntry } from '../../agent/spool-entry.ts';
import { silentLog } from '../../shared/log.ts';
import type { Loss } from '../../shared/report.ts';
import { inflate } from '../../shared/wire.ts';
import { temporaryFolder } from '../support/agent.ts';

const writer = fileURLToPath(new URL('../support/spool-writer.ts', import.meta.url));
const keyOf = (entry: { epoch: string; seq: number }) => `${entry.epoch} ${entry.seq}`;

async function withFolder(work: (path: string) => unknown): Promise<void> {
  const folder = temporaryFolder();
  try {
    await work(folder.path);
  } finally {
    folder.remove();
  }
}

const open = (folder: string, extra: object = {}) =>
  openSpool({ path: join(folder, 'spool.db'), bootId: 'boot', log: silentLog, ...extra });

/** `pad` characters that do not compress away. */
function put(spool: Spool, pad = 0, kind: 'report' | 'inventory' = 'report'): SpoolEntry {
  const text = Array.from({ length: pad }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
  return spool.put(kind, 1000, ({ epoch, seq, lost }) => ({ v: 1, epoch, seq, lost, text, metrics: [] }));
}

const bodyOf = (entry: SpoolEntry) =>
  JSON.parse(Buffer.from(inflate(entry.body)).toString('utf8')) as { epoch: string; seq: number; lost: Loss[] };

function covered(losses: readonly Loss[]): Set<string> {
  const keys = new Set<string>();
  for (const { epoch, from, to } of losses) for (let seq = from; seq <= to; seq++) keys.add(`${epoch} ${seq}`);
  return keys;
}

test('numbers go on over a clean restart, and only an ack trims', () =>
  withFolder((folder) => {
    const first = open(folder);
    const entries = [put(first), put(first, 0, 'inventory'), put(first)];
    assert.equal(
      entries.map((entry) => entry.seq),
      [1, 2, 3],
    );
    first.close();
    const second = open(folder);
    assert.equal(second.after(null, 10).map(keyOf), entries.map(keyOf));
    assert.is(put(second).seq, 4);
    second.ack({ epoch: entries[0]?.epoch as string, through: 1, also: [[3, 3]] });
    assert.equal(
      second.after(null, 10).map((entry) => entry.seq),
      [2, 4],
    );
    assert.is(second.newest()?.seq, 4);
    assert.is(second.state().entries, 2);
    second.ack({ epoch: 'f'.repeat(32), through: 99, also: [] });
    assert.is(second.state().entries, 2, 'an ack of another epoch changes nothing');
    second.close();
    const third = open(folder);
    assert.equal(
      third.after(null, 10).map((entry) => entry.seq),
      [2, 4],
    );
    const second4 = third.after(null, 1)[0] as SpoolEntry;
    assert.equal(
      third.after(second4, 10).map((entry) => entry.seq),
      [4],
    );
    third.close();
  }));

test('what is acknowledged and not yet removed does not hide what waits behind it', () =>
  withFolder((folder) => {
    const spool = open(folder);
    const entries = Array.from({ length: 20 }, () => put(spool));
    spool.ack({ epoch: entries[0]?.epoch as string, through: 12, also: [] });
    assert.is(spool.after(null, 4)[0]?.seq, 13);
    assert.equal(spool.after({ era: entries[0]?.era as number, seq: 20 }, 4), []);
    spool.close();
  }));

test('whatever is put, acknowledged, given up and renumbered, what waits is what a list of it says', () =>
  withFolder((folder) => {
    const cases = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('put' as const), pad: fc.nat(300) }),
        fc.record({ do: fc.constant('ack' as const), from: fc.nat(6), count: fc.nat(6) }),
        fc.record({ do: fc.constantFrom('ack all', 'renumber', 'reopen') }),
      ),
      { maxLength: 25 },
    );
    let runs = 0;
    fc.assert(
      fc.property(cases, (steps) => {
        const place = join(folder, String(++runs));
        mkdirSync(place, { mode: 0o700 });
        const quota = { quotaBytes: 3000 };
        let spool = open(place, quota);
        let waiting: SpoolEntry[] = [];
        const acknowledge = (entries: readonly SpoolEntry[]) => {
          for (const { epoch, seq } of entries) spool.ack({ epoch, through: 0, also: [[seq, seq]] });
          waiting = waiting.filter((entry) => !entries.includes(entry));
        };
        for (const step of steps) {
          if (step.do === 'put' && 'pad' in step) {
            waiting.push(put(spool, step.pad));
            const lost = covered(spool.state().losses);
            waiting = waiting.filter((entry) => !lost.has(keyOf(entry)));
          } else if (step.do === 'ack' && 'from' in step) acknowledge(waiting.slice(step.from, step.from + step.count));
          else if (step.do === 'ack all') acknowledge(waiting);
          else if (step.do === 'renumber') {
            if (spool.renumber(spool.state().epoch)) waiting = spool.after(null, 1000);
          } else if (step.do === 'reopen') {
            spool.close();
            spool = open(place, quota);
          }
          assert.equal(spool.after(null, 1000).map(keyOf), waiting.map(keyOf));
          assert.is(spool.state().entries, waiting.length);
        }
        acknowledge(waiting);
        const last = put(spool, 50);
        const { entries, bytes } = spool.state();
        spool.close();
        spool = open(place, quota);
        assert.equal(spool.after(null, 9).map(keyOf), [keyOf(last)]);
        assert.equal([spool.state().entries, spool.state().bytes], [entries, bytes]);
        spool.close();
      }),
      { numRuns: 60 },
    );
  }));

test('after the machine went down without an orderly end a new epoch begins; after a crash of the agent alone it goes on', () =>
  withFolder((folder) => {
    const before = open(folder);
    const old = put(before);
    // Not closed: as after kill -9. The handle stays open, which SQLite allows.
    const sameBoot = open(folder);
    assert.is(sameBoot.state().epoch, old.epoch);
    const nextBoot = open(folder, { bootId: 'another' });
    assert.is.not(nextBoot.state().epoch, old.epoch);
    const fresh = put(nextBoot);
    assert.is(fresh.seq, 1);
    assert.equal(nextBoot.after(null, 10).map(keyOf), [old, fresh].map(keyOf), 'the old ones are still sent, first');
    nextBoot.close();
  }));

test('a full quota gives up the oldest and declares each of them', () =>
  withFolder((folder) => {
    const spool = open(folder, { quotaBytes: 100_000 });
    const generated = new Set<string>();
    for (let i = 0; i < 200; i++) generated.add(keyOf(put(spool, 2000)));
    const kept = spool.after(null, 1000);
    assert.ok(spool.state().bytes <= 100_000);
    assert.ok(kept.length < 100 && kept.length > 20);
    // What the reports still here carry, and what waits for the next one to carry it.
    const lost = covered([...kept.flatMap((entry) => bodyOf(entry).lost), ...spool.state().losses]);
    const all = new Set([...kept.map(keyOf), ...lost]);
    assert.equal([...all].sort(), [...generated].sort());
    for (const key of kept.map(keyOf)) assert.not.ok(lost.has(key), `${key} is here and declared lost`);
    assert.is(kept.at(-1)?.seq, 200, 'the newest is never given up');
    // A declared loss goes when the report that carried it is acknowledged, not before.
    const carrier = put(spool, 0);
    assert.ok(spool.state().losses.length > 0);
    spool.ack({ epoch: carrier.epoch, through: carrier.seq, also: [] });
    put(spool);
    assert.equal(spool.state().losses, []);
    spool.close();
  }));

test('numbers that somebody else has used: what waits goes on under a new epoch, with its content and its losses', () =>
  withFolder((folder) => {
    const spool = open(folder, { quotaBytes: 60_000 });
    for (let i = 0; i < 60; i++) put(spool, 2000, i % 7 === 0 ? 'inventory' : 'report');
    const before = spool.after(null, 1000);
    const { epoch } = spool.state();
    spool.ack({ epoch, through: 0, also: [[58, 59]] });
    assert.is(spool.renumber('f'.repeat(32)), false, 'an epoch that was never here');
    assert.is(spool.renumber(epoch), true);
    const after = spool.after(null, 1000);
    const waiting = before.filter(({ seq }) => seq < 58 || seq > 59);
    assert.is(after.length, waiting.length);
    assert.is.not(spool.state().epoch, epoch);
    after.forEach((entry, n) => {
      const { epoch: said, seq, ...content } = bodyOf(entry);
      assert.equal([said, seq], [entry.epoch, n + 1], 'the message carries its new number');
      const { epoch: _, seq: __, ...same } = bodyOf(waiting[n] as SpoolEntry);
      assert.equal(content, same);
      assert.equal([entry.kind, entry.at], [waiting[n]?.kind, waiting[n]?.at]);
    });
    // The bytes are counted on: the quota still holds, and a loss is carried by the moved report until that is acknowledged.
    assert.is(
      spool.state().bytes,
      after.reduce((sum, { body }) => sum + body.length + 48, 0),
    );
    assert.ok(spool.state().losses.length > 0);
    put(spool);
    spool.ack({ epoch: spool.state().epoch, through: spool.state().seq, also: [] });
    put(spool);
    assert.equal(spool.state().losses, []);
    const fresh = spool.state();
    spool.close();
    const again = open(folder);
    assert.equal([again.state().epoch, put(again).seq], [fresh.epoch, fresh.seq + 1]);
    assert.is(again.renumber(epoch), false, 'nothing is left of the old epoch');
    again.close();
  }));

test('kill -9 at random moments: every number that was given is acknowledged or still here, none twice', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'spool.db');
    const given = new Set<string>();
    const acked = new Map<string, number>();
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', writer, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      let puts = 0;
      await new Promise<void>((resolve) => {
        const target = 20 + Math.floor(Math.random() * 400);
        child.stdout.on('data', (chunk) => {
          text += chunk;
          puts += String(chunk).split('put ').length - 1;
          if (puts > target) child.kill('SIGKILL');
        });
        child.on('close', () => resolve());
      });
      const whole = text.slice(0, text.lastIndexOf('\n'));
      for (const line of whole.split('\n')) {
        const [what, epoch, seq] = line.split(' ') as [string, string, string];
        if (what === 'ack') acked.set(epoch, Math.max(acked.get(epoch) ?? 0, Number(seq)));
        else {
          assert.not.ok(given.has(`${epoch} ${seq}`), `${seq} was given twice`);
          given.add(`${epoch} ${seq}`);
        }
      }
    }
    const spool = open(folder);
    const kept = new Set(spool.after(null, 100_000).map(keyOf));
    const missing = [...given].filter((key) => {
      const [epoch, seq] = key.split(' ') as [string, string];
      return !kept.has(key) && Number(seq) > (acked.get(epoch) ?? 0);
    });
    assert.equal(missing, []);
    assert.ok(given.size > 120);
    console.log(`\nFIGURE spool: ${given.size} numbers over 6 kills, ${missing.length} missing, 0 twice`);
    assert.equal(spool.state().losses, [], 'a killed agent loses nothing, so it declares nothing');
    spool.close();
  }));

const damages: [string, (file: Buffer) => Buffer][] = [
  ['garbage', () => Buffer.alloc(8192, 'garbage')],
  // SQLite opens these, and then refuses to write or to read them.
  ['a format for writing that nobody knows', (file) => Buffer.from(file.with(18, 3))],
  ['a format for reading that nobody knows', (file) => Buffer.from(file.with(19, 0xff))],
];
for (const [how, damage] of damages)
  test(`a damaged file is set aside, and what it may have held is declared: ${how}`, () =>
    withFolder((folder) => {
      const spool = open(folder);
      const held = [put(spool), put(spool), put(spool)];
      spool.close();
      const path = join(folder, 'spool.db');
      writeFileSync(path, damage(readFileSync(path)));
      const next = open(folder);
      const entry = put(next);
      assert.is.not(entry.epoch, held[0]?.epoch);
      const declared = bodyOf(entry).lost;
      assert.is(declared[0]?.reason, 'corrupt');
      for (const one of held) assert.ok(covered(declared).has(keyOf(one)), `${one.seq} is not declared`);
      assert.ok(
        readdirSync(folder).some((name) => name.includes('corrupt')),
        'the damaged file is kept',
      );
      next.close();
    }));

test('a file damaged in the middle of the run neither stops nor silences the agent', () =>
  withFolder((folder) => {
    const path = join(folder, 'spool.db');
    const spool = open(folder);
    for (let i = 0; i < 50; i++) put(spool, 3000);
    spool.close();
    const size = 50;
    const bytes = Buffer.alloc(4096 * size, 0xee);
    // The header stays good, so that it opens.
    const again = open(folder);
    writeFileSync(path, bytes, { flag: 'r+' });
    rmSync(`${path}-wal`, { force: true });
    for (let i = 0; i < 5; i++) put(again);
    assert.ok(again.after(null, 1000).length >= 5);
    again.close();
  }));

test('a full disk: numbers of a memory of its own, bounded, declared, and brought to the disk when it can', () =>
  withFolder((folder) => {
    const mount = join(folder, 'small');
    mkdirSync(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      return console.log('\nSKIP tmpfs: mounting needs root on Linux');
    }
    try {
      const spool = open(mount, { memoryEntries: 20 });
      const generated = new Set<string>();
      const add = (pad: number) => generated.add(keyOf(put(spool, pad)));
      for (let i = 0; i < 400 && spool.state().inMemory === 0; i++) add(5000);
      assert.ok(spool.state().inMemory > 0, 'the disk was never full');
      for (let i = 0; i < 60; i++) add(100_000);
      assert.is(spool.state().inMemory, 20);
      const live = spool.newest() as SpoolEntry;
      assert.ok(generated.has(keyOf(live)), 'what is measured now can be sent now');
      // Room again: the collector has taken what was on the disk.
      const old = spool.after(null, 1)[0] as SpoolEntry;
      execFileSync('mount', ['-o', 'remount,size=64m', mount]);
      add(100);
      assert.is(spool.state().inMemory, 0);
      const kept = spool.after(null, 10_000);
      const lost = covered([...kept.flatMap((entry) => bodyOf(entry).lost), ...spool.state().losses]);
      assert.equal([...new Set([...kept.map(keyOf), ...lost])].sort(), [...generated].sort());
      assert.ok(kept.some((entry) => keyOf(entry) === keyOf(old)));
      spool.close();
      const again = open(mount);
      assert.equal(again.after(null, 10_000).map(keyOf), kept.map(keyOf));
      again.close();
    } finally {
      execFileSync('umount', [mount]);
    }
  }));

test('a folder that cannot be written is refused with words', () =>
  withFolder((folder) => {
    assert.throws(
      () => open(join(folder, 'missing', 'deeper')),
      (error: { code?: string }) => error.code === 'DATA_NOT_WRITABLE',
    );
    assert.not.ok(existsSync(join(folder, 'missing')));
  }));

test.run();
