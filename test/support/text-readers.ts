/** What every text reader keeps, whatever reaches it: two tests for each of a list. */
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TextReader } from '../agent/readers.ts';

/** Zeros of `cut` where the whole output says another number. */
function falseZeros(whole: unknown, cut: unknown, path = ''): string[] {
  if (cut === 0) return typeof whole === 'number' && whole !== 0 ? [path] : [];
  if (typeof cut !== 'object' || cut === null || typeof whole !== 'object' || whole === null) return [];
  return Object.entries(cut).flatMap(([key, value]) =>
    falseZeros((whole as Record<string, unknown>)[key], value, `${path}.${key}`),
  );
}

const size = 64 * 1024;
const fill = (unit: string) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
const fillers = Object.fromEntries(
  ['\n', '\r\n', ' ', '\t', '0', '1', 'a', 'a ', '1 ', '1\n', 'a\n', ' \n', ': ', 'x=', '(', '[1]', '"', '\\'].map(
    (unit) => [JSON.stringify(unit), fill(unit)],
  ),
);

/** Places of a sample where something long may stand: its ends, and the first after each blank of its first lines. */
function places(sample: string): number[] {
  const blanks = [...sample.matchAll(/\s+/g)].map(({ index }) => index + 1);
  return [0, ...blanks.slice(0, 5), sample.length];
}

/** CPU time of this thread in ms: the machine may be busy with something else, and so may the collector of garbage. */
function cpuMs(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

const limitMs = 20;

export function testReaders(test: Test, readers: readonly TextReader[]): void {
  for (const { name, sample, parse, isGood } of readers)
    test(`${name}: an output that is cut off is no zero and no good news`, () => {
      const whole = parse(sample);
      assert.ok((whole !== null && whole !== undefined) || name === 'told', 'the sample itself is read');
      for (let end = 0; end < sample.length; end++) {
        const text = sample.slice(0, end);
        assert.equal(falseZeros(whole, parse(text)), [], JSON.stringify(text));
        if (isGood) assert.is(isGood(text), false, JSON.stringify(text));
      }
    });

  for (const { name, sample, parse } of readers)
    test(`${name}: 64 KiB of anything take less than ${limitMs} ms`, () => {
      for (const [unit, filler] of Object.entries(fillers))
        for (const at of places(sample)) {
          const text = sample.slice(0, at) + filler + sample.slice(at);
          let best = Number.POSITIVE_INFINITY;
          // Again only when it was slow: a collection of garbage or a first compilation is not the parser.
          for (let turn = 0; turn < 5 && best >= limitMs; turn++)
            best = Math.min(
              best,
              cpuMs(() => parse(text)),
            );
          assert.ok(best < limitMs, `${best} ms of ${unit} at ${at}`);
        }
    });
}
