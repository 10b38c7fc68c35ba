/** The rings: who goes first, how many at once, what ends it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  atOnce,
  decide,
  failureLimit,
  isCutOff,
  orderOf,
  placeOf,
  type RingFacts,
  type RingMachine,
  ringsOf,
  type Turn,
} from '../../../collector/updates/rings.ts';
import { type UpdateRing, usualUpdateNumbers } from '../../../shared/update-choices.ts';
import type { AgentUpdateReport } from './machine.ts';
import { machine, release, said } from './machine.ts';

const test = suite('rings of updates');
const hour = 3_600_000;
const start = Date.UTC(2026, 10, 28);

const fleetOf = (n: number, more: (n: number) => Partial<RingMachine> = () => ({})): RingMachine[] =>
  Array.from({ length: n }, (_, i) => machine({ id: `e${String(i).padStart(5, '0')}`, seenAt: start, ...more(i) }));
const facts = (machines: RingMachine[], more: Partial<RingFacts> = {}): RingFacts => ({
  ...{ now: start, numbers: usualUpdateNumbers, release, machines, listeningSince: 0 },
  rollout: { stage: 'canary', stageAt: start, resumedAt: 0 },
  ...more,
});
const ringCounts = (rings: Map<string, UpdateRing>) => {
  const all = [...rings.values()];
  return (['canary', 'second', 'all'] as const).map((ring) => all.filter((one) => one === ring).length);
};
const turn = (ring: UpdateRing, result: Turn['result'] = 'open', at = start): Turn => ({
  ...{ ring, at, from: '1.0.0', result, resultAt: at },
});
/** Gives the turns of a decision, as the state would keep them. */
function told(machines: RingMachine[], from: RingFacts, result: Turn['result'] = 'open'): RingMachine[] {
  const offers = new Map(decide(from, false).offers.map(({ id, ring }) => [id, ring]));
  return machines.map((one) => {
    const ring = offers.get(one.id);
    return ring ? { ...one, turn: turn(ring, result, from.now) } : one;
  });
}

test('canary: 2 %, at most 10, at least one of each target; another order for each version', () => {
  assert.equal(ringCounts(ringsOf(facts(fleetOf(100)))), [2, 10, 88]);
  assert.equal(ringCounts(ringsOf(facts(fleetOf(20)))), [1, 2, 17]);
  assert.equal(ringCounts(ringsOf(facts(fleetOf(5000)))), [10, 500, 4490]);
  assert.equal(ringCounts(ringsOf(facts(fleetOf(1)))), [1, 0, 0]);
  const mixed = fleetOf(50, (n) => (n === 7 ? { target: 'win-x64' } : {}));
  const rings = ringsOf(facts(mixed));
  assert.is(rings.get('e00007'), 'canary');
  assert.is(ringCounts(rings)[0], 2);
  assert.is.not(orderOf('e1', '1.4.2'), orderOf('e1', '1.4.3'));
});

test('tagged ones are the canaries; a target that has none gets one; those that are off come last', () => {
  const tagged = fleetOf(100, (n) => (n < 3 ? { tags: ['Canary'] } : n === 50 ? { target: 'macos-arm64' } : {}));
  const rings = ringsOf(facts(tagged));
  for (const id of ['e00000', 'e00001', 'e00002']) assert.is(rings.get(id), 'canary');
  assert.is(rings.get('e00050'), 'canary');
  assert.is(ringCounts(rings)[0], 4);
  const many = ringsOf(facts(fleetOf(100, () => ({ tags: ['canary'] }))));
  assert.is(ringCounts(many)[0], 10);
  const off = ringsOf(facts(fleetOf(30, (n) => ({ isOnline: n === 29 }))));
  assert.is(off.get('e00029'), 'canary');
});

test('who is told has a place in words, and nobody is told who cannot take it', () => {
  const place = (more: Partial<RingMachine>) => placeOf(machine(more), release);
  assert.is(place({ version: '1.4.2' }), 'has');
  assert.is(place({ version: '1.5.0' }), 'has');
  assert.is(place({ isAble: false }), 'old');
  assert.is(place({ target: 'win-arm64' }), 'no_package');
  assert.is(place({ said: said({ form: 'source' }) }), 'no_package');
  assert.is(place({ said: said({ form: 'deb' }) }), 'told');
  assert.is(place({ said: said({ allow: 'notify' }) }), 'told');
  assert.is(place({ said: said({ allow: 'off' }) }), 'locked');
  assert.is(place({ version: '0.9.0' }), 'step');
  assert.is(place({ isOnline: false }), 'offline');
  assert.is(place({}), 'waiting');
  const nobody = facts([
    machine({ id: 'a', said: said({ form: 'rpm' }) }),
    machine({ id: 'b', said: said({ allow: 'off' }) }),
    machine({ id: 'c', isAble: false }),
    machine({ id: 'd', isOnline: false }),
  ]);
  assert.equal(decide(nobody, false).offers, []);
});

test('at once: 25 or 5 %, whichever is fewer, and one always; never two of one ha: tag', () => {
  assert.is(atOnce(facts([]), 5000), 25);
  assert.is(atOnce(facts([]), 100), 5);
  assert.is(atOnce(facts([]), 3), 1);
  const numbers = { ...usualUpdateNumbers, canary_percent: 50, canary_most: 50, at_once_percent: 100 };
  const pairs = fleetOf(8, (n) => ({ tags: [`ha:${n < 4 ? 'db' : 'WEB'}`] }));
  const offers = decide(facts(pairs, { numbers }), false).offers;
  assert.ok(offers.length <= 2, 'at most one of each pair');
  const next = decide(facts(told(pairs, facts(pairs, { numbers })), { numbers }), false);
  assert.equal(
    next.offers.filter(({ id }) => offers.some((one) => one.id === id)),
    [],
  );
  const after = told(pairs, facts(pairs, { numbers }));
  for (const { id } of decide(facts(after, { numbers }), false).offers) {
    const tag = pairs.find((one) => one.id === id)?.tags[0]?.toLowerCase();
    assert.not(after.some((one) => one.turn && one.tags[0]?.toLowerCase() === tag));
  }
});

test('the same facts give the same decision, and told ones are not told again', () => {
  const fleet = fleetOf(100);
  assert.equal(decide(facts(fleet), false), decide(facts([...fleet].reverse()), false));
  const after = told(fleet, facts(fleet));
  assert.is(decide(facts(after), false).offers.length, 0, 'both canaries are on their way');
});

test('from ring to ring: after its time, when somebody runs the release and nobody is on the way', () => {
  const numbers = usualUpdateNumbers;
  const fleet = fleetOf(100);
  const open = told(fleet, facts(fleet));
  const late = { now: start + 5 * hour };
  assert.is(decide(facts(open, { ...late, numbers: { ...numbers, silent_s: 86_400 } }), false).stage, null);
  const proven = open.map((one) => (one.turn ? { ...one, version: '1.4.2', turn: turn('canary', 'proven') } : one));
  assert.is(decide(facts(proven, { now: start + 3 * hour }), false).stage, null, 'not before 4 h');
  const next = decide(facts(proven, late), false);
  assert.is(next.stage, 'second');
  assert.is(next.offers.length, 5);
  assert.ok(next.offers.every(({ ring }) => ring === 'second'));
  const second = { stage: 'second' as const, stageAt: start, resumedAt: 0 };
  const done = proven.map((one, n) =>
    one.turn || n >= 40 ? one : { ...one, version: '1.4.2', turn: turn('second', 'proven') },
  );
  assert.is(decide(facts(done, { now: start + 25 * hour, rollout: second }), false).stage, 'all');
  assert.is(decide(facts(done, { now: start + 23 * hour, rollout: second }), false).stage, null);
});

test('ends: one failure in the canary, 2 or 2 % in the second ring, 2 or 1 % later', () => {
  assert.is(failureLimit('canary', 10, usualUpdateNumbers), 1);
  assert.is(failureLimit('second', 20, usualUpdateNumbers), 2);
  assert.is(failureLimit('second', 500, usualUpdateNumbers), 10);
  assert.is(failureLimit('all', 4490, usualUpdateNumbers), 45);
  const fleet = told(fleetOf(100), facts(fleetOf(100)));
  const [first] = fleet.filter(({ turn: mine }) => mine);
  const back = fleet.map((one) =>
    one === first ? { ...one, said: said({ state: 'fell-back', at: start + 1 }) } : one,
  );
  const decision = decide(facts(back, { now: start + 60_000 }), false);
  assert.equal(decision.stop, { why: 'failed', ring: 'canary', found: 1, limit: 1 });
  assert.equal(decision.offers, []);
  // Seen by a person, who went on.
  const seen = back.map((one) => (one === first ? { ...one, turn: turn('canary', 'fell_back', start + 1) } : one));
  const resumed = { stage: 'canary' as const, stageAt: start, resumedAt: start + 2 };
  assert.is(decide(facts(seen, { rollout: resumed }), false).stop, null);
});

test('silent: begun and gone for 15 minutes; asleep before it began: another goes first', () => {
  const at = (one: RingMachine, minutes: number) =>
    decide(facts([one, machine({ id: 'b' })], { now: start + minutes * 60_000 }), false);
  const gone = { isOnline: false, turn: turn('canary'), seenAt: start };
  const trial = machine({ id: 'a', ...gone, said: said({ state: 'trial', at: start + 1 }) });
  assert.equal(at(trial, 14).results, []);
  assert.equal(at(trial, 16).results, [{ id: 'a', result: 'silent' }]);
  assert.is(at(trial, 16).stop?.why, 'failed');
  assert.equal(at(machine({ id: 'a', ...gone }), 1).taken, ['a']);
  assert.equal(at(machine({ id: 'a', ...gone, isLost: true }), 16).results, [{ id: 'a', result: 'silent' }]);
  // It comes back with the release: silent no more.
  const back = machine({ id: 'a', version: '1.4.2', turn: turn('canary', 'silent') });
  assert.equal(at(back, 20).results, [{ id: 'a', result: 'proven' }]);
});

test('there and idle for an hour: it may still take it, and holds nobody up', () => {
  const lazy = machine({ id: 'a', turn: turn('canary'), seenAt: start + hour });
  const decision = decide(facts([lazy], { now: start + 61 * 60_000 }), false);
  assert.equal(decision.results, [{ id: 'a', result: 'late' }]);
  const later = machine({
    id: 'a',
    turn: turn('canary', 'late'),
    said: said({ state: 'proven', at: start + 1 }),
    version: '1.4.2',
  });
  assert.equal(decide(facts([later]), false).results, [{ id: 'a', result: 'proven' }]);
});

test('more than a fifth of the others silent together: the collector was cut off; no silence counts', () => {
  const cut = fleetOf(20, (n) => (n < 5 ? { isOnline: false, isLost: true } : {}));
  assert.ok(isCutOff(facts(cut)));
  assert.not(isCutOff(facts(fleetOf(20, (n) => (n < 4 ? { isOnline: false, isLost: true } : {})))));
  const asleep = fleetOf(20, (n) => (n < 15 ? { isOnline: false } : {}));
  assert.not(isCutOff(facts(asleep)), 'whoever says goodbye is not silent');
  const gone = machine({ id: 'z', isOnline: false, isLost: true, turn: turn('canary') });
  const decision = decide(facts([...cut, gone], { now: start + hour }), true);
  assert.equal([decision.results, decision.offers, decision.stop], [[], [], null]);
  // From when it listens again, the time begins anew.
  const again = facts([gone, ...fleetOf(20)], { now: start + hour, listeningSince: start + hour - 60_000 });
  assert.equal(decide(again, false).results, []);
});

test('a bad release in a fleet of 500 touches no more than the canaries', () => {
  let fleet = fleetOf(500);
  let stopped = false;
  for (let minute = 0; minute < 600 && !stopped; minute++) {
    const now = start + minute * 60_000;
    const decision = decide(facts(fleet, { now }), false);
    stopped = decision.stop !== null;
    const offers = new Map(decision.offers.map(({ id, ring }) => [id, ring]));
    fleet = fleet.map((one) => {
      const ring = offers.get(one.id);
      if (ring)
        return { ...one, isOnline: false, turn: turn(ring, 'open', now), said: said({ state: 'trial', at: now + 1 }) };
      const result = decision.results.find(({ id }) => id === one.id)?.result;
      return result && one.turn ? { ...one, turn: { ...one.turn, result, resultAt: now } } : one;
    });
  }
  assert.ok(stopped);
  const touched = fleet.filter((one) => one.turn !== null).length;
  assert.ok(touched >= 1 && touched <= 10, String(touched));
});

test('a refusal of the release counts, one of the machine does not', () => {
  const of = (code: string): AgentUpdateReport => said({ state: 'refused', at: start + 1, reason: { code } });
  const result = (code: string) =>
    decide(facts([machine({ id: 'a', turn: turn('canary'), said: of(code) })]), false).results[0]?.result;
  assert.is(result('update_unsigned'), 'refused');
  assert.is(result('update_no_room'), 'late');
});

test.run();
