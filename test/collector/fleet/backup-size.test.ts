/** A backup that is suddenly small: from the section on the wire to the value that the rule judges. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encode } from '../../../shared/report.ts';
import { epochOf, openStation } from '../../support/station.ts';
import { hour, minute, openScene } from '../alerts/scene.ts';

const id = 'ebackupbackupbac';
const test = suite('size of a backup');

const job = (bytes: number, lastSuccess: number) => ({
  product: 'restic',
  job: 'nightly',
  protects: ['/srv'],
  repository: null,
  schedule: null,
  nextRun: null,
  evidence: 'drop file',
  lastRun: lastSuccess,
  lastSuccess,
  result: 'ok',
  reason: null,
  bytes,
  duration: 60,
  files: 10,
  lastVerified: null,
  verifiedOk: null,
  readable: true,
});

test('three good runs make a usual size; the fourth is compared with it, stored and judged', async () => {
  await using station = await openStation({ endpoints: [id] });
  const wire = station.wire(id);
  await wire.connected;
  const now = Date.now();
  const sizes = [1000, 1200, 1000, 300];
  for (const [n, bytes] of sizes.entries()) {
    const at = now - (sizes.length - n) * 1000;
    const section = { v: 1, epoch: epochOf(1), seq: n + 1, at, section: 'backups', data: [job(bytes, at)] };
    await wire.publish(station.topic(id, 'inventory'), encode(section as never));
  }
  assert.equal(await station.state.selectFrom('quarantine').select('message').execute(), []);
  assert.equal(
    station.evaluated.map(({ report }) => report.metrics.map(({ tags, fields }) => [tags, fields])),
    [[[{ job: 'nightly', product: 'restic' }, { size_percent: 30 }]]],
  );
  assert.is(station.store.receipt(id, epochOf(1)).through, 4);
  const last = station.store.latest(id).find(({ metric }) => metric === 'backup.size_percent');
  assert.is(last?.value, 30);
});

test('half the usual size is a warning; a server that tells of no backup is one, and a workstation is not', async () => {
  const rules = [
    {
      id: 'backup-none-server',
      when: { kind: 'missing' as const, measurement: 'backup', field: 'result', after_s: 7200 },
    },
    { id: 'backup-none', when: { kind: 'missing' as const, measurement: 'backup', field: 'result', after_s: 7200 } },
  ];
  const s = await openScene({ endpoints: { db: 'server', web: 'server', pc: 'workstation' }, rules });
  for (const id of ['db', 'web', 'pc']) await s.presence(id, 'online');
  await s.say('db', ['backup', { size_percent: 30 }, { job: 'nightly', product: 'restic' }]);
  await s.say('web', ['backup', { size_percent: 55, result: 0 }, { job: 'nightly', product: 'restic' }]);
  await s.say('pc', ['cpu', { usage_active: 1 }]);
  const found = async () =>
    (await s.alertRows()).map((row) => `${row.endpoint} ${row.rule} ${row.state} ${row.severity}`).sort();
  assert.equal(await found(), ['db backup-size firing warning']);
  await s.wait(2 * hour - 5 * minute, minute);
  await s.say('web', ['backup', { result: 0 }, { job: 'nightly', product: 'restic' }]);
  await s.wait(10 * minute, minute);
  assert.equal(await found(), [
    'db backup-none-server firing warning',
    'db backup-size firing warning',
    'pc backup-none firing info',
  ]);
  await s.say('db', ['backup', { size_percent: 90, result: 0 }, { job: 'nightly', product: 'restic' }]);
  await s.wait(2 * minute);
  assert.equal(await found(), [
    'db backup-none-server resolved warning',
    'db backup-size resolved warning',
    'pc backup-none firing info',
  ]);
  await s.close();
});

test.run();
