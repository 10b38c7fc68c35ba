/** What a message costs is known before it is paid: refused by its bytes, at the first excess, and with the limit told. */
import { gzipSync } from 'node:zlib';
import { Compile } from 'typebox/compile';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EvenkeelError } from '../../shared/errors.ts';
import { firstFault } from '../../shared/first-fault.ts';
import { decode, encode, InventoryMessage, Report } from '../../shared/report.ts';
import { inflate, maxDepth, maxKeys, maxRatio, maxValues, weigh } from '../../shared/wire.ts';

const test = suite('weigh');

const metric = { name: 'cpu', tags: { cpu: 'cpu-total' }, fields: { usage_active: 1 }, timestamp: 1 };
const report = (change: object) => ({ v: 1, epoch: 'a'.repeat(32), seq: 1, at: 1, metrics: [metric], ...change });
const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const named = (count: number) => Object.fromEntries(many(count, (n) => [`k${n}`, '0']));

function refusal(work: () => unknown): EvenkeelError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) return thrown;
    throw thrown;
  }
  throw new Error('it was taken');
}

for (const [name, bytes, limit] of [
  ['lists within each other', Buffer.from('['.repeat(1_000_000)), maxDepth],
  ['objects within each other', Buffer.from('{"a":'.repeat(100_000)), maxDepth],
  ['values of a list', Buffer.from(`[${'0,'.repeat(maxValues + 1)}0]`), maxValues],
  ['names of an object', Buffer.from(JSON.stringify(named(20_000))), maxKeys],
] as const) {
  test(`${name} are counted before they are parsed`, () => {
    const { code, message } = refusal(() => weigh(bytes));
    assert.is(code, 'BAD_SHAPE');
    assert.match(message, String(limit));
  });
}

test('what stands in texts is not counted', () => {
  weigh(Buffer.from(JSON.stringify({ a: '[{:,'.repeat(maxValues), b: '\\"['.repeat(100_000) })));
});

test('a size that comes from gzip alone is refused with its limit', () => {
  const bytes = gzipSync(Buffer.alloc(1_500_000, 0x5b));
  const { code, message } = refusal(() => inflate(bytes));
  assert.is(code, 'BAD_GZIP');
  assert.match(message, String(bytes.length * maxRatio));
});

test('the largest honest messages are taken', () => {
  const metrics = many(2000, (n) => ({
    ...metric,
    tags: { path: `/var/lib/containers/${n}`, host: 'a', device: 'b' },
  }));
  assert.is(decode<Report>(Report, encode(report({ metrics }))).metrics.length, 2000);
  const data = many(10_000, (n) => ({
    name: `package ${n}`,
    version: '1',
    publisher: null,
    installed: null,
    lastUsed: 1,
  }));
  decode(InventoryMessage, encode({ v: 1, epoch: 'a'.repeat(32), seq: 1, at: 1, section: 'software', data }));
});

for (const [name, change, where] of [
  ['too many metrics', { metrics: many(2001, () => metric) }, /message\.metrics: has 2001 items; at most 2000/],
  ['too many losses', { lost: many(101, () => ({})) }, /message\.lost: has 101 items; at most 100/],
  ['too many tags', { metrics: [metric, { ...metric, tags: named(33) }] }, /message\.metrics\.1\.tags: .*at most 32/],
  ['a long tag', { metrics: [{ ...metric, tags: { path: 'x'.repeat(257) } }] }, /metrics\.0\.tags\.path: .*256/],
  ['too many fields', { metrics: [{ ...metric, fields: named(129) }] }, /metrics\.0\.fields: .*128/],
  ['an unknown name', { surprise: 1 }, /message\.surprise/],
] as const) {
  test(`${name}: the error has the place and the limit`, () => {
    const { code, message } = refusal(() => decode(Report, encode(report(change))));
    assert.is(code, 'BAD_SHAPE');
    assert.match(message, where);
  });
}

test('faults are looked for in the first wrong part alone', () => {
  const asked: unknown[] = [];
  const metrics = [...many(500, () => metric), ...many(1000, (n) => ({ ...metric, name: n }))];
  const fault = firstFault(Report, report({ metrics }), (part) => {
    const compiled = Compile(part as never) as unknown as {
      Check(value: unknown): boolean;
      Errors(value: unknown): [];
    };
    return {
      Check: (value) => compiled.Check(value),
      Errors(value) {
        asked.push(value);
        return compiled.Errors(value);
      },
    };
  });
  assert.is(fault.path, '.metrics.500.name');
  assert.equal(asked, [0]);
});

test.run();
