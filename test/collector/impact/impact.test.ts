import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { impactFault } from '../../../collector/impact/check.ts';
import { estimateImpact, type ImpactSegment, type OutageAlert } from '../../../collector/impact/estimate.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';

const alert = (endpoint: string, start: number, end: number | null, people: number | null = 4) =>
  ({ endpoint, site: 's1', people, start, end }) satisfies OutageAlert;
const part = (start: number, end: number | null, people: number): ImpactSegment => ({
  ...{ start, end, factor: 1, affected: [{ site: 's1', people }] },
});

const alone = { atSite: null, isSiteIncident: false, workstations: [] };
const codes = (found: { reasons: readonly { code: string; endpoints: string[] }[] }) =>
  found.reasons.map(({ code, endpoints }) => `${code} ${endpoints}`);

test('a server stops those who depend on it, each time that it is down', () => {
  const { segments, unknown } = estimateImpact([alert('a', 10, 20), alert('a', 15, 30), alert('a', 50, null)], alone);
  assert.equal(segments, [part(10, 30, 4), part(50, null, 4)]);
  assert.equal(unknown, []);
});

test('a site incident stops everybody there once, however many servers are down', () => {
  const { segments } = estimateImpact([alert('a', 10, 20), alert('b', 12, 40, null)], {
    ...alone,
    ...{ atSite: { site: 's1', people: 140 }, isSiteIncident: true },
  });
  assert.equal(segments, [part(10, 40, 140)]);
});

test('who depends on it is not known: no one is counted, and the endpoint is named', () => {
  const found = estimateImpact([alert('a', 10, 20, null), alert('b', 10, 20, 0)], alone);
  const { segments, unknown } = found;
  assert.equal(segments, []);
  assert.equal(unknown, ['a']);
  assert.equal(codes(found), ['no_dependants b', 'dependants_unknown a']);
});

test('each estimate has its reason, also where there is none', () => {
  assert.equal(codes(estimateImpact([], alone)), ['no_outage ']);
  assert.equal(codes(estimateImpact([], { ...alone, workstations: ['w'] })), ['workstations_only w']);
  assert.equal(codes(estimateImpact([alert('a', 1, 2)], alone)), ['dependants a']);
  const uncounted = estimateImpact([alert('a', 1, 2), alert('b', 1, 2, null)], { ...alone, isSiteIncident: true });
  assert.equal(codes(uncounted), ['site_uncounted a,b', 'dependants a', 'dependants_unknown b']);
  const site = { ...alone, isSiteIncident: true, atSite: { site: 's1', people: 9 } };
  assert.equal(codes(estimateImpact([alert('a', 1, 2), alert('a', 4, 5)], site)), ['site_stopped a']);
});

test('what cannot have happened is refused with the segment and the reason', () => {
  const now = 100;
  const cases: [ImpactSegment[], RegExp | null][] = [
    [[], null],
    [[part(10, 20, 1), part(20, null, 2)], null],
    [[part(10, 20, 1), { ...part(15, 30, 2), affected: [{ site: 's2', people: 1 }] }], null],
    [[part(20, 20, 1)], /Segment 1 ends before it has begun/],
    [[part(10, 20, 1), part(30, 25, 1)], /Segment 2 ends before/],
    [[part(101, null, 1)], /begins in the future/],
    [[part(5, 20, 64)], null],
    [[part(4, 20, 1)], /begins more than 31 days before/],
    [[part(10, 20, 65)], /65 people at Berlin, where 64 work/],
    [[{ ...part(10, 20, 0), affected: [{ site: null, people: 4000 }] }], null],
    [[part(10, 101, 1)], /ends in the future/],
    [[part(10, 30, 1), part(20, 40, 1)], /Segments 1 and 2 overlap for the site Berlin/],
    [[part(10, null, 1), part(20, 40, 1)], /overlap/],
    [
      [
        {
          ...part(10, 20, 1),
          affected: [
            { site: null, people: 1 },
            { site: null, people: 2 },
          ],
        },
      ],
      /people without a site twice/,
    ],
  ];
  for (const [segments, fault] of cases) {
    const found = impactFault(segments, { now, earliest: 5, sites: new Map([['s1', { name: 'Berlin', people: 64 }]]) });
    if (fault === null) assert.is(found, null);
    else assert.match(formatReasons('en', found && [found.why]), fault);
  }
});

test.run();
