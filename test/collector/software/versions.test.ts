/** Versions are compared as packagers mean them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareInstalled, versionFits } from '../../../collector/software/versions.ts';

const test = suite('versions of software');

test('the order is that of dpkg: words and numbers in turn, epochs first, a tilde before the end', () => {
  const ordered = [
    ...['', '0.9', '1.0~rc1', '1.0~rc1-1', '1.0', '1.0-1', '1.0-1ubuntu1', '1.0-2', '1.0a', '1.0b', '1.0.1', '1.2'],
    ...['1.9', '1.10', '1.10.0', '1.010.1', '2', '10', '20230101123456789012345', '1:0.1', '1:1', '2:0'],
  ];
  for (const [n, older] of ordered.entries())
    for (const [m, newer] of ordered.entries()) {
      const order = Math.sign(compareInstalled(older, newer));
      assert.is(order, Math.sign(n - m), `${older} and ${newer}`);
    }
  assert.is(compareInstalled('1.01', '1.1'), 0, 'leading zeros say nothing');
});

test('an operator finds what it says; of what is not known nobody can say whether it is older', () => {
  const found = (op: 'eq' | 'lt' | 'le' | 'contains', version: string) =>
    ['', '1.1.1w', '3.0.9', '3.0.13', '3.0.14'].filter((one) => versionFits(one, { op, version }));
  assert.equal(found('eq', '3.0.13'), ['3.0.13']);
  assert.equal(found('lt', '3.0.13'), ['1.1.1w', '3.0.9']);
  assert.equal(found('le', '3.0.13'), ['1.1.1w', '3.0.9', '3.0.13']);
  assert.equal(found('contains', '1W'), ['1.1.1w']);
  assert.equal(found('contains', '3.0.1'), ['3.0.13', '3.0.14']);
});

test.run();
