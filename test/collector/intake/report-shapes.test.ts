/** A report that is read beside the last ones is the one that the plain way would give; see also `test/fuzz/targets/shapes.ts`. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createReportShapes } from '../../../collector/intake/report-shapes.ts';
import { decodePlain, type Metric, Report } from '../../../shared/report.ts';

const epoch = 'e'.repeat(32);
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/);
/** In the forms that other senders write, too. */
const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.integer().map(String),
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?$/),
);
const shape = fc.record({
  name,
  tags: fc.dictionary(name, fc.string({ unit: 'binary', maxLength: 20 }), { maxKeys: 4, noNullPrototype: true }),
  fields: fc.uniqueArray(name, { maxLength: 8 }),
});
type Shape = typeof shape extends fc.Arbitrary<infer One> ? One : never;

const textOf = (shapes: readonly Shape[], numbers: readonly string[], seq = 1) => {
  let next = 0;
  const metrics = shapes.map(({ name, tags, fields }) => {
    const values = fields.map((field) => `"${field}":${numbers[next++ % numbers.length]}`);
    return `{"name":"${name}","tags":${JSON.stringify(tags)},"fields":{${values}},"timestamp":${1.8e12 + seq}}`;
  });
  return Buffer.from(`{"v":1,"epoch":"${epoch}","seq":${seq},"at":1800000000000,"metrics":[${metrics}]}`);
};

function usual(plain: Buffer): Report | undefined {
  try {
    return decodePlain<Report>(Report, plain);
  } catch {
    return undefined;
  }
}

test('whatever the shapes and the numbers: the same report, or none', () => {
  const property = fc.property(
    fc.array(shape, { minLength: 1, maxLength: 6 }),
    fc.array(numberText, { minLength: 1, maxLength: 12 }),
    fc.array(numberText, { minLength: 1, maxLength: 12 }),
    (shapes, before, now) => {
      const read = createReportShapes();
      const first = usual(textOf(shapes, before));
      if (!first) return;
      read.learn('a', textOf(shapes, before), first);
      const plain = textOf(shapes, now, 2);
      const expected = usual(plain);
      const found = read.read('a', plain)?.report;
      assert.equal(found, expected, plain.toString());
      if (found) for (const [n, { fields }] of found.metrics.entries()) sameZeros(fields, expected?.metrics[n]?.fields);
    },
  );
  fc.assert(property, { numRuns: 2000 });
});

/** `assert.equal` takes 0 for -0. */
function sameZeros(fields: Metric['fields'], others: Metric['fields'] = {}): void {
  for (const [field, value] of Object.entries(fields)) assert.ok(Object.is(value, others[field]), field);
}

const cpu = { name: 'cpu', tags: { cpu: 'cpu-total' }, fields: ['usage_active'] };
const disk = { name: 'disk', tags: { path: '/', device: 'sda' }, fields: ['used_percent', 'free'] };
const learned = (...reports: Shape[][]) => {
  const shapes = createReportShapes();
  for (const report of reports) shapes.learn('a', textOf(report, ['1']), usual(textOf(report, ['1'])) as Report);
  return shapes;
};

test('slow checks that come and go are known after they came once', () => {
  const shapes = learned([cpu, disk], [cpu]);
  for (const report of [[cpu], [disk], [cpu, disk]])
    assert.equal(shapes.read('a', textOf(report, ['2'], 3))?.report, usual(textOf(report, ['2'], 3)));
  const late = { name: 'swap', tags: {}, fields: ['used_percent'] };
  assert.is(shapes.read('a', textOf([cpu, late, disk], ['2'])), undefined);
  shapes.learn('a', textOf([cpu, late, disk], ['2']), usual(textOf([cpu, late, disk], ['2'])) as Report);
  assert.equal(shapes.read('a', textOf([cpu, late, disk], ['3']))?.report, usual(textOf([cpu, late, disk], ['3'])));
});

for (const [what, change] of [
  ['another name', (text) => text.replace('"cpu"', '"cpx"')],
  ['another tag value', (text) => text.replace('cpu-total', 'cpu-totam')],
  ['another version', (text) => text.replace('"v":1', '"v":2')],
  ['a field twice', (text) => text.replace('"free":1', '"free":1,"free":2')],
  ['a field that is null', (text) => text.replace('"free":1', '"free":null')],
  ['a number beyond all', (text) => text.replace('"free":1', '"free":1e999')],
  ['a number with a zero ahead', (text) => text.replace('"free":1', '"free":01')],
  ['a number without an end', (text) => text.replace('"free":1', '"free":1.')],
  ['a sequence number of 0', (text) => text.replace('"seq":1', '"seq":0')],
  ['half a sequence number', (text) => text.replace('"seq":1', '"seq":1.5')],
  ['a time before 1970', (text) => text.replace('"timestamp":1', '"timestamp":-1')],
  ['a time beyond what a date has', (text) => text.replace('"timestamp":1', '"timestamp":99999')],
  ['an epoch in capitals', (text) => text.replace(epoch, 'E'.repeat(32))],
  ['an interval of nothing', (text) => text.replace('"metrics"', '"interval_s":0,"metrics"')],
  ['losses', (text) => `${text.slice(0, -1)},"lost":[]}`],
  ['something behind it', (text) => `${text}x`],
  ['no end', (text) => text.slice(0, -1)],
] as [string, (text: string) => string][])
  test(`${what} is left to the plain way`, () => {
    const shapes = learned([cpu, disk]);
    const plain = textOf([cpu, disk], ['1']).toString();
    assert.equal(shapes.read('a', Buffer.from(plain))?.report, usual(Buffer.from(plain)));
    assert.is.not(change(plain), plain);
    assert.is(shapes.read('a', Buffer.from(change(plain))), undefined);
  });

test('what an endpoint never repeats is no longer learned, and what is too much for all is forgotten', () => {
  let shapes = createReportShapes();
  const learn = (endpoint: string, n: number) => {
    const plain = textOf([{ ...cpu, tags: { cpu: `${n}`.padStart(200, 'x') } }], ['1']);
    shapes.learn(endpoint, plain, usual(plain) as Report);
    return shapes.read(endpoint, plain) !== undefined;
  };
  let known = 0;
  for (let n = 0; n < 5000; n++) if (learn('a', n)) known++;
  assert.ok(known < 2000, `${known} were learned`);
  shapes = createReportShapes(200_000);
  for (let n = 0; n < 3000; n++) learn(`b${n}`, 10_000 + n);
  assert.is(learn('c', 20_000) || learn('c', 20_000), true);
});

test.run();
