import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { alertNoise } from '../../../collector/api/alert-noise.ts';
import { full, hour, minute, openScene, roomy } from '../alerts/scene.ts';

const day = 24 * hour;

test('a rate per endpoint and week is unknown before one endpoint week; counts are given from the start', async () => {
  const scene = await openScene({ endpoints: { one: 'server', two: 'server' } });
  try {
    const enrolled = scene.now();
    await scene.state.updateTable('endpoints').set({ enrolled_at: enrolled }).execute();
    const noise = () => alertNoise(scene.state, (id) => ({ id }), scene.now(), {});
    for (const id of ['one', 'two']) await scene.keepSaying(2 * minute, id, full);
    const [taken] = await scene.alertRows();
    await scene.alerts.acknowledge(taken?.id ?? '', { by: 'ann', until: null });
    for (const id of ['one', 'two']) await scene.keepSaying(2 * minute, id, roomy);

    const early = await noise();
    assert.is(early.perEndpointWeek, null, 'eight minutes of two endpoints');
    assert.equal(
      [
        early.fired,
        early.acknowledged,
        early.ticket,
        early.alone,
        early.open,
        early.rules.map(({ rule, fired }) => [rule.id, fired]),
      ],
      [2, 1, 0, 1, 0, [['disk-space', 2]]],
    );
    assert.ok(early.endpointWeeks > 0 && early.endpointWeeks < 0.01, String(early.endpointWeeks));

    scene.pass(enrolled + 3.5 * day - 1 - scene.now());
    assert.is((await noise()).perEndpointWeek, null, 'a moment before two half weeks');
    scene.pass(1);
    assert.equal([(await noise()).perEndpointWeek, (await noise()).endpointWeeks], [2, 1]);
  } finally {
    await scene.close();
  }
});

test('each alert that fired is in one number: taken, worked on in its ticket, resolved alone, or firing', async () => {
  const ids = ['taken', 'ticket', 'alone', 'fires', 'held', 'ended'];
  const scene = await openScene({ endpoints: Object.fromEntries(ids.map((id) => [id, 'server' as const])) });
  try {
    for (const id of ids) await scene.keepSaying(2 * minute, id, full);
    const rows = await scene.state.selectFrom('alerts').select(['id', 'endpoint', 'ticket']).execute();
    const of = (id: string) => rows.find(({ endpoint }) => endpoint === id);
    for (const id of ['taken', 'held']) await scene.alerts.acknowledge(of(id)?.id ?? '', { by: 'ann', until: null });
    // Its acknowledgement ends while it fires: nobody has it now.
    await scene.alerts.acknowledge(of('ended')?.id ?? '', { by: 'ann', until: scene.now() + minute });
    await scene.keepSaying(3 * minute, 'ended', full);
    for (const id of ['taken', 'ticket', 'alone']) await scene.keepSaying(2 * minute, id, roomy);
    const worked = of('ticket')?.ticket ?? -1;
    await scene.state.updateTable('tickets').set({ touched_at: scene.now() }).where('id', '=', worked).execute();
    const noise = await alertNoise(scene.state, (id) => ({ id }), scene.now(), {});
    const { fired, acknowledged, ticket, alone, open } = noise;
    assert.equal(
      { fired, acknowledged, ticket, alone, open },
      { fired: 6, acknowledged: 2, ticket: 1, alone: 1, open: 2 },
    );
  } finally {
    await scene.close();
  }
});

test.run();
