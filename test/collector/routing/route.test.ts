import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseMatchers } from '../../../collector/alerts/matcher.ts';
import { type QuietHours, type RouteNode, type RouteTree, route } from '../../../collector/routing/route.ts';

const monday = (time: string) => Date.parse(`2026-03-02T${time}Z`);
const node = (name: string, match: string, more: Partial<RouteNode> = {}): RouteNode => ({
  ...{ name, match: parseMatchers(match) },
  ...more,
});
const walk = (tree: RouteTree, labels: Record<string, string | string[]>, at = monday('10:00'), quiet?: QuietHours) =>
  route(tree, () => quiet, labels, at);
const heard = (...args: Parameters<typeof walk>) => walk(...args).map(({ receiver, path }) => `${receiver} ${path}`);

test('a node without receivers has those of the node above it', () => {
  const tree: RouteTree = { receivers: ['channel:a'], children: [node('x', 'site=berlin', { wait: 0 })] };
  assert.equal(walk(tree, { site: 'berlin' }), [
    {
      ...{ receiver: 'channel:a', path: 'root/x', action: 'now' },
      settings: { by: undefined, wait: 0, interval: undefined, repeat: undefined },
    },
  ]);
});

test('settings are inherited, and of the repeats each severity alone', () => {
  const tree: RouteTree = {
    receivers: ['channel:a'],
    by: ['rule'],
    repeat: { critical: 1, warning: 2 },
    children: [node('x', 'site=berlin', { repeat: { warning: null } })],
  };
  const [found] = walk(tree, { site: 'berlin' });
  assert.equal(found?.settings.by, ['rule']);
  assert.equal(found?.settings.repeat, { critical: 1, warning: null });
});

test('a node that continues and matches is enough: the one above it sends nothing', () => {
  const tree: RouteTree = {
    receivers: ['channel:root'],
    children: [node('copy', '', { receivers: ['channel:copy'], continue: true })],
  };
  assert.equal(heard(tree, {}), ['channel:copy root/copy']);
});

test('a label with several values matches if one of them does', () => {
  const tree: RouteTree = {
    receivers: ['channel:root'],
    children: [node('db', 'group="databases"', { receivers: ['channel:db'] })],
  };
  assert.equal(heard(tree, { group: ['all', 'databases'] }), ['channel:db root/db']);
  assert.equal(heard(tree, { group: ['all'] }), ['channel:root root']);
});

test('hours over midnight belong to the day on which they begin', () => {
  const when = { zone: 'Europe/Berlin', days: ['mon'] as const, start: '22:00', end: '06:00' };
  const tree: RouteTree = {
    receivers: ['channel:day'],
    children: [node('night', '', { when, receivers: ['channel:night'] })],
  };
  const at = (text: string) => heard(tree, {}, Date.parse(text))[0];
  assert.is(at('2026-03-02T04:00Z'), 'channel:day root');
  assert.is(at('2026-03-02T21:00Z'), 'channel:night root/night');
  assert.is(at('2026-03-03T04:59:59Z'), 'channel:night root/night');
  assert.is(at('2026-03-03T05:00Z'), 'channel:day root');
});

test('quiet hours end at their local time, also in the night in which the clock changes', () => {
  const quiet = { zone: 'Europe/Berlin', start: '22:00', end: '07:00', letsThrough: ['critical'] };
  const tree: RouteTree = { receivers: ['person:ann'] };
  const until = (text: string, severity = 'warning') => walk(tree, { severity }, Date.parse(text), quiet)[0]?.until;
  assert.is(until('2026-03-28T22:00Z'), Date.parse('2026-03-29T05:00Z'));
  assert.is(until('2026-10-24T22:00Z'), Date.parse('2026-10-25T06:00Z'));
  assert.is(until('2026-10-24T22:00Z', 'critical'), undefined);
  assert.is(until('2026-10-25T06:00Z'), undefined);
});

test('a tree of 500 nodes, 8 deep, is walked in less than a millisecond', () => {
  const chain = (depth: number): RouteNode[] =>
    depth === 0 ? [] : [node(`d${depth}`, 'rule=~".*"', { children: chain(depth - 1) })];
  const wide = Array.from({ length: 492 }, (_, n) =>
    node(`n${n}`, `site=~"site-${n}"`, { receivers: [`channel:${n}`] }),
  );
  const tree: RouteTree = { receivers: ['channel:root'], children: [...wide, ...chain(7)] };
  assert.equal(heard(tree, { rule: 'disk' }), ['channel:root root/d7/d6/d5/d4/d3/d2/d1']);
  const took = Array.from({ length: 100 }, () => {
    const begin = performance.now();
    walk(tree, { rule: 'disk' });
    return performance.now() - begin;
  });
  // The fastest: others share the machine.
  assert.ok(Math.min(...took) < 1, `${Math.min(...took)} ms`);
});
test.run();
