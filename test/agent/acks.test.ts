/** Acknowledgements: when what was not acknowledged is sent again, and which conflicts are noted. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAckTracker } from '../../agent/acks.ts';
import { openSpool } from '../../agent/spool.ts';
import { silentLog } from '../../shared/log.ts';

const minute = 60_000;
const identity = { endpoint: 'abcdefgh', name: 'one' };

function acksOf(entries: number) {
  const spool = openSpool({ path: ':memory:', bootId: 'boot', log: silentLog });
  const time = { now: 1_000_000 };
  const clock = { now: () => time.now, monotonic: () => time.now };
  const put = () =>
    spool.put('report', time.now, ({ epoch, seq }) => ({ v: 1, epoch, seq, at: time.now, metrics: [] }));
  const [first] = Array.from({ length: entries }, put);
  const acks = createAckTracker({ spool, clock, log: silentLog });
  const ackOf = (through: number) => ({ epoch: spool.state().epoch, through, also: [] as [number, number][] });
  return { spool, time, acks, first, put, ackOf };
}

test('sent again after a minute without an ack, then at growing intervals up to a quarter of an hour', () => {
  const { spool, time, acks, first } = acksOf(2);
  const connectedAt = time.now;
  const waits: number[] = [];
  for (let since = 0; waits.length < 7; since += minute) {
    const overdue = acks.takeOverdue(connectedAt);
    if (overdue) {
      assert.is(overdue.seq, first?.seq, 'from the oldest on');
      waits.push(since / minute);
      since = 0;
    }
    time.now += minute;
  }
  assert.equal(waits, [1, 2, 4, 8, 15, 15, 15]);
  spool.close();
});

test('an ack starts the intervals from the beginning, and so does a new connection for its first minute', () => {
  const { spool, time, acks, put, ackOf } = acksOf(2);
  const connectedAt = time.now;
  time.now += minute;
  assert.ok(acks.takeOverdue(connectedAt));
  acks.take(ackOf(1), ackOf(1), identity);
  assert.is(acks.state().lastAck, time.now);
  // What was acknowledged leaves with the next entry.
  put();
  time.now += minute - 1;
  assert.is(acks.takeOverdue(connectedAt), null);
  time.now += 1;
  assert.is(acks.takeOverdue(time.now - 1), null, 'this connection is new');
  assert.is(acks.takeOverdue(connectedAt)?.seq, 2);
  time.now += 60 * minute;
  acks.take(ackOf(3), ackOf(3), identity);
  time.now += 60 * minute;
  assert.is(acks.takeOverdue(connectedAt), null, 'nothing waits');
  spool.close();
});

test('an ack that leaves a hole does not put its resending off: an external broker may have thrown the message away', () => {
  const { spool, time, acks, put } = acksOf(2);
  const connectedAt = time.now;
  for (let seq = 2; seq <= 8; seq++) {
    time.now += 10_000;
    const later = { epoch: spool.state().epoch, through: 0, also: [[2, seq]] as [number, number][] };
    acks.take(later, later, identity);
    put();
  }
  assert.is(acks.takeOverdue(connectedAt)?.seq, 1);
  assert.is(acks.takeOverdue(connectedAt), null, 'not before its time');
  spool.close();
});

test('an entry younger than the interval is not overdue, however long the connection is', () => {
  const { spool, time, acks } = acksOf(0);
  time.now += 60 * minute;
  spool.put('report', time.now, ({ epoch, seq }) => ({ v: 1, epoch, seq, at: time.now, metrics: [] }));
  assert.is(acks.takeOverdue(0), null);
  time.now += minute;
  assert.ok(acks.takeOverdue(0));
  spool.close();
});

test('conflicts: shared is noted once with its first time; other content renumbers', () => {
  const { spool, time, acks, ackOf } = acksOf(2);
  const none = ackOf(0);
  assert.not.ok(acks.take({ ...none, conflict: 'shared' }, none, identity));
  const since = time.now;
  time.now += minute;
  acks.take({ ...none, conflict: 'shared' }, none, identity);
  assert.is(acks.state().sharedSince, since);
  assert.is(acks.take({ ...none, conflict: 'content' }, none, identity), true);
  assert.is.not(spool.state().epoch, none.epoch);
  assert.is(acks.take({ ...none, conflict: 'content' }, none, identity), false, 'that epoch is in use no more');
  spool.close();
});

test.run();
