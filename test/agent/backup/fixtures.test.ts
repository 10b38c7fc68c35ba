/** Every captured sample of a backup product, read through the thin mapping in samples.ts. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { samplesOf } from './load.ts';
import { agrees, kinds } from './samples.ts';

const test = suite('backup samples');

/** Of the repository itself: no job needs it. */
const readNowhere = new Set(['borg-info repositoryBytes', 'borg-list repository', 'borg-list encryption']);

for (const [kind, read] of Object.entries(kinds)) {
  const samples = samplesOf(kind);
  if (samples.length === 0) continue;
  test(`reads every sample of ${kind}`, () => {
    const wrong: string[] = [];
    let wrongSamples = 0;
    for (const { meta, sample } of samples) {
      const { tolerance, ...expected } = meta.expected;
      const found = read(sample) as Record<string, unknown>;
      const before = wrong.length;
      for (const [key, value] of Object.entries(expected)) {
        if (readNowhere.has(`${kind} ${key}`)) continue;
        if (!(key in found && agrees(value, found[key], Number(tolerance ?? 0))))
          wrong.push(`${meta.id} ${key}: expected ${JSON.stringify(value)}, read ${JSON.stringify(found[key])}`);
      }
      if (wrong.length > before) wrongSamples += 1;
    }
    console.log(`\nFIGURE ${kind} read ${samples.length} right ${samples.length - wrongSamples} wrong ${wrongSamples}`);
    assert.is(wrong.join('\n'), '');
  });
}

test('our own captures are there', () => {
  assert.ok(samplesOf('restic-error').length >= 2);
});

test.run();
