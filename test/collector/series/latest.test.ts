import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDictionary } from '../../../collector/series/journal/dictionary.ts';
import { openJournal } from '../../../collector/series/journal/journal.ts';
import { createLatest } from '../../../collector/series/journal/latest.ts';

const test = suite('newest values');
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const names = ['user', 'system', 'idle', 'nice', 'iowait', 'irq', 'softirq', 'steal', 'guest'];

/** The n-th order of the names, each another. */
function orderOf(n: number): string[] {
  const left = [...names];
  let rest = n;
  return names.map(() => {
    const [name] = left.splice(rest % left.length, 1);
    rest = Math.floor(rest / (left.length + 1));
    return name as string;
  });
}

test('fields in ever new orders take no more and more memory, and the newest values are right', () => {
  const dictionary = createDictionary({ endpoints: [] }, openJournal(':memory:').names);
  const latest = createLatest(dictionary, []);
  const report = (n: number) => {
    const series = latest.seriesOf('e1');
    series.rewind();
    const fields = Object.fromEntries(orderOf(n).map((name) => [name, n + names.indexOf(name)]));
    series.take({ name: 'cpu', tags: {}, fields, timestamp: 1000 + n }, dictionary, []);
  };
  const heapAfter = (from: number, to: number) => {
    for (let n = from; n < to; n++) report(n);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = heapAfter(0, 30_000);
  const grownMb = (heapAfter(30_000, 130_000) - before) / 2 ** 20;
  assert.ok(grownMb < 20, `the heap has grown by ${grownMb.toFixed(1)} MB`);
  const values = latest.of('e1').map(({ metric, value, at }) => [metric, value, at]);
  const expected = names.map((name, i) => [`cpu.${name}`, 129_999 + i, 130_999]);
  assert.equal(values.sort(), expected.sort());
});

test.run();
