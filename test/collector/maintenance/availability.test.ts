/** Maintenance in availability: what was entered before its start leaves the formula, late entries once approved. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { timelineOf } from '../../../collector/kpi/history.ts';
import { hour, minute, openScene, type Scene } from '../alerts/scene.ts';

const scope = { of: 'endpoint' as const, target: 'srv' };
const ana = 'ana';

/** A server that has been there since the start, and was down for an hour from `from` on. */
async function down(s: Scene, from: number): Promise<void> {
  const signal = { endpoint: 'srv', session: null, boot_id: null, reason: null, birth: null };
  await s.state
    .insertInto('signals')
    .values([
      { ...signal, at: s.now() - 10 * hour, kind: 'online', last_seen: null },
      { ...signal, at: from, kind: 'lost', last_seen: from },
      { ...signal, at: from + hour, kind: 'online', last_seen: from },
    ])
    .execute();
  await s.state
    .insertInto('watches')
    .values({ from_at: s.now() - 10 * hour, to_at: s.now() + 10 * hour, clean: 1 })
    .execute();
}

async function minutes(s: Scene): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { state, from, to } of await timelineOf(s.state, 'srv', s.now() - 6 * hour, s.now(), s.now()))
    found[state] = (found[state] ?? 0) + (to - from) / minute;
  return found;
}

test('entered before its start: its time is neither up nor down', async () => {
  const s = await openScene();
  const from = s.now() + hour;
  await s.alerts.maintenance.create({ scope, reason: 'r', from, to: from + hour }, ana);
  await s.wait(3 * hour, minute);
  await down(s, from);
  const { maintenance, down: lost = 0 } = await minutes(s);
  assert.equal([maintenance, lost], [60, 0]);
  await s.close();
});

test('an overrun counts, an extension that was entered while it ran does not', async () => {
  const s = await openScene();
  const from = s.now() + hour;
  const id = await s.alerts.maintenance.create({ scope, reason: 'r', from, to: from + 30 * minute }, ana);
  await s.wait(hour + 20 * minute, minute);
  await s.alerts.maintenance.extend(id, from + 45 * minute, ana);
  await s.wait(2 * hour, minute);
  await down(s, from);
  const found = await minutes(s);
  assert.equal([found.maintenance, found.down], [45, 15]);
  await s.close();
});

test('entered late: downtime, until a second person approves it; its author may not', async () => {
  const s = await openScene();
  const from = s.now() - 2 * hour;
  await down(s, from);
  const id = await s.alerts.maintenance.create({ scope, reason: 'r', from, to: from + hour, late: true }, ana);
  assert.equal((await minutes(s)).down, 60);
  assert.equal((await s.alerts.maintenance.row(id)).warnings, ['late']);
  await s.alerts.maintenance.approve(id, ana).then(
    () => assert.unreachable('the author approved it'),
    (thrown) => assert.is(thrown.code, 'CONFLICT'),
  );
  await s.alerts.maintenance.approve(id, 'bob');
  const found = await minutes(s);
  assert.equal([found.maintenance, found.down ?? 0], [60, 0]);
  const { row, history } = await s.alerts.maintenance.detail(id);
  assert.equal(row.warnings, []);
  assert.ok(history.some(({ code, by }) => code === 'approved' && by === 'bob'));
  await s.close();
});

test('entered late and still running: suppresses from then on', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  const from = s.now() - hour;
  await s.alerts.maintenance.create({ scope, reason: 'r', from, to: s.now() + hour, late: true }, ana);
  await s.presence('srv', 'lost', 'silent');
  await s.wait(50 * minute, minute);
  assert.equal(s.sent, []);
  await s.close();
});

test.run();
