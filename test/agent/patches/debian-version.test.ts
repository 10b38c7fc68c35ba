import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareDebianVersions } from '../../../agent/checks/patches/debian-version.ts';

/** Each older than the next. */
const ladders = [
  ['1.0~~', '1.0~~a', '1.0~', '1.0', '1.0-0ubuntu1', '1.0-1', '1.0-1+b1', '1.0+a', '1.1', '1:0.1', '2:0'],
  ['2.39.3-9ubuntu6', '2.39.3-9ubuntu6.3', '2.39.3-9ubuntu6.6'],
  ['6.8.0-31.31', '6.8.0-149.149'],
  ['20230311+deb12u1', '20250419~deb12u2'],
  ['1.2.3', '1.2.3-1', '1.2.3a', '1.2.10'],
];

test('the order of Debian versions', () => {
  for (const ladder of ladders)
    for (const [index, older] of ladder.entries())
      for (const newer of ladder.slice(index + 1)) {
        assert.ok(compareDebianVersions(older, newer) < 0, `${older} < ${newer}`);
        assert.ok(compareDebianVersions(newer, older) > 0, `${newer} > ${older}`);
      }
});

test('equal in all spellings', () => {
  for (const [a, b] of [
    ['1.0', '1.0'],
    ['0:1.0-1', '1.0-1'],
    ['1.01', '1.1'],
    ['1.0-0', '1.0'],
  ] as const)
    assert.is(Math.abs(compareDebianVersions(a, b)), 0, `${a} = ${b}`);
});

test('dpkg itself agrees', () => {
  if (!existsSync('/usr/bin/dpkg')) {
    console.log('\nSKIP dpkg: not installed');
    return;
  }
  const part = fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', 'z', '.', '+', '~'), minLength: 0, maxLength: 5 });
  const version = fc
    .tuple(fc.constantFrom('', '1:'), fc.constantFrom('1', '2', '10'), part, fc.constantFrom('', '-1', '-1~a', '-2.1'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(version, version, (a, b) => {
      const dpkg = (operator: string) => {
        try {
          execFileSync('/usr/bin/dpkg', ['--compare-versions', a, operator, b], { stdio: 'ignore' });
          return true;
        } catch {
          // Code 1 is its way to say no.
          return false;
        }
      };
      const ours = compareDebianVersions(a, b);
      return ours < 0 ? dpkg('lt') : ours > 0 ? dpkg('gt') : dpkg('eq');
    }),
    { numRuns: 150 },
  );
});

test.run();
