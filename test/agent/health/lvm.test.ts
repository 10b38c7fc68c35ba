/** Thin pools: as full as their data or their metadata, and failing ones. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NoData } from '../../../agent/checks/check.ts';
import { lvm } from '../../../agent/checks/health/lvm.ts';
import { trialContext } from '../../support/check-context.ts';
import { answer, removeTrees, tree } from '../../support/tree.ts';

const report = (lv_attr: string, data_percent: string, metadata_percent: string) =>
  JSON.stringify({
    report: [{ lv: [{ lv_name: 'data', vg_name: 'pve', lv_uuid: 'u-1', lv_attr, data_percent, metadata_percent }] }],
  });

async function read(stdout: string, files: Record<string, string> = { 'sys/block/dm-3/dm/uuid': 'LVM-abc-tpool\n' }) {
  const context = trialContext({ root: tree(files), platform: 'linux', run: async () => answer(stdout) });
  return (await lvm.read(context)).metrics.map(({ tags, fields }) => ({ ...tags, ...fields }));
}

test('a pool is as full as the fuller of its data and its metadata', async () => {
  const [full] = await read(report('twi-aotz--', '93.10', '3.20'));
  assert.equal(full, { name: 'pve/data', kind: 'lvm', severity: 0, used_percent: 93.1 });
  assert.is((await read(report('twi-aotz--', '20.00', '97.00')))[0]?.used_percent, 97);
  assert.is((await read(report('twi-aotzD-', '100.00', '3.20')))[0]?.severity, 2);
  assert.equal(await read(report('twi---tz--', '', '')), [], 'a pool that is switched off tells nothing');
});

test('a refused question is no empty pool; a machine without thin pools is not asked', async () => {
  for (const stdout of ['', JSON.stringify({ report: [{ lv: [] }] })])
    try {
      await read(stdout);
      assert.unreachable();
    } catch (thrown) {
      assert.match((thrown as Error).message, /root/);
    }
  try {
    await read('', { 'sys/block/dm-0/dm/uuid': 'CRYPT-LUKS2-abc\n' });
    assert.unreachable();
  } catch (thrown) {
    assert.instance(thrown, NoData);
  }
});

test.after(removeTrees);
test.run();
