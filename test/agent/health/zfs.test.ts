/** Pools: how full they are in all, and those that were not imported. */
import { rmSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunResult } from '../../../agent/checks/check.ts';
import { parseZfsList, parseZpoolStatus, zfs } from '../../../agent/checks/health/zfs.ts';
import { createRuleBooks } from '../../../collector/evaluate/book.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { createMemory, evaluate } from '../../../collector/evaluate/evaluate.ts';
import { trialContext } from '../../support/check-context.ts';
import { addFiles, tree } from '../../support/tree.ts';

const GB = 1e9;
const status = (state = 'ONLINE') =>
  `  pool: tank\n state: ${state}\n  scan: none requested\nconfig:\n\n\tNAME        STATE     READ WRITE CKSUM\n\ttank        ${state}      0     0     0\n\t  sda       ONLINE       0     0     0\n\nerrors: No known data errors\n`;

/** The cache file has each pool's name behind its length. */
const cacheOf = (name: string) => Buffer.from(`\0\0\0\x04${name}\0\0\0\x01`, 'latin1');

function machine() {
  const root = tree({
    'proc/spl/kstat/zfs/arcstats': '',
    'proc/sys/kernel/random/boot_id': 'one',
    'etc/zfs/zpool.cache': cacheOf('tank'),
  });
  let pools = status();
  const context = trialContext({
    root,
    platform: 'linux',
    run: async (file, args) => {
      const stdout =
        args[0] === 'status'
          ? pools
          : file === 'zfs'
            ? `tank\t${900 * GB}\t${100 * GB}\n`
            : `tank\t${1100 * GB}\t${980 * GB}\t${120 * GB}\t89\tONLINE\n`;
      return { code: 0, signal: null, stdout, stderr: '', ended: null, ms: 1 } satisfies RunResult;
    },
  });
  const read = async (now = pools) => {
    pools = now;
    return (await zfs.read(context)).metrics;
  };
  return { root, context, read };
}

test('a pool that one data set has filled is 90 % used, and a default rule says so', async () => {
  const { read, root } = machine();
  const metrics = await read();
  assert.is(metrics[0]?.fields.used_percent, 90);
  const report = { v: 1, epoch: 'e', seq: 1, at: 1, metrics } as unknown as Parameters<typeof evaluate>[1];
  const verdicts = evaluate(
    createRuleBooks(defaultRules).for({ id: 'e', kind: 'server', site: null, tags: [] }),
    report,
    createMemory(),
    new Set(),
    1,
  );
  assert.equal(
    verdicts.map(({ metric, levels }) => [metric, levels.map(({ rule, status }) => `${rule.id} ${status}`)]),
    [['array.used_percent', ['pool-space-critical clear', 'pool-space breach']]],
  );
  rmSync(root, { recursive: true });
});

test('a pool that the start did not import is critical; one that was exported is gone', async () => {
  const { read, root } = machine();
  await read();
  const severities = async (now: string) => (await read(now)).map(({ fields }) => fields.severity);
  addFiles(root, { 'proc/sys/kernel/random/boot_id': 'two' });
  assert.equal(await severities('no pools available\n'), [2]);
  rmSync(`${root}/proc/spl`, { recursive: true });
  assert.equal(await severities(''), [2], 'and so when the module was not loaded');
  addFiles(root, { 'etc/zfs/zpool.cache': cacheOf('pond') });
  assert.equal(await severities(''), []);
  rmSync(root, { recursive: true });
});

test('a pool in trouble that is not reported any more keeps its severity', async () => {
  const { read, root } = machine();
  assert.is((await read(status('DEGRADED')))[0]?.fields.severity, 1);
  assert.is((await read(status('ONLINE').replace(/errors:.*/, '')))[0]?.fields.severity, 1);
  rmSync(root, { recursive: true });
});

test('damage of the list is no pool that is empty', () => {
  const whole = `tank\t${900 * GB}\t${100 * GB}\n`;
  for (let end = 0; end < whole.length - 1; end++)
    for (const { available, used } of parseZfsList(whole.slice(0, end))) assert.ok(used === 900 * GB && available > 0);
  assert.equal(parseZfsList('no datasets available\n'), []);
  assert.is(parseZpoolStatus('  pool: a\n state: ONLINE\n\n  pool: b\n state: ONLINE\n')?.length, 2);
});

test.run();
