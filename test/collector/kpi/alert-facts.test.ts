/** When alerts fired and were first taken on, read from the lines of their history. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAlerts } from '../../../collector/kpi/alert-facts.ts';
import { endpointsIn } from '../../../collector/kpi/question.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { counted, instant, putAlerts, putEndpoint } from '../../support/fleet-history.ts';
import { freshPlace } from '../../support/state.ts';

const start = instant('2026-11-01T00:00:00Z');
const end = instant('2026-12-01T00:00:00Z');
const hour = 3_600_000;

async function read(state: State) {
  const period = { start, end };
  const endpoints = await endpointsIn(state, {}, period);
  return readAlerts(state, { endpoints, window: period, now: end, zone: 'UTC' });
}

test('the first firing and the first acknowledgement count, worse levels and second people do not', async () => {
  const state = await openState(freshPlace());
  const endpoint = await putEndpoint(state, 1);
  await putAlerts(state, [
    {
      id: 'a',
      endpoint,
      resolvedAt: start + 9 * hour,
      events: [
        ['pending', 0],
        ['firing', 1],
        ['worse', 2],
        ['acknowledged', 3],
        ['unknown', 4],
        ['back', 5],
        ['acknowledged', 6],
      ].map(([code, at]) => [code as string, start + (at as number) * hour]),
    },
    {
      id: 'fired before',
      endpoint,
      resolvedAt: null,
      events: [
        ['firing', start - hour],
        ['acknowledged', start + hour],
      ],
    },
    {
      id: 'taken before',
      endpoint,
      resolvedAt: null,
      events: [
        ['firing', start - 3 * hour],
        ['acknowledged', start - hour],
        ['acknowledged', start + hour],
      ],
    },
    {
      id: 'taken after',
      endpoint,
      resolvedAt: end + hour,
      events: [
        ['firing', end - hour],
        ['acknowledged', end],
      ],
    },
    { id: 'over before', endpoint, resolvedAt: start - 1, events: [['firing', start - hour]] },
    { id: 'never more than pending', endpoint, resolvedAt: null, events: [['pending', start + hour]] },
    { id: 'of the collector itself', endpoint: 'collector', resolvedAt: null, events: [['firing', start + hour]] },
  ]);
  const facts = (await read(state)).map(({ id, firedAt, acknowledgedAt, resolvedAt }) => [
    id,
    ...[firedAt, acknowledgedAt, resolvedAt].map((at) => (at === null ? null : (at - start) / hour)),
  ]);
  assert.equal(facts.sort(), [
    ['a', 1, 3, 9],
    ['fired before', -1, 1, null],
    ['taken after', 719, null, null],
  ]);
  await state.destroy();
});

test('each alert has the support hours of the site of its endpoint', async () => {
  const state = await openState(freshPlace());
  const made = { created_at: 0, created_by: 'ada', updated_at: 0, updated_by: 'ada' };
  await state
    .insertInto('sites')
    .values({ id: 's', name: 'Osaka', name_key: 'osaka', note: '', zone: 'Asia/Tokyo', ...made } as never)
    .execute();
  const places = [await putEndpoint(state, 1, { site: 'Osaka' }), await putEndpoint(state, 2)];
  const alerts = places.map((endpoint) => ({
    ...{ id: endpoint, endpoint, resolvedAt: null },
    events: [['firing', start]] as [string, number][],
  }));
  await putAlerts(state, alerts);
  assert.equal(
    (await read(state)).map(({ endpoint, calendar: { zone } }) => [endpoint, zone]).sort(),
    [
      [places[0], 'Asia/Tokyo'],
      [places[1], 'UTC'],
    ].sort(),
  );
  await state.destroy();
});

test('twelve thousand lines of history, many at one instant: each once, in a few queries', async () => {
  const state = await openState(freshPlace());
  const endpoint = await putEndpoint(state, 1);
  const alerts = Array.from({ length: 6000 }, (_, n) => {
    const at = start + Math.floor(n / 3000) * hour;
    return {
      id: `a${n}`,
      endpoint,
      resolvedAt: null,
      events: [
        ['firing', at - (n % 2) * 48 * hour],
        ['acknowledged', at + hour],
      ] as [string, number][],
    };
  });
  await putAlerts(state, alerts);
  const { state: counting, queries } = counted(state);
  const facts = await read(counting);
  assert.is(facts.length, 6000);
  assert.is(new Set(facts.map(({ id }) => id)).size, 6000);
  assert.ok(
    facts.every(
      ({ firedAt, acknowledgedAt, id }) =>
        acknowledgedAt !== null && acknowledgedAt - firedAt === (1 + 48 * (Number(id.slice(1)) % 2)) * hour,
    ),
  );
  // Two of them for the calendars of the sites.
  assert.ok(queries() <= 14, `${queries()} queries`);
  await state.destroy();
});

test.run();
