/** What the parsers of updates, restarts and ends of life keep, whatever reaches them: see readers.ts. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testReaders } from '../../support/text-readers.ts';
import { updateReaders } from './readers.ts';

testReaders(test, updateReaders);

for (const { name, sample, parse } of updateReaders) {
  // A single value, such as a name, has neither lines nor a file of its own.
  if (!sample.includes('\n')) continue;
  test(`${name}: the same with a byte order mark and with the line ends of Windows`, () => {
    for (const text of [`\uFEFF${sample}`, sample.replaceAll('\n', '\r\n'), `\uFEFF${sample.replaceAll('\n', '\r\n')}`])
      assert.equal(parse(text), parse(sample), JSON.stringify(text));
  });
}

test.run();
