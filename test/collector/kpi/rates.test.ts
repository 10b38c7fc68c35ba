/** Incidents and lost hours by operating system and by model add up to the whole, whatever is known of the machines. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lostBusinessHours } from '../../../collector/kpi/formulas/lost-hours.ts';
import { ratesOf } from '../../../collector/kpi/rates.ts';
import { someFacts } from '../../contract/kpi.ts';

const period = { start: Date.parse('2026-11-01T00:00:00Z'), end: Date.parse('2026-12-01T00:00:00Z') };
const close = (a: number, b: number, what: string) => assert.ok(Math.abs(a - b) < 1e-6, `${what}: ${a}, expected ${b}`);

test('both tables add up; an incident of several machines is shared, one of none stands apart', () => {
  const facts = someFacts(30, 60, 7);
  const { endpoint, minutes, stretches } = facts.presence[0] as (typeof facts.presence)[number];
  const outages = [3, 3, 3, 9].map((ticket, n) => ({ ticket, endpoint: `e${n}`, start: period.start, end: null }));
  const tickets = facts.tickets.map((one, n) => ({ ...one, endpoint: n % 2 === 0 ? `e${n % 30}` : null }));
  const machines = facts.machines.map((one, n) => ({ ...one, model: n % 3 === 0 ? null : `model ${n % 3}` }));
  // One machine that nobody saw in the month has no machine-months.
  const unseen = { ...(machines[0] as (typeof machines)[number]), endpoint: { ...endpoint, id: 'unseen' } };
  const lost = lostBusinessHours({ period, groups: facts.impact.groups, incidents: facts.impact.incidents });
  const of = {
    ...facts,
    ...{ tickets, machines: [...machines, unseen], presence: facts.presence, impact: { ...facts.impact, outages } },
  };
  const { rows, rest } = ratesOf(of, lost, period);
  assert.ok(minutes.up > 0 && stretches.length === 0);
  const begun = tickets.filter(({ openedAt }) => openedAt >= period.start && openedAt < period.end).length;
  for (const by of ['os', 'model'] as const) {
    const own = rows.filter((row) => row.by === by);
    const sum = (name: 'incidents' | 'hours' | 'machines' | 'months') => own.reduce((all, row) => all + row[name], 0);
    close(sum('incidents') + rest.incidents, begun, `incidents by ${by}`);
    close(sum('hours') + rest.hours, lost.lost, `hours by ${by}`);
    assert.is(sum('machines'), 30);
    close(
      sum('months'),
      machines.reduce((all, { months }) => all + months, 0),
      'months',
    );
  }
  assert.ok(rest.incidents > 0);
  assert.ok(
    rows.some(({ by, name }) => by === 'model' && name === null),
    'a model that is not known is a row',
  );
});

test.run();
