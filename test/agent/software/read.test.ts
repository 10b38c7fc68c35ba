/** The list of installed software: an output that was cut off is no list. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunResult } from '../../../agent/checks/check.ts';
import { readSoftware } from '../../../agent/checks/software/read.ts';
import type { SoftwareItem } from '../../../shared/inventory.ts';
import { trialContext } from '../../support/check-context.ts';
import { answer, removeTrees, tree } from '../../support/tree.ts';

const machines: [string, string][] = [
  ['usr/bin/rpm', 'curl\t0\t8-1\tFedora\t1700000000\nzlib\t0\t1-1\tFedora\t1700000000\n'],
  ['sbin/apk', 'busybox-1.36.1-r29\nzlib-1.3-r0\n'],
  ['usr/bin/pacman', 'linux 6.1-1\nzlib 1.3-1\n'],
];
const read = (program: string, result: RunResult) =>
  readSoftware(trialContext({ root: tree({ [program]: '' }), platform: 'linux', run: async () => result }));

for (const [program, stdout] of machines)
  test(`${program}: whole or not at all`, async () => {
    const found = (await read(program, answer(stdout))).sections?.software as SoftwareItem[];
    assert.is(found.length, 2);
    const broken: RunResult[] = [
      answer(stdout, 1, 'database is locked'),
      { ...answer(stdout, null), ended: 'timeout' },
      { ...answer(stdout, null), ended: 'flood' },
    ];
    for (const result of broken) {
      let thrown: unknown = null;
      await read(program, result).catch((error) => {
        thrown = error;
      });
      assert.match((thrown as Error | null)?.message ?? '', program.split('/').at(-1) ?? '');
    }
  });

test.after(removeTrees);
test.run();
