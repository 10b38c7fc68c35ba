/** What to do next: every kind of fact can be an action, each has its own gain, the largest comes first, and five are enough. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Figure } from '../../../collector/kpi/kpi.ts';
import { nextActions } from '../../../collector/kpi/next-actions.ts';
import { startingDefinition } from '../../../collector/kpi/stability.ts';
import { actionGain } from '../../../shared/words/actions.ts';

const test = suite('what to do next');
type Facts = Parameters<typeof nextActions>[0];

const figure = (n: number, beside: Record<string, number>, more: Partial<Figure> = {}): Figure => ({
  ...{ value: 1, state: 'ok', n, low: null, high: null, coverage: null, evidence: [] },
  beside: Object.entries(beside).map(([code, value]) => ({ code, unit: 'count', value })),
  ...more,
});
const ticketNamed = (id: number) => ({ id, title: `T${id}` }) as never;
const parts = Object.fromEntries(
  Object.entries(startingDefinition).map(([name, part]) => [name, { ...part, value: null, causes: {} }]),
) as Facts['month']['parts'];
const nothing: Facts = {
  month: { parts, lost: { byWeek: [], scheduled: 10_000, incidents: [] }, uncounted: [], unknown: [] },
  ...{ figures: {}, index: { pointsLost: {}, weight: 100 }, causes: [], disks: [], ticketNamed },
  endpointNamed: (id) => ({ id, name: id }),
};
const cause = (id: number, points: number, response = 0) => ({
  ...{
    ticket: ticketNamed(id),
    endpoint: null,
    points,
    hours: points * 10,
    byPart: { servers: points - response, response },
  },
});
const codes = (facts: Facts) => nextActions(facts).map(({ code }) => code);

test('nothing is wrong, nothing is to do', () => {
  assert.equal(nextActions(nothing), []);
});

test('each fact alone is an action with its gain and its evidence', () => {
  const alone = (figures: Facts['figures'], more: Partial<Facts> = {}) => {
    const [action, ...rest] = nextActions({ ...nothing, figures, ...more });
    assert.is(rest.length, 0);
    if (!action) throw new Error('an action');
    // A unit stays on the line of its number.
    return [action.code, action.kpi, actionGain(action, 'en').replaceAll('\u00a0', ' ')];
  };
  assert.equal(alone({ backup_coverage: figure(8, { at_end: 6, not_at_end: 2 }) }), [
    ...['back_up', 'backup_coverage', 'endpoints: 2 · wins back up to 25% of “Backup coverage”'],
  ]);
  assert.equal(alone({ patch_compliance: figure(4, { at_end: 3, not_at_end: 1 }) }), [
    ...['patch', 'patch_compliance', 'endpoints: 1 · wins back up to 25% of “Patch compliance”'],
  ]);
  assert.equal(alone({ change_success: figure(10, { failed: 3 }) }), [
    ...['review_changes', 'change_success', 'failed: 3 · wins back up to 30% of “Change success”'],
  ]);
  const late = { index: { pointsLost: { response: 4.2 }, weight: 100 } };
  assert.equal(alone({ response_in_target: figure(40, { breached: 9 }) }, late), [
    ...['answer_in_time', 'response_in_target', 'too late: 9 · wins back up to 4.2 pt'],
  ]);
  const unused = figure(3, { unused_cost: 123_400 }, { currency: 'EUR' });
  assert.equal(alone({ software_utilisation: unused }), [
    ...['reclaim_licences', 'software_utilisation', 'wins back up to €1,234'],
  ]);
  const disks = [
    { endpoint: 'a', days: 3 },
    { endpoint: 'b', days: 20 },
  ];
  assert.equal(alone({}, { disks }), [
    ...['free_disk', undefined, 'disks full within 30 days: 2, days until the first: 3'],
  ]);
  const { month } = nothing;
  assert.equal(alone({}, { month: { ...month, uncounted: ['Osaka'] } }), ['people_of_site', undefined, '']);
});

test('late answers are won back by answering: a repeat that is prevented wins back the rest', () => {
  const [first, second] = nextActions({
    ...nothing,
    causes: [cause(1, 9, 6)],
    figures: { response_in_target: figure(40, { breached: 9 }) },
    index: { pointsLost: { response: 6 }, weight: 100 },
  });
  assert.equal([first?.code, first?.points, second?.code, second?.points], ['answer_in_time', 6, 'follow_up', 3]);
  assert.equal(codes({ ...nothing, causes: [cause(1, 6, 6)] }), [], 'of an incident that only was answered late');
});

test('incidents leave room for what else the facts show; the largest gain comes first; five at most', () => {
  const causes = [1, 2, 3, 4, 5, 6].map((id) => cause(id, 12 - id));
  assert.equal(
    codes({ ...nothing, causes }),
    Array.from({ length: 5 }, () => 'follow_up'),
  );
  const figures = {
    backup_coverage: figure(4, { at_end: 0, not_at_end: 4 }),
    patch_compliance: figure(4, { at_end: 3, not_at_end: 1 }),
    change_success: figure(10, { failed: 1 }),
    software_utilisation: figure(3, { unused_cost: 100 }, { currency: 'EUR' }),
  };
  const found = codes({ ...nothing, causes, figures });
  assert.equal(found, ['follow_up', 'follow_up', 'back_up', 'patch', 'review_changes']);
  assert.equal(codes({ ...nothing, causes: causes.slice(0, 1), figures }).length, 5);
});

test('money and hours stand in one order: what the licences would pay for, as hours of the index', () => {
  const figures = (money: number) => ({
    ...{ backup_coverage: figure(4, { at_end: 3, not_at_end: 1 }) },
    lost_hours: figure(3, { money: 100_000 }, { value: 20 }),
    software_utilisation: figure(3, { unused_cost: money }, { currency: 'EUR' }),
  });
  // 20 hours cost 100,000; of 10,000 hours 0.5 % take 20 points: 5,000 cents are one hour and 0.4 points.
  assert.equal(codes({ ...nothing, figures: figures(31_000) }), ['back_up', 'reclaim_licences']);
  assert.equal(codes({ ...nothing, figures: figures(32_000) }), ['reclaim_licences', 'back_up']);
});

test.run();
