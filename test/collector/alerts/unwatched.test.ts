/** What a restart, a jump of the clock and silence change about alerts, on the real engine, with and without `stale_after`. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Rule } from '../../../collector/evaluate/rule.ts';
import { full, GiB, hour, minute, openScene, type Reading, roomy, type Scene, second } from './scene.ts';

const test = suite('what nobody watched');

const other: Reading = ['cpu', { usage_active: 5 }, { cpu: 'cpu-total' }];
const at = (used_percent: number): Reading => [
  'disk',
  { used_percent, free: GiB },
  { path: '/var', device: '/dev/sdb1' },
];
const both = (more: Partial<Rule>) => ['disk-space', 'disk-space-critical'].map((id) => ({ id, ...more }));
const shown = async (s: Scene) => (await s.alertRows()).map(({ state, resolved_why }) => [state, resolved_why]);
const living = async (s: Scene) => (await s.alertRows()).filter(({ active_key }) => active_key !== null);

for (const stale of [{}, { stale_after_s: 30 }]) {
  const named = JSON.stringify(stale);
  test(`a series that stops, by no_data, ${named}`, async () => {
    for (const [rule, reading, expected] of [
      [{ for_s: 60, no_data: 'alert' }, roomy, ['firing', null]],
      [{ for_s: 0, clear_for_s: 60, no_data: 'ignore' }, full, ['resolved', 'no_data']],
      [{ for_s: 3600, no_data: 'ignore' }, full, undefined],
      [{ for_s: 0, no_data: 'keep' }, full, ['firing', null]],
    ] as const) {
      const s = await openScene({ rules: both({ ...rule, ...stale }) });
      await s.presence('srv', 'online');
      await s.keepSaying(3 * minute, 'srv', reading, other);
      await s.keepSaying(5 * minute, 'srv', other);
      assert.equal((await shown(s))[0], expected, `${rule.no_data} ${named}`);
      await s.close();
    }
  });

  test(`a good series that stops with the collector alerts, counted from the start, ${named}`, async () => {
    let s = await openScene({ rules: both({ for_s: 0, no_data: 'alert', ...stale }) });
    await s.presence('srv', 'online');
    await s.keepSaying(3 * minute, 'srv', roomy, other);
    s.pass(hour);
    s = await s.restart();
    await s.presence('srv', 'online');
    const started = s.now();
    await s.keepSaying(20 * second, 'srv', other);
    assert.equal(await shown(s), [], 'before it is stale');
    await s.keepSaying(minute, 'srv', other);
    const [row, ...more] = await s.alertRows();
    assert.equal([row?.state, row?.value, more], ['firing', null, []]);
    const after = ((row?.fired_at ?? 0) - started) / second;
    assert.ok(after >= 25 && after <= 40, String(after));
    await s.close();
  });
}

test('blind time counts for no `for`: neither at a first sample nor later, by a crash or in order', async () => {
  for (const seen of [10 * second, 2 * minute]) {
    let s = await openScene({
      rules: [
        { id: 'disk-space', for_s: 3600 },
        { id: 'disk-space-critical', for_s: 36_000 },
      ],
    });
    await s.presence('srv', 'online');
    await s.keepSaying(seen, 'srv', at(91));
    s.pass(2 * hour);
    s = await s.restart();
    await s.presence('srv', 'online');
    await s.keepSaying(50 * minute, 'srv', at(91));
    assert.equal(await shown(s), [['pending', null]], `seen for ${seen}`);
    await s.keepSaying(11 * minute, 'srv', at(91));
    assert.equal(await shown(s), [['firing', null]], `seen for ${seen}`);
    await s.close();
  }
});

test('a restart starts neither the clock of a worse level nor that of the end anew', async () => {
  let s = await openScene({
    rules: [
      { id: 'disk-space', for_s: 0, clear_for_s: 600 },
      { id: 'disk-space-critical', for_s: 600, clear_for_s: 600 },
    ],
  });
  const again = async () => {
    s = await s.restart();
    await s.presence('srv', 'online');
  };
  await s.presence('srv', 'online');
  await s.keepSaying(9 * minute, 'srv', at(97));
  await again();
  // Twice at once: what was read is not lost before the next sample.
  await again();
  await s.keepSaying(80 * second, 'srv', at(97));
  assert.is((await living(s))[0]?.severity, 'critical');
  await s.keepSaying(9 * minute, 'srv', roomy);
  await again();
  await s.keepSaying(80 * second, 'srv', roomy);
  assert.equal(await shown(s), [['resolved', 'cleared']]);
  // Nothing counts any more: at the next look nothing is kept.
  await s.wait(2 * minute, minute);
  assert.equal(await s.state.selectFrom('alert_clocks').selectAll().execute(), []);
  await s.close();
});

test('the clock is set back by an hour: the next samples count', async () => {
  const s = await openScene({ rules: both({ for_s: 0, clear_for_s: 0 }) });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', at(91));
  s.pass(-hour);
  await s.keepSaying(minute, 'srv', at(91));
  assert.equal(await shown(s), [['firing', null]]);
  await s.keepSaying(30 * second, 'srv', roomy);
  assert.equal(await shown(s), [['resolved', 'cleared']]);
  await s.close();
});

test('the clock is ahead by more than an hour: nothing was silent meanwhile, and nothing was breached', async () => {
  const s = await openScene({ rules: both({ for_s: 600, no_data: 'alert' }) });
  await s.presence('srv', 'online');
  await s.keepSaying(5 * minute, 'srv', roomy);
  s.pass(2 * hour);
  await s.alerts.tick(s.now());
  assert.equal(await shown(s), []);
  await s.keepSaying(5 * minute, 'srv', at(91));
  s.pass(2 * hour);
  await s.alerts.tick(s.now());
  await s.keepSaying(4 * minute, 'srv', at(91));
  assert.equal(await shown(s), [['pending', null]]);
  await s.keepSaying(2 * minute, 'srv', at(91));
  assert.equal(await shown(s), [['firing', null]]);
  await s.close();
});

test('flapping between two levels keeps its acknowledgement at the worse one, also over a restart', async () => {
  let s = await openScene({ rules: both({ for_s: 0, clear_for_s: 0 }) });
  await s.presence('srv', 'online');
  for (let i = 0; i < 6; i++) {
    await s.keepSaying(4 * minute, 'srv', at(97));
    await s.keepSaying(4 * minute, 'srv', at(91));
  }
  await s.keepSaying(4 * minute, 'srv', at(97));
  const [row] = await living(s);
  assert.equal([row?.flapping, row?.severity], [1, 'critical']);
  await s.alerts.acknowledge(row?.id ?? '', { by: 'ada' });
  await s.keepSaying(4 * minute, 'srv', at(91));
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(4 * minute, 'srv', at(97));
  assert.equal(
    (await living(s)).map((one) => [one.severity, one.acknowledged_by]),
    [['critical', 'ada']],
  );
  await s.close();
});

test('flapping at a warning: worse than ever in it ends the acknowledgement', async () => {
  const s = await openScene({ rules: both({ for_s: 0, clear_for_s: 0 }) });
  await s.presence('srv', 'online');
  for (let i = 0; i < 4; i++) {
    await s.keepSaying(4 * minute, 'srv', at(91));
    await s.keepSaying(4 * minute, 'srv', roomy);
  }
  const [row] = await living(s);
  assert.is(row?.flapping, 1);
  await s.alerts.acknowledge(row?.id ?? '', { by: 'ada' });
  await s.keepSaying(4 * minute, 'srv', at(91));
  assert.is((await living(s))[0]?.acknowledged_by, 'ada');
  await s.keepSaying(4 * minute, 'srv', at(97));
  assert.is((await living(s))[0]?.acknowledged_by, null);
  await s.close();
});

test('what changed in a maintenance, or by an edit, counts for flapping after a restart no more than before', async () => {
  let s = await openScene({ rules: both({ for_s: 0, clear_for_s: 0 }) });
  await s.presence('srv', 'online');
  const to = s.now() + 30 * minute;
  await s.alerts.maintenance.create({ scope: { of: 'endpoint', target: 'srv' }, reason: 'x', to }, 'ana');
  for (let i = 0; i < 3; i++) {
    await s.keepSaying(4 * minute, 'srv', at(91));
    await s.keepSaying(4 * minute, 'srv', roomy);
  }
  await s.keepSaying(8 * minute, 'srv', roomy);
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(30 * second, 'srv', at(91));
  assert.equal(
    (await living(s)).map((one) => [one.state, one.flapping]),
    [['firing', 0]],
  );
  await s.close();
});

test.run();
