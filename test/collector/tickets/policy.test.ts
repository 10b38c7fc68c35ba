import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Action, PolicyEvent } from '../../../collector/tickets/actions.ts';
import { incidentKey } from '../../../collector/tickets/groups.ts';
import { budgetKey, createPolicy } from '../../../collector/tickets/policy.ts';
import { defaultPolicy, type PolicySettings } from '../../../collector/tickets/settings.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A time-line in minutes: the events of each, and what the policy does with it, as short texts. */
function timeline(settings: Partial<PolicySettings> = {}) {
  const policy = createPolicy({ ...defaultPolicy, ...settings });
  const done: string[] = [];
  /** Of each ticket that was opened: with how many fires. */
  const opened: number[] = [];
  const note = (actions: Action[]) => {
    done.push(...actions.map((action) => `${action.at / minute} ${action.type} ${action.key}`));
    opened.push(...actions.flatMap((action) => (action.type === 'open' ? action.count : [])));
  };
  const say = (event: PolicyEvent) => note(policy.apply(event));
  return {
    policy,
    done,
    opened,
    fire: (at: number, endpoint: string, check = 'disk', site: string | null = 'BER') =>
      say({ type: 'fire', at: at * minute, key: `${endpoint}/${check}`, endpoint, check, site }),
    recover: (at: number, endpoint: string, check = 'disk') =>
      say({ type: 'recover', at: at * minute, key: `${endpoint}/${check}` }),
    touch: (at: number, key: string) => say({ type: 'touch', at: at * minute, key }),
    close: (at: number, key: string, until?: number) =>
      say({ type: 'close', at: at * minute, key, mutedUntil: until === undefined ? null : until * minute }),
    reopen: (at: number, key: string) => say({ type: 'reopen', at: at * minute, key }),
    maintenance: (at: number, on: boolean, scope: { endpoint?: string; site?: string } = {}) =>
      say({ type: 'maintenance', on, at: at * minute, ...scope }),
    until: (at: number) => note(policy.advance(at * minute)),
  };
}

test('opens after the delay, counts, recovers and resolves', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.until(1.9);
  assert.equal(t.done, []);
  t.until(2);
  t.recover(30, 'a');
  t.until(39.9);
  t.until(60);
  assert.equal(t.done, ['2 open a/disk', '30 recovered a/disk', '40 resolve a/disk']);
});

test('without a delay it opens at once', () => {
  const t = timeline({ openDelay: 0 });
  t.fire(5, 'a');
  assert.equal(t.done, ['5 open a/disk']);
});

test('a blip within the reopen window does not reopen, a lasting fire does', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.recover(3, 'a');
  t.until(20);
  t.fire(60, 'a');
  t.recover(61, 'a');
  t.until(100);
  assert.is(t.done.filter((line) => line.includes('reopen')).length, 0);
  t.fire(200, 'a');
  t.until(300);
  assert.is(t.done.at(-1), '202 reopen a/disk');
});

test('closed by a person while it fires: opened again after the delay, unless it was cured', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.until(3);
  t.close(10, 'a/disk');
  t.until(20);
  assert.equal(t.done, ['2 open a/disk', '12 reopen a/disk']);
  t.close(30, 'a/disk');
  t.recover(31, 'a');
  t.until(60);
  assert.is(t.done.length, 2);
  t.fire(70, 'a');
  t.until(80);
  assert.is(t.done.at(-1), '72 open a/disk', 'a person resolved it: a new ticket, not the old one again');
});

test('"won’t fix until": no ticket until then', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.until(3);
  t.close(10, 'a/disk', 1000);
  t.recover(100, 'a');
  t.fire(200, 'a');
  t.until(999);
  assert.is(t.done.length, 1);
  t.until(1001);
  assert.is(t.done.at(-1), '1000 open a/disk');
});

test('touched: a note and a reminder every day, never an automatic resolution', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.until(3);
  t.recover(10, 'a');
  t.touch(12, 'a/disk');
  t.until(12 + 2 * 1440);
  assert.equal(t.done, ['2 open a/disk', '10 recovered a/disk', '1452 remind a/disk', '2892 remind a/disk']);
});

test('reopened by a person belongs to that person', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.recover(5, 'a');
  t.until(20);
  t.reopen(25, 'a/disk');
  t.fire(30, 'a');
  t.recover(31, 'a');
  t.until(60);
  assert.equal(t.done.slice(-2), ['30 count a/disk', '31 recovered a/disk']);
});

test('repeating a fire without a recovery counts, and is no flapping', () => {
  const t = timeline();
  for (const at of [0, 5, 10, 15, 20]) t.fire(at, 'a');
  assert.equal(t.done, ['2 open a/disk', ...[5, 10, 15, 20].map((at) => `${at} count a/disk`)]);
});

test('a ticket that flaps shows the fires by which it does', () => {
  const t = timeline();
  for (const at of [0, 20, 40]) {
    t.fire(at, 'a');
    if (at < 40) t.recover(at + 1, 'a');
  }
  t.until(45);
  assert.equal(t.done, ['42 open a/disk', '42 flapping a/disk']);
  assert.equal(t.opened, [3], 'those that were too short for a ticket count');
  // A person has put it right; what comes then is told anew.
  t.recover(46, 'a');
  t.close(47, 'a/disk');
  t.fire(50, 'a');
  t.until(60);
  assert.equal(t.done.slice(-2), ['46 recovered a/disk', '52 open a/disk']);
  assert.equal(t.opened, [3, 1]);
  // Too long ago to be one with it.
  t.recover(61, 'a');
  t.close(62, 'a/disk');
  t.fire(70, 'a');
  t.recover(71, 'a');
  t.fire(140, 'a');
  t.until(150);
  assert.equal(t.opened, [3, 1, 1]);
});

test('an incident within the open delay is one ticket from the start', () => {
  const t = timeline();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) t.fire(0, name);
  t.until(10);
  const key = incidentKey('BER', 'disk');
  assert.is(t.done[0], `2 open-parent ${key}`);
  assert.is(t.done.filter((line) => line.includes('attach')).length, 6);
  assert.is(t.done.filter((line) => line.includes(' open ')).length, 0);
  for (const name of ['a', 'b', 'c', 'd', 'e']) t.recover(20, name);
  t.until(60);
  assert.is(t.done.filter((line) => line.includes('resolve')).length, 0, 'one of them still fires');
  t.recover(70, 'f');
  t.until(90);
  assert.equal(t.done.slice(-3), [`70 recovered ${key}`, `80 ended ${key}`, `80 resolve ${key}`]);
});

test('a site that blinks for a minute makes no ticket', () => {
  const t = timeline();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) t.fire(0, name);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) t.recover(1, name);
  t.until(100);
  assert.equal(t.done, []);
});

test('another site, another check, or too far apart: no incident', () => {
  const t = timeline();
  for (const name of ['a', 'b', 'c', 'd']) t.fire(0, name);
  t.fire(0, 'e', 'disk', 'TYO');
  t.fire(0, 'f', 'cpu');
  t.fire(6, 'g');
  t.until(60);
  assert.is(t.done.filter((line) => line.includes(' open ')).length, 7);
});

test('two disks of one endpoint are not two endpoints', () => {
  const t = timeline({ incidentEndpoints: 2 });
  t.policy.apply({ type: 'fire', at: 0, key: 'a/disk/x', endpoint: 'a', check: 'disk', site: null });
  t.policy.apply({ type: 'fire', at: 0, key: 'a/disk/y', endpoint: 'a', check: 'disk', site: null });
  t.until(10);
  assert.equal(t.done, ['2 open a/disk/x', '2 open a/disk/y']);
});

test('a ticket that a person works on is not merged into an incident', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.until(2);
  t.touch(3, 'a/disk');
  for (const name of ['b', 'c', 'd', 'e', 'f']) t.fire(4, name);
  t.until(10);
  assert.is(t.done.filter((line) => line.includes('attach a/disk')).length, 0);
  assert.is(t.done.filter((line) => line.includes('open-parent')).length, 1);
});

test('late ones join an open incident; after it a new fire is a ticket of its own', () => {
  const t = timeline();
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) t.fire(0, name);
  t.fire(30, 'z');
  assert.is(t.done.at(-1), '30 attach z/disk');
  for (const name of [...names, 'z']) t.recover(40, name);
  t.until(60);
  t.fire(100, 'z');
  t.until(110);
  assert.is(t.done.at(-1), '102 open z/disk');
});

test('the hourly budget: what is beyond it goes into one ticket', () => {
  const t = timeline({ budget: 3, incidentEndpoints: 100 });
  for (let i = 0; i < 6; i++) t.fire(i, `e${i}`, `check${i}`);
  t.until(30);
  assert.is(t.done.filter((line) => line.includes(' open ')).length, 3);
  assert.is(t.done.filter((line) => line.includes(`open-parent ${budgetKey}`)).length, 1);
  assert.is(t.done.filter((line) => line.includes('attach')).length, 3);
});

test('maintenance: nothing inside, what still fires five minutes after its end opens', () => {
  const t = timeline();
  t.maintenance(0, true, { site: 'BER' });
  t.fire(1, 'a');
  t.fire(2, 'b');
  t.recover(50, 'b');
  t.fire(3, 'x', 'disk', 'TYO');
  t.maintenance(60, false, { site: 'BER' });
  t.until(100);
  assert.equal(t.done, ['5 open x/disk', '65 open a/disk']);
});

test('a fire just before a maintenance waits for its end, too', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.maintenance(1, true);
  t.until(10);
  t.maintenance(20, false);
  t.until(30);
  assert.equal(t.done, ['25 open a/disk']);
});

test('duplicated events change nothing but the count, and a recovery of nothing is nothing', () => {
  const t = timeline();
  t.recover(0, 'a');
  t.fire(1, 'a');
  t.until(5);
  t.recover(6, 'a');
  t.recover(6, 'a');
  t.until(60);
  assert.equal(t.done, ['3 open a/disk', '6 recovered a/disk', '16 resolve a/disk']);
});

test('states are forgotten when no decision needs them any more', () => {
  const t = timeline();
  t.fire(0, 'a');
  t.recover(1, 'a');
  t.policy.advance(3 * day);
  assert.is(t.policy.state('a/disk'), undefined);
});

test.run();
