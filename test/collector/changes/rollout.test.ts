/** What is an installation or a restart, and what belongs to one roll-out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { installsIn, joins, restartedAt } from '../../../collector/changes/rollout.ts';
import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';

const hour = 3_600_000;
const day = 24 * hour;
const t0 = Date.parse('2026-11-10T00:00:00Z');

const update = (name: string): PendingUpdate => ({
  ...{ name, installed: '1', candidate: '2', security: true, since: null },
});
const patches = (names: readonly string[], more: Partial<PatchState> = {}): PatchState => ({
  ...{ manager: 'apt', thirdParty: false, pending: names.length, pendingSecurity: 0, held: 0, list: names.map(update) },
  ...{ oldestSecuritySince: null, scannedAt: t0, metadataAge: 60, scan: 'ok', reason: null, autoUpdates: 'off' },
  ...{ lastInstall: null, ...more },
});
const between = (was: PatchState[], now: PatchState[], at = t0 + day) =>
  installsIn('e1', { states: was, at: t0 }, { states: now, at }).map(({ at: when, packages, manager }) => ({
    ...{ at: when, packages, manager },
  }));

test('a later installation names what is no longer pending', () => {
  const was = patches(['curl', 'openssl', 'vim'], { lastInstall: t0 - day });
  const now = patches(['vim'], { lastInstall: t0 + 5 * hour });
  assert.equal(between([was], [now]), [{ at: t0 + 5 * hour, packages: ['curl', 'openssl'], manager: 'apt' }]);
});

test('the same section again, an older installation, and the first one of a manager are none', () => {
  const one = patches(['vim'], { lastInstall: t0 - day });
  assert.equal(between([one], [one]), []);
  assert.equal(between([one], [patches([], { lastInstall: t0 - 2 * day })]), []);
  assert.equal(between([], [patches([], { lastInstall: t0 + hour })]), []);
});

test('a manager that now tells its last installation had it before; one after the section is new', () => {
  const silent = patches(['curl']);
  assert.equal(between([silent], [patches(['curl'], { lastInstall: t0 - 30 * day })]), []);
  assert.equal(between([silent], [patches([], { lastInstall: t0 + hour })]).length, 1);
});

test('without a known last installation it is what a good scan no longer lists', () => {
  const was = patches(['curl', 'vim']);
  const scannedAt = t0 + 3 * hour;
  assert.equal(between([was], [patches(['vim'], { scannedAt })]), [
    { at: scannedAt, packages: ['curl'], manager: 'apt' },
  ]);
  assert.equal(between([was], [patches([], { scan: 'failed', pending: null })]), [], 'an empty list of a failed scan');
  assert.equal(between([patches([], { scan: 'failed' })], [patches([])]), []);
});

test('an installation that lies in the future of its own section is of that section', () => {
  const was = patches(['curl'], { lastInstall: t0 - day });
  assert.is(between([was], [patches([], { lastInstall: t0 + 400 * day })])[0]?.at, t0 + day);
});

const birth = (at: number, bootId: string, more: object = {}) => ({
  ...{ at, boot_id: bootId, reason: 'clean', last_seen: null as number | null },
  birth: JSON.stringify({ previous_shutdown: 'clean', started_at: at, uptime_s: 60, ...more }),
});
const before = birth(t0, 'a');
const back = birth(t0 + 2 * hour, 'b');
const goodbye = (reason: string) => ({ kind: 'offline', reason });
const noticed = { ...back, last_seen: t0 + 2 * hour - 300_000 };

test('a restart in order: another boot, with its time from the uptime', () => {
  const upAt = back.at - 60_000;
  assert.is(restartedAt({ before, back: noticed, last: goodbye('restart'), kind: 'server' }), upAt);
  assert.is(restartedAt({ before, back: noticed, last: { kind: 'lost', reason: null }, kind: 'server' }), upAt);
});

const none: [string, Parameters<typeof restartedAt>[0]][] = [
  [
    'the same boot',
    { before, back: birth(t0 + hour, 'a', { uptime_s: 50_000 }), last: goodbye('stop'), kind: 'server' },
  ],
  [
    'a crash',
    {
      before,
      back: { ...noticed, birth: birth(back.at, 'b', { previous_shutdown: 'unclean' }).birth },
      last: null,
      kind: 'server',
    },
  ],
  [
    'unknown how it went down',
    {
      before,
      back: { ...noticed, birth: birth(back.at, 'b', { previous_shutdown: 'unknown' }).birth },
      last: { kind: 'lost', reason: null },
      kind: 'server',
    },
  ],
  [
    'a workstation that was off for the night',
    {
      before,
      back: { ...birth(t0 + 12 * hour, 'b'), last_seen: t0 + hour },
      last: goodbye('shutdown'),
      kind: 'workstation',
    },
  ],
];
for (const [what, facts] of none) test(`no restart: ${what}`, () => assert.is(restartedAt(facts), null));

test('a server that was shut down in order and started later was restarted, a workstation only within half an hour', () => {
  const long = { ...birth(t0 + 12 * hour, 'b'), last_seen: t0 + hour };
  assert.ok(restartedAt({ before, back: long, last: goodbye('shutdown'), kind: 'server' }) !== null);
  assert.ok(restartedAt({ before, back: noticed, last: goodbye('shutdown'), kind: 'workstation' }) !== null);
});

const rollout = {
  ...{ what: 'patch' as const, manager: 'apt', site: null, packages: ['a', 'b', 'c', 'd'] },
  ...{ start: t0, end: t0 + 10 * hour },
};
const patch = (at: number, packages: string[], manager = 'apt') => ({ what: 'patch' as const, at, packages, manager });

test('one roll-out: same manager, half of the smaller set, all within 24 hours', () => {
  assert.ok(joins(rollout, patch(t0 + 24 * hour, ['a', 'x']), null));
  assert.not.ok(joins(rollout, patch(t0 + 24 * hour + 1, ['a', 'x']), null), 'later');
  assert.not.ok(joins(rollout, patch(t0 - 14 * hour - 1, ['a', 'x']), null), 'earlier');
  assert.not.ok(joins(rollout, patch(t0, ['a', 'x', 'y']), null), 'too little in common');
  assert.not.ok(joins(rollout, patch(t0, ['a'], 'dnf'), null), 'another manager');
  assert.ok(joins(rollout, patch(t0, []), null), 'unknown what');
  const restart = { what: 'restart' as const, at: t0, packages: [], manager: null };
  assert.not.ok(joins(rollout, restart, null), 'another kind');
  const restarts = { ...rollout, what: 'restart' as const, manager: null, site: 'Osaka', packages: [] };
  assert.ok(joins(restarts, restart, 'Osaka'));
  assert.not.ok(joins(restarts, restart, 'Berlin'));
});

test.run();
