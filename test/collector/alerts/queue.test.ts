/** A batch that cannot be saved has not happened, is tried again, and holds nothing else up. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Input } from '../../../collector/alerts/batch.ts';
import { createInputQueue } from '../../../collector/alerts/queue.ts';
import { type Log, silentLog } from '../../../shared/log.ts';

const end = (key: string, at = 0): Input => ({ type: 'end', at, key, reason: 'gone' });
const sample = (key: string, at: number): Input => ({
  type: 'sample',
  at,
  sample: { key, endpoint: 'e', family: 'f', metric: 'm', tags: {}, levels: [] },
});
const nameOf = (input: Input) => ('key' in input ? input.key : input.type === 'sample' ? input.sample.key : input.type);

/** A store that can be broken, or refuse certain inputs, and what went through it. */
function openQueue() {
  const errors: unknown[][] = [];
  const infos: unknown[][] = [];
  const log: Log = {
    ...silentLog,
    error: (...line: unknown[]) => void errors.push(line),
    info: (...line: unknown[]) => void infos.push(line),
  };
  const made = {
    errors,
    infos,
    isBroken: false,
    poison: new Set<string>(),
    /** Names of the inputs of each batch that was tried, and of those that were saved. */
    tried: [] as string[][],
    saved: [] as string[],
    savedInputs: [] as Input[],
    queue: createInputQueue({
      log,
      async run(inputs) {
        made.tried.push(inputs.map(nameOf));
        await Promise.resolve();
        if (made.isBroken) throw new Error('the disk is full');
        if (inputs.some((input) => made.poison.has(nameOf(input)))) throw new Error('it cannot be saved');
        made.saved.push(...inputs.map(nameOf));
        made.savedInputs.push(...inputs);
      },
    }),
  };
  return made;
}

const outcome = (work: Promise<void>) =>
  work.then(
    () => 'saved',
    (thrown: Error) => thrown.message,
  );

test('what comes in together is saved together, in order, at most a hundred at a time', async () => {
  const q = openQueue();
  const all = Array.from({ length: 250 }, (_, i) => String(i));
  await Promise.all(all.map((key) => q.queue.push(end(key))));
  assert.equal(
    q.tried.map(({ length }) => length),
    [100, 100, 50],
  );
  assert.equal(q.saved, all);
});

test('the promise of several inputs waits for the last of them', async () => {
  const q = openQueue();
  q.poison.add('149');
  const work = q.queue.push(...Array.from({ length: 150 }, (_, i) => end(String(i))));
  assert.is(await outcome(work), 'it cannot be saved');
  assert.is(q.saved.length, 100, 'the others of it went through, or are tried again');
});

test('what could not be saved is tried again with what came meanwhile, and before it', async () => {
  const q = openQueue();
  q.isBroken = true;
  assert.is(await outcome(q.queue.push(end('a'), end('b'))), 'the disk is full');
  assert.is(await outcome(q.queue.push(end('c'))), 'the disk is full');
  assert.equal(q.saved, []);
  q.isBroken = false;
  assert.is(await outcome(q.queue.push(end('d'))), 'saved');
  assert.equal(q.saved, ['a', 'b', 'c', 'd']);
  await q.queue.retry();
  assert.equal(q.saved, ['a', 'b', 'c', 'd'], 'once');
});

test('a state that cannot be written is logged once, and so is its return', async () => {
  const q = openQueue();
  q.isBroken = true;
  for (const key of ['a', 'b', 'c']) await outcome(q.queue.push(end(key)));
  await q.queue.retry();
  assert.is(q.errors.length, 1);
  assert.equal(q.infos, []);
  q.isBroken = false;
  await q.queue.retry();
  assert.is(q.infos.length, 1);
  assert.equal(q.saved, ['a', 'b', 'c']);
});

test('without anything new, `retry` does it', async () => {
  const q = openQueue();
  q.isBroken = true;
  await outcome(q.queue.push(end('a')));
  await q.queue.retry();
  q.isBroken = false;
  await q.queue.retry();
  assert.equal(q.saved, ['a']);
});

test('one that can never be saved does not hold up the others, and is left out only after others went through', async () => {
  const q = openQueue();
  q.poison.add('bad');
  assert.is(await outcome(q.queue.push(end('a'), end('bad'), end('b'))), 'it cannot be saved');
  await q.queue.retry();
  assert.equal(q.saved, ['a', 'b']);
  const before = q.tried.length;
  for (let i = 0; i < 50; i++) await q.queue.retry();
  assert.is(q.tried.length, before + 50, 'alone it proves nothing, so it is kept');
  for (let i = 0; i < 10; i++) assert.is(await outcome(q.queue.push(end(`good${i}`))), 'saved');
  const tries = q.tried.filter((batch) => batch.includes('bad')).length;
  await q.queue.retry();
  await q.queue.push(end('last'));
  assert.is(q.tried.filter((batch) => batch.includes('bad')).length, tries, 'not tried any more');
  assert.is(q.errors.filter(([, text]) => /dropped/.test(String(text))).length, 1);
  assert.is(q.saved.length, 13);
});

test('while the whole state is broken nothing is left out, however often it is tried', async () => {
  const q = openQueue();
  q.isBroken = true;
  await outcome(q.queue.push(...Array.from({ length: 30 }, (_, i) => end(String(i)))));
  for (let i = 0; i < 20; i++) await q.queue.retry();
  q.isBroken = false;
  await q.queue.retry();
  assert.is(q.saved.length, 30);
});

test('of many samples about one instance only the newest is tried again', async () => {
  const q = openQueue();
  q.isBroken = true;
  for (let at = 1; at <= 5; at++) await outcome(q.queue.push(sample('x', at), end(`e${at}`)));
  q.isBroken = false;
  await q.queue.retry();
  assert.equal(
    q.savedInputs.filter(({ type }) => type === 'sample').map(({ at }) => at),
    [5],
  );
  assert.is(q.savedInputs.length, 6, 'what is no sample is kept, each of it');
});

test('what is kept of a long outage is bounded, and what people did is not what goes', async () => {
  const q = openQueue();
  q.isBroken = true;
  await outcome(q.queue.push({ type: 'acknowledge', at: 0, key: 'ack', request: { by: 'ada' } }));
  for (let i = 0; i < 21; i++) {
    await outcome(q.queue.push(...Array.from({ length: 1000 }, (_, n) => sample(`${i}/${n}`, i))));
    await q.queue.settled();
  }
  q.isBroken = false;
  await q.queue.retry();
  assert.is(q.saved[0], 'ack');
  assert.is(q.saved.length, 20_000);
  assert.is(q.saved.at(-1), '20/999', 'the newest are kept');
});

test('while nothing can be saved, a try costs little, however much waits', async () => {
  const q = openQueue();
  q.isBroken = true;
  await outcome(q.queue.push(...Array.from({ length: 5000 }, (_, i) => end(String(i)))));
  await q.queue.settled();
  const [tries, lines] = [q.tried.length, q.errors.length];
  for (let i = 0; i < 10; i++) await q.queue.retry();
  assert.ok(q.tried.length - tries <= 200, `${q.tried.length - tries} commits that fail, for ten tries`);
  assert.ok(q.errors.length - lines <= 200, `${q.errors.length - lines} lines in the log`);
  q.isBroken = false;
  await q.queue.retry();
  assert.is(q.saved.length, 5000);
});

test('many that can never be saved do not hold up one that can', async () => {
  const q = openQueue();
  const bad = Array.from({ length: 60 }, (_, i) => `bad${i}`);
  for (const name of bad) q.poison.add(name);
  const work = q.queue.push(...bad.map((key) => end(key)), end('good'));
  assert.is(await outcome(work), 'it cannot be saved');
  // What comes in is saved meanwhile, and shows that it is not the state that is broken.
  for (let i = 0; i < 30 && !q.saved.includes('good'); i++)
    assert.is(await outcome(q.queue.push(end(`${i}`))), 'saved');
  assert.ok(q.saved.includes('good'));
});

test('stop while it fails: ends at once, and does not wait for a disk that will never have room', async () => {
  const q = openQueue();
  q.isBroken = true;
  const pushed = outcome(q.queue.push(...Array.from({ length: 300 }, (_, i) => end(String(i)))));
  await q.queue.stop();
  assert.is(await pushed, 'the disk is full');
  const before = q.tried.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(q.tried.length, before, 'nothing is tried after the stop');
});

test.run();
