/** Who noticed incidents first, and which came back: from tickets as they are kept. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readFacts } from '../../../collector/kpi/facts.ts';
import { lostBusinessHours } from '../../../collector/kpi/formulas/lost-hours.ts';
import { foundBeforeReported, repeatIncidents } from '../../../collector/kpi/kpis/incidents.ts';
import { openState } from '../../../collector/state/open.ts';
import { blankTicket } from '../../../collector/tickets/events.ts';
import { endpointId, instant, putEndpoint } from '../../support/fleet-history.ts';
import { freshPlace } from '../../support/state.ts';

const start = instant('2026-11-01T00:00:00Z');
const window = { start, end: instant('2026-12-01T00:00:00Z') };
const day = 86_400_000;
const minute = 60_000;

test('a report that came before the monitor counts, also once it is merged; a rule that fires again is a repetition', async () => {
  const state = await openState(freshPlace());
  const ticket = (key: string, at: number, more = {}) => ({
    ...blankTicket(key, at),
    category: 'incident' as const,
    ...more,
  });
  const closed = { state: 'closed', open_key: null } as const;
  const person = { kind: 'person', title: 'Mail is gone', requester: 'mia' } as const;
  await state
    .insertInto('tickets')
    .values([
      // 1 and 2: the same rule on the same endpoint, 12 days apart; 3: 40 days before, which is too long ago for 2.
      ticket('e1/disk/', start - 2 * day, closed),
      ticket('e1/disk/', start + 10 * day, closed),
      ticket('e2/disk/', start - 25 * day, closed),
      ticket('e2/disk/', start + 15 * day),
      // 5: reported by 6 a minute before; 7: reported by 8 a minute after; 9: found by people alone.
      ticket('e3/mail/', start + 3 * day),
      ticket('person/1', start + 3 * day - minute, { ...person, ...closed, state: 'cancelled' }),
      ticket('e4/mail/', start + 4 * day),
      ticket('person/2', start + 4 * day + minute, { ...person, ...closed, state: 'cancelled' }),
      ticket('person/3', start + 5 * day, person),
      // A request is no incident.
      ticket('person/4', start + 6 * day, { ...person, category: 'request' }),
    ])
    .execute();
  const link = { kind: 'duplicate', at: start + 7 * day, by_user: 'ana' } as const;
  await state
    .insertInto('ticket_links')
    .values([
      { ...link, ticket: 6, target: '5' },
      { ...link, ticket: 8, target: '7' },
    ])
    .execute();
  const gone = { actor: 'ana', kind: 'state', from_state: 'new', to_state: 'cancelled', text: null } as const;
  await state
    .insertInto('ticket_events')
    .values([6, 8].map((id) => ({ ...gone, ticket: id, at: start + 7 * day, data: '{"reason":"duplicate"}' })))
    .execute();
  const question = { endpoints: [], window, now: window.end, zone: 'UTC' };
  const facts = (await readFacts(state, ['tickets', 'incidents'], question)) as never;
  const found = foundBeforeReported.compute(facts, window);
  assert.equal(
    found.evidence.map((item) => [item.ticket, item.part]),
    [
      [2, 1],
      [4, 1],
      [5, 0],
      [7, 1],
      [9, 0],
    ],
  );
  assert.is(found.value, 60);
  assert.ok(found.low !== null && found.low < 30 && found.high !== null && found.high > 80, 'five are few');
  const again = repeatIncidents.compute(facts, window);
  assert.equal(
    again.evidence.filter(({ part }) => part === 1).map((item) => item.ticket),
    [2],
  );
  assert.is(again.n, 4);
  await state.destroy();
});

test('what a site loses in maintenance that was entered before its start is planned; entered late only once it is approved', async () => {
  const state = await openState(freshPlace());
  const row = { name_key: '', note: '', created_at: 0, created_by: 'ana', updated_at: 0, updated_by: 'ana' };
  await state
    .insertInto('sites')
    .values({ ...row, id: 's1', name: 'Berlin', people: 10, zone: 'UTC' })
    .execute();
  const occurrence = (n: number, entered: number, approved: number | null, target = 'Berlin') => ({
    ...{ id: `o${n}`, maintenance: 'm', scope: 'site' as const, target, bucket: '', owner: 'collector' },
    ...{ start_at: start + n * day, end_at: start + n * day + minute, planned_end_at: start + n * day + minute },
    ...{
      entered_at: start + n * day + entered,
      entered_by: 'ana',
      approved_at: approved,
      approved_by: approved && 'bo',
    },
  });
  await state
    .insertInto('maintenance_occurrences')
    .values([
      occurrence(1, -minute, null),
      occurrence(2, 10, null),
      occurrence(3, 10, start + 4 * day),
      occurrence(4, -minute, null, 'Osaka'),
      occurrence(40, -minute, null),
    ] as never)
    .execute();
  const question = { endpoints: [], window, now: window.end, zone: 'UTC' };
  const { impact } = await readFacts(state, ['impact'], question);
  assert.equal(
    impact?.groups.s1?.maintenance?.map((span) => (span.start - start) / day),
    [1, 3],
  );
  await state.destroy();
});

test('planned work on a group or an endpoint makes what it costs planned: for what it is about, while it lasts', async () => {
  const state = await openState(freshPlace());
  await putEndpoint(state, 1, { site: 'Berlin' });
  await putEndpoint(state, 2, { site: 'Berlin' });
  const [one, two] = [endpointId(1), endpointId(2)];
  const row = { name_key: '', note: '', created_at: 0, created_by: 'ana', updated_at: 0, updated_by: 'ana' };
  await state
    .insertInto('sites')
    .values({ ...row, id: 's1', name: 'Berlin', people: 10, zone: 'UTC' })
    .execute();
  // Tuesday 3 November, 10:00 to 11:00 on a group of one endpoint; 14:00 on the other, entered late.
  const hour = 60 * minute;
  const tuesday = start + 2 * day;
  const window = {
    id: 'm',
    bucket: '',
    owner: 'collector',
    scope: 'group',
    target: 'g',
    reason: 'patches',
    skip: '[]',
  };
  await state
    .insertInto('maintenance_windows')
    .values({ ...window, begun_until: 0, created_at: 0, created_by: 'ana', updated_at: 0, updated_by: 'ana' } as never)
    .execute();
  const occurrence = (id: string, from: number, entered: number) => ({
    ...{ id, maintenance: 'm', scope: 'group', target: 'g', bucket: '', owner: 'collector', entered_by: 'ana' },
    ...{ start_at: from, end_at: from + hour, planned_end_at: from + hour, entered_at: entered },
  });
  await state
    .insertInto('maintenance_occurrences')
    .values([
      occurrence('early', tuesday + 10 * hour, tuesday),
      occurrence('late', tuesday + 14 * hour, tuesday + 15 * hour),
    ] as never)
    .execute();
  await state
    .insertInto('maintenance_members')
    .values([
      { occurrence: 'early', endpoint: one, from_at: tuesday + 10 * hour, to_at: null },
      { occurrence: 'late', endpoint: one, from_at: tuesday + 14 * hour, to_at: null },
    ])
    .execute();
  const person = { kind: 'person', requester: 'mia', category: 'incident' } as const;
  await state
    .insertInto('tickets')
    .values([one, two].map((endpoint, n) => ({ ...blankTicket(`person/${n}`, tuesday), ...person, endpoint })))
    .execute();
  const segment = (from: number, to: number) => ({
    ...{ start: tuesday + from * hour, end: tuesday + to * hour, factor: 1 },
    affected: [{ site: 's1', people: 10 }],
  });
  const stated = { at: tuesday, by_user: 'ana', reason: 'seen' };
  await state
    .insertInto('impacts')
    .values([
      { ...stated, ticket: 1, segments: JSON.stringify([segment(9.5, 10.5), segment(14, 15)]) },
      { ...stated, ticket: 2, segments: JSON.stringify([segment(10.5, 11)]) },
    ])
    .execute();
  const question = { endpoints: [], window: { start, end: start + 10 * day }, now: start + 10 * day, zone: 'UTC' };
  const { impact } = await readFacts(state, ['impact'], question);
  assert.ok(impact);
  const { groups, incidents } = impact;
  const found = lostBusinessHours({ period: question.window, groups, incidents });
  assert.equal([found.planned, found.lost, found.businessDown], [5, 20, 2]);
  assert.equal(
    found.byIncident.map(({ incident, planned, lost }) => [incident, planned, lost]),
    [
      ['1', 5, 15],
      ['2', 0, 5],
    ],
  );
  await state.destroy();
});

test.run();
