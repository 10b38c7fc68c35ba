import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type EscalationEvent,
  type EscalationLog,
  type EscalationRun,
  onDue,
  onEvent,
  start,
  type WhoIs,
} from '../../../collector/on-call/escalation.ts';

const minute = 60_000;
const policy = {
  name: 'ops',
  steps: [
    { targets: ['ann'], wait: 5 * minute },
    { targets: ['bob', 'ann', 'bob'], wait: 10 * minute },
  ],
  repeat: 1,
  fallback: 'channel:ops',
};
const all: WhoIs = (target) => [target];

/** Runs events at minutes, with everything that is due before each. @returns the log, by minutes */
function play(events: [number, EscalationEvent][], until = 120, who = all, suppressedBy: string[] = []) {
  const log: EscalationLog[] = [];
  const begun = start(policy, 0, who, suppressedBy);
  let { run } = begun;
  const take = (outcome: { run: EscalationRun; log: EscalationLog[] }) => {
    log.push(...outcome.log);
    // A restart of the collector reads it back.
    run = JSON.parse(JSON.stringify(outcome.run)) as EscalationRun;
  };
  const runTo = (at: number) => {
    while (run.nextAt !== null && run.nextAt <= at) take(onDue(run, run.nextAt, who));
  };
  take(begun);
  for (const [at, event] of events) {
    runTo(at * minute);
    take(onEvent(run, event, at * minute));
    runTo(at * minute);
  }
  runTo(until * minute);
  return log.map(({ at, event, round, step, users }) =>
    [at / minute, event, ...(round ? [`${round}.${step}`] : []), users.join(' ')].join(' '),
  );
}

test('a person who is reached twice in a step is notified once', () => {
  assert.is(play([])[1], '5 notify 1.2 bob ann');
});

test('a step that is due when somebody acknowledges is still sent', () => {
  assert.equal(play([[5, { type: 'acknowledge', until: null }]]), ['0 notify 1.1 ann', '5 notify 1.2 bob ann']);
});

test('unknown pauses: the step that was next follows after the whole wait of the one before', () => {
  const log = play([
    [3, { type: 'unknown' }],
    [33, { type: 'back' }],
    [40, { type: 'resolve' }],
  ]);
  assert.equal(log, ['0 notify 1.1 ann', '38 notify 1.2 bob ann', '40 resolved ann bob']);
});

test('two suppressions: the run begins anew when the last of them has let go', () => {
  const log = play([
    [1, { type: 'suppress', by: 'maintenance' }],
    [10, { type: 'suppress', by: 'silence' }],
    [20, { type: 'release', by: 'maintenance', after: 5 * minute }],
    [30, { type: 'release', by: 'silence', after: minute / 2 }],
    [31, { type: 'acknowledge', until: null }],
  ]);
  assert.equal(log, ['0 notify 1.1 ann', '30.5 notify 1.1 ann']);
});

test('a suppression that comes back while it lets go holds on', () => {
  const log = play([
    [1, { type: 'suppress', by: 'maintenance' }],
    [2, { type: 'release', by: 'maintenance', after: 5 * minute }],
    [4, { type: 'suppress', by: 'maintenance' }],
    [60, { type: 'resolve' }],
  ]);
  assert.equal(log, ['0 notify 1.1 ann', '60 resolved ann']);
});

test('an acknowledgement that expires inside a suppression restarts it after that', () => {
  const log = play([
    [1, { type: 'acknowledge', until: 10 * minute }],
    [5, { type: 'suppress', by: 'silence' }],
    [20, { type: 'release', by: 'silence', after: 0 }],
    [21, { type: 'acknowledge', until: null }],
  ]);
  assert.equal(log, ['0 notify 1.1 ann', '10 acknowledgement ended ', '20 notify 1.1 ann']);
});

test('a suppression that ends while it is acknowledged restarts nothing', () => {
  const log = play(
    [
      [1, { type: 'acknowledge', until: 100 * minute }],
      [5, { type: 'suppress', by: 'silence' }],
      [20, { type: 'release', by: 'silence', after: 0 }],
    ],
    99,
  );
  assert.equal(log, ['0 notify 1.1 ann']);
});

test('a worse level voids an acknowledgement that is not sticky; one that nobody acknowledged goes on', () => {
  const after = (isSticky: boolean) =>
    play([
      [1, { type: 'acknowledge', until: null }],
      [2, { type: 'worse', isSticky }],
      [3, { type: 'stop' }],
    ]);
  assert.equal(after(false), ['0 notify 1.1 ann', '2 acknowledgement ended ', '2 notify 1.1 ann']);
  assert.equal(after(true), ['0 notify 1.1 ann']);
  const open = play([
    [1, { type: 'worse', isSticky: false }],
    [6, { type: 'stop' }],
  ]);
  assert.equal(open, ['0 notify 1.1 ann', '5 notify 1.2 bob ann']);
});

test('who goes between rounds leaves an empty step; a round in which nobody is left is not repeated', () => {
  const untilTen: WhoIs = (target, at) => (target.startsWith('channel:') || at < 10 * minute ? [target] : []);
  assert.equal(play([], 120, untilTen), [
    '0 notify 1.1 ann',
    '5 notify 1.2 bob ann',
    '15 skipped 2.1 ',
    '15 skipped 2.2 ',
    '15 exhausted channel:ops',
  ]);
});

test('the fallback gets the end as well, once', () => {
  const log = play([
    [100, { type: 'resolve' }],
    [101, { type: 'resolve' }],
    [102, { type: 'withdraw' }],
  ]);
  assert.is(log.at(-1), '100 resolved ann bob channel:ops');
});

test('one that fired and ended in a suppression notifies nobody', () => {
  assert.equal(play([[5, { type: 'resolve' }]], 60, all, ['maintenance']), []);
});

const anyEvent: fc.Arbitrary<EscalationEvent> = fc.oneof(
  fc.record({ type: fc.constant('acknowledge' as const), until: fc.option(fc.integer({ min: 0, max: 120 * minute })) }),
  fc.record({ type: fc.constantFrom('withdraw' as const, 'unknown' as const, 'back' as const) }),
  fc.record({ type: fc.constant('suppress' as const), by: fc.constantFrom('a', 'b') }),
  fc.record({
    type: fc.constant('release' as const),
    by: fc.constantFrom('a', 'b'),
    after: fc.integer({ min: 0, max: 9 * minute }),
  }),
  fc.record({ type: fc.constant('worse' as const), isSticky: fc.boolean() }),
);

test('nobody is notified while it is suppressed or acknowledged, and whoever was notified gets one end', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), anyEvent), { maxLength: 12 }), (list) => {
      const events = list.sort((a, b) => a[0] - b[0]);
      const log = play([...events, [110, { type: 'resolve' }]]);
      const told = new Set(
        log
          .filter((line) => / (notify|exhausted) /.test(line))
          .flatMap((line) => line.split(' ').slice(line.includes('exhausted') ? 2 : 3)),
      );
      const ends = log.filter((line) => line.includes(' resolved '));
      assert.is(ends.length, 1);
      assert.equal(new Set(ends[0]?.split(' ').slice(2)), told);
      const held = new Set<string>();
      for (const [i, [at, event]] of events.entries()) {
        if (event.type === 'suppress') held.add(event.by);
        if (event.type === 'release') held.delete(event.by);
        const next = events[i + 1]?.[0] ?? 110;
        if (held.size === 0) continue;
        const inside = log.filter((line) => {
          const minutes = Number(line.split(' ')[0]);
          return line.includes(' notify ') && minutes > at && minutes < next;
        });
        assert.equal(inside, []);
      }
    }),
    { numRuns: 300 },
  );
});

test.run();
