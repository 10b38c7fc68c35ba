import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openMirrorQueue, type QueueParts } from '../../../collector/mirrors/queue.ts';
import { BlockWriter, eachRecord } from '../../../collector/series/journal/record.ts';
import { silentLog } from '../../../shared/log.ts';

const test = suite('queue of mirrors');
let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'evenkeel-mirrors-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'mirrors.db');
const megabyte = 1024 * 1024;
function open(more: Partial<QueueParts> = {}) {
  const lost: [string, number][] = [];
  const queue = openMirrorQueue({
    ...{ file: file(), lastBlock: 1e9, log: silentLog, lost: (mirror, samples) => void lost.push([mirror, samples]) },
    mirrors: [
      { name: 'a', keepBytes: megabyte },
      { name: 'b', keepBytes: 10 * megabyte },
    ],
    ...more,
  });
  return { queue, lost };
}
/** One report of each endpoint, with so many values. */
function block(id: number, endpoints: readonly number[], values = 2) {
  const writer = new BlockWriter();
  const numbers = Array.from({ length: values }, (_, n) => n);
  for (const endpoint of endpoints) {
    writer.begin(endpoint, 1, id, 1);
    const lines = numbers.map((n) => n + 1);
    writer.group(1000 + id, lines, numbers);
    writer.finish();
  }
  return { id, bytes: writer.take() };
}
const ids = (blocks: readonly { id: number }[]) => blocks.map(({ id }) => id);

test('each mirror gets each block once, also after the process ended without a word', () => {
  const { queue } = open();
  const one = block(1, [1]);
  queue.add(one);
  // Of the store from then on.
  one.bytes.fill(0);
  queue.add(block(2, [1]));
  queue.flush();
  assert.equal(ids(queue.next('a', megabyte)), [1, 2]);
  let records = 0;
  for (const found of queue.next('a', megabyte)) eachRecord(found, () => records++);
  assert.is(records, 2);
  queue.done('a', 2);
  queue.close();
  const again = open().queue;
  assert.equal(ids(again.next('a', megabyte)), []);
  assert.equal(ids(again.next('b', megabyte)), [1, 2]);
  // The journal hands out what the store did not hold yet.
  again.add(block(2, [1]));
  again.add(block(3, [1]));
  again.flush();
  assert.equal(ids(again.next('a', megabyte)), [3]);
  assert.equal(ids(again.next('b', 1)), [1]);
  again.done('b', 3);
  assert.is(again.waitingBytes('b'), 0);
  again.close();
});

test('beyond its bound the oldest is given up and counted, for that mirror alone; the file stays within the largest bound', () => {
  const { queue, lost } = open();
  const size = block(1, [1], 100).bytes.length;
  const blocks = Math.ceil((12 * megabyte) / size);
  for (let id = 1; id <= blocks; id++) {
    queue.add(block(id, [1], 100));
    if (id % 100 === 0) queue.flush();
  }
  queue.flush();
  for (const [name, keep] of [
    ['a', megabyte],
    ['b', 10 * megabyte],
  ] as const) {
    const kept = ids(queue.next(name, 100 * megabyte));
    assert.is(kept.at(-1), blocks);
    assert.ok(queue.waitingBytes(name) <= keep && queue.waitingBytes(name) > keep - size);
    const gone = lost.filter(([mirror]) => mirror === name).reduce((sum, [, samples]) => sum + samples, 0);
    assert.is(gone, (blocks - kept.length) * 100);
  }
  // A mirror that was busy with what is gone moves nothing back.
  const [first = 0] = ids(queue.next('a', 1));
  queue.done('a', 1);
  assert.equal(ids(queue.next('a', 1)), [first]);
  queue.close();
  assert.ok(statSync(file()).size < 14 * megabyte);
});

test('an endpoint that is erased is in nothing that waits, and in no free page', () => {
  const { queue } = open();
  queue.add(block(1, [7, 8]));
  queue.add(block(2, [7]));
  queue.flush();
  queue.erase(new Set([7]));
  const left: number[] = [];
  for (const found of queue.next('a', megabyte)) eachRecord(found, ({ endpoint }) => left.push(endpoint));
  assert.equal(left, [8]);
  assert.is(queue.waitingBytes('a'), block(1, [8]).bytes.length);
  queue.done('a', 2);
  queue.done('b', 2);
  assert.is(queue.waitingBytes('a'), 0);
  queue.close();
  assert.is(new DatabaseSync(file()).prepare('select count(*) as n from blocks').get()?.n, 0);
});

test('a new mirror begins with what comes; one that is gone holds nothing; another journal begins anew', () => {
  const first = open({ mirrors: [{ name: 'old', keepBytes: megabyte }] }).queue;
  first.add(block(1, [1]));
  first.close();
  const second = open({ mirrors: [{ name: 'new', keepBytes: megabyte }] }).queue;
  assert.equal(ids(second.next('new', megabyte)), []);
  second.add(block(2, [1]));
  second.flush();
  assert.equal(ids(second.next('new', megabyte)), [2]);
  second.close();
  // Its blocks are numbered from 1 again.
  const third = open({ mirrors: [{ name: 'new', keepBytes: megabyte }], lastBlock: 0 }).queue;
  assert.equal(ids(third.next('new', megabyte)), []);
  third.add(block(1, [1]));
  third.flush();
  assert.equal(ids(third.next('new', megabyte)), [1]);
  third.close();
});

test('a damaged file is begun anew; a disk that takes nothing loses what is beyond memory, and says so', () => {
  writeFileSync(file(), 'not a database at all, but long enough to be read as the head of one'.repeat(100));
  const warned: string[] = [];
  const log = { ...silentLog, warn: (_: object, text: string) => void warned.push(text) };
  const { queue, lost } = open({ log });
  assert.ok(existsSync(file()));
  queue.add(block(1, [1]));
  queue.flush();
  queue.close();
  // Closed, it takes nothing any more.
  for (let id = 2; id < 12_000; id++) queue.add(block(id, [1], 100));
  queue.flush();
  assert.ok(lost.some(([mirror]) => mirror === 'a') && lost.some(([mirror]) => mirror === 'b'));
  assert.is(warned.length, 1);
});

test.run();
