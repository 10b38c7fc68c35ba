/** Inhibition and site incidents beyond the worked cases: the edges on which they are easily wrong. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type InhibitionInput, runInhibition, runSites, type SiteInput } from './run.ts';

const at = (time: string) => `2026-03-02T${time}Z`;
const settings = { wait_s: 30, hold_pending_s: 300, release_s: 120 };
const rules = [{ source: { rule: 'uplink-down' }, target: { rule: 'server-down' }, equal: ['site'] }];
type Alert = InhibitionInput['alerts'][number];
const alert = (id: string, labels: Record<string, string>, ...events: [string, string][]): Alert => ({
  ...{ id, labels },
  events: events.map(([time, type]) => ({ at: at(time), type })),
});
const inhibition = (more: Partial<InhibitionInput>, ...alerts: Alert[]) =>
  runInhibition({ rules, settings, alerts, until: at('12:00:00'), ...more });
const sent = ({ notifications }: ReturnType<typeof runInhibition>) =>
  notifications.map(({ at: time, alert: id, kind }) => `${time.slice(11, 19)} ${id} ${kind}`);

const parent = { rule: 'uplink-down', site: 'berlin' };
const child = { rule: 'server-down', site: 'berlin' };

test('a pending source that ends lets the child through at that instant', () => {
  const found = inhibition(
    {},
    alert('P', parent, ['09:59:50', 'pending'], ['10:02:00', 'resolve']),
    alert('c', child, ['10:00:00', 'fire']),
  );
  assert.equal(sent(found), ['10:02:00 c firing']);
  assert.equal(found.inhibited, []);
});

test('a pending source that ends within the wait changes nothing', () => {
  const found = inhibition(
    {},
    alert('P', parent, ['09:59:50', 'pending'], ['10:00:10', 'resolve']),
    alert('c', child, ['10:00:00', 'fire']),
  );
  assert.equal(sent(found), ['10:00:30 c firing']);
});

test('one that stays pending holds for five minutes from the due time and no longer', () => {
  const found = inhibition({}, alert('P', parent, ['09:59:50', 'pending']), alert('c', child, ['10:00:00', 'fire']));
  assert.equal(sent(found), ['10:05:30 c firing']);
});

test('a label that both lack, or that is empty, is not equal', () => {
  for (const labels of [{}, { site: '' }]) {
    const found = inhibition(
      {},
      alert('P', { rule: 'uplink-down', ...labels }, ['10:00:00', 'fire']),
      alert('c', { rule: 'server-down', ...labels }, ['10:00:10', 'fire']),
    );
    assert.equal(found.inhibited, []);
    assert.is(sent(found).length, 2);
  }
});

test('all members of a redundant group down are the cause together; the first that returns starts the release', () => {
  const found = inhibition(
    { rules: [], dependencies: [{ child: 'srv', parents: [], groups: [['isp-a', 'isp-b']] }] },
    alert('A', { rule: 'target-down', endpoint: 'isp-a' }, ['10:00:00', 'fire'], ['11:00:00', 'resolve']),
    alert('B', { rule: 'target-down', endpoint: 'isp-b' }, ['10:00:05', 'fire']),
    alert('c', { rule: 'server-down', endpoint: 'srv' }, ['10:01:00', 'fire']),
  );
  assert.equal(found.inhibited, [{ alert: 'c', by: 'A+B', from: at('10:01:00'), to: at('11:02:00') }]);
  assert.equal(sent(found), ['10:00:30 A firing', '10:00:35 B firing', '11:00:30 A resolved', '11:02:00 c firing']);
});

test('a source that fires again within the release goes on inhibiting', () => {
  const found = inhibition(
    {},
    alert('P', parent, ['10:00:00', 'fire'], ['10:30:00', 'resolve'], ['10:31:00', 'fire']),
    alert('c', child, ['10:01:00', 'fire']),
  );
  assert.equal(found.inhibited, [{ alert: 'c', by: 'P', from: at('10:01:00'), to: at('12:00:00') }]);
  assert.not.ok(sent(found).some((text) => text.includes(' c ')));
});

test('an inhibited alert inhibits in turn, and two that would inhibit each other do not', () => {
  const both = { site: 'berlin' };
  const chain = [
    { source: { rule: 'a' }, target: { rule: 'b' }, equal: ['site'] },
    { source: { rule: 'b' }, target: { rule: 'c' }, equal: ['site'] },
  ];
  const of = (rule: string, time: string) => alert(rule, { rule, ...both }, [time, 'fire']);
  const found = inhibition({ rules: chain }, of('a', '10:00:00'), of('b', '10:00:01'), of('c', '10:00:02'));
  assert.equal(sent(found), ['10:00:30 a firing']);
  const circle = [...chain.slice(0, 1), { source: { rule: 'b' }, target: { rule: 'a' }, equal: ['site'] }];
  assert.is(sent(inhibition({ rules: circle }, of('a', '10:00:00'), of('b', '10:00:01'))).length, 1);
});

const site = (online: number, events: [string, string, string][], until = '12:00:00'): SiteInput => ({
  settings: {
    ...{ min_endpoints: 5, share_percent: 10, window_s: 300, wait_s: 30 },
    ...{ back_percent: 80, stable_s: 120, reopen_s: 900 },
  },
  ...{ online, until: at(until) },
  events: events.map(([time, endpoint, type]) => ({ at: at(time), endpoint, type })),
});
const all = (time: string, type: string, from: number, to: number): [string, string, string][] =>
  Array.from({ length: to - from }, (_, n) => [time, `e${from + n}`, type]);

test('of a large site ten percent: nineteen of two hundred are none, twenty are one', () => {
  assert.equal(runSites(site(200, all('10:00:00', 'silent', 0, 19))).incidents, []);
  assert.equal(runSites(site(200, all('10:00:00', 'silent', 0, 20))).incidents.length, 1);
});

test('a site of one is never an incident', () => {
  assert.equal(runSites(site(1, [['10:00:00', 'e0', 'silent']])).alone, ['e0']);
});

test('who is back before there are enough does not count, and one endpoint counts once', () => {
  const blips = all('10:00:00', 'silent', 0, 4).concat(all('10:00:30', 'back', 0, 4));
  assert.equal(runSites(site(50, [...blips, ...all('10:01:00', 'silent', 4, 8)])).incidents, []);
  const same: [string, string, string][] = [0, 1, 2, 3, 4].flatMap((n) => [
    [`10:0${n}:00`, 'e0', 'silent'],
    [`10:0${n}:20`, 'e0', 'back'],
  ]);
  assert.equal(runSites(site(50, same)).incidents, []);
});

test('within fifteen minutes after its end it is the same incident, reopened; later another one', () => {
  const once = [...all('10:00:00', 'silent', 0, 10), ...all('10:10:00', 'back', 0, 10)];
  // Ends at 10:12:00.
  const again = runSites(site(50, [...once, ...all('10:27:00', 'silent', 0, 10), ...all('10:40:00', 'back', 0, 10)]));
  assert.equal(again.incidents, [{ opened: at('10:00:00'), resolved: at('10:42:00'), members: 10 }]);
  assert.equal(
    again.messages.map(({ kind }) => kind),
    ['opened', 'resolved', 'reopened', 'resolved'],
  );
  const later = runSites(site(50, [...once, ...all('10:27:01', 'silent', 0, 10)]));
  assert.equal(
    later.messages.map(({ kind }) => kind),
    ['opened', 'resolved', 'opened'],
  );
});

test('those that stay silent at its end go on alone, and do not count for the next one', () => {
  const found = runSites(
    site(50, [
      ...all('10:00:00', 'silent', 0, 10),
      ...all('10:01:00', 'back', 0, 8),
      ...all('10:04:00', 'silent', 20, 23),
    ]),
  );
  assert.equal(
    found.messages.map(({ kind, silent, of }) => [kind, silent, of]),
    [
      ['opened', 2 + 8, 50],
      ['resolved', 2, 10],
    ],
  );
  assert.equal(found.alone, ['e20', 'e21', 'e22', 'e8', 'e9']);
});

test.run();
