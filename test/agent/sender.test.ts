/** The sender: which topic, in which order, how many in flight, and what a connection that has ended still does. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createSender, leafOf } from '../../agent/sender.ts';
import { openSpool } from '../../agent/spool.ts';
import type { SpoolKind } from '../../agent/spool-entry.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { until } from '../support/broker.ts';

test('reports of the last two intervals are live; older ones, and ones of the future, are backlog', () => {
  const leaf = (at: number, kind: SpoolKind = 'report') => leafOf({ kind, at }, 100_000, 10_000);
  assert.is(leaf(100_000), 'report');
  assert.is(leaf(80_000), 'report');
  assert.is(leaf(79_999), 'backlog');
  assert.is(leaf(120_000), 'report');
  assert.is(leaf(120_001), 'backlog');
  assert.is(leaf(0, 'inventory'), 'inventory');
});

function senderOf() {
  const spool = openSpool({ path: ':memory:', bootId: 'boot', log: silentLog });
  const sent: { seq: number; leaf: string; settle: (error?: Error) => void }[] = [];
  const connection = { isCurrent: true };
  const put = (kind: SpoolKind = 'report', at = Date.now()) =>
    spool.put(kind, at, ({ epoch, seq }) => ({ v: 1, epoch, seq, at }));
  const sender = createSender({
    spool,
    clock: systemClock,
    intervalMs: () => 10_000,
    publish: (leaf, { seq }, settle) => sent.push({ seq, leaf, settle }),
    isCurrent: () => connection.isCurrent,
  });
  const numbers = () => sent.map(({ seq }) => seq);
  return { spool, sent, connection, put, sender, numbers };
}

test('the newest report first, the backlog from the oldest on, inventory behind the newest too; none twice', async () => {
  const { spool, sent, put, sender, numbers } = senderOf();
  for (let i = 0; i < 3; i++) put('report', Date.now() - 3_600_000);
  put();
  put('inventory');
  sender.begin();
  await until('all of them', () => sent.length === 5);
  assert.equal(numbers(), [4, 1, 2, 3, 5]);
  assert.equal(
    sent.map(({ leaf }) => leaf),
    ['report', 'backlog', 'backlog', 'backlog', 'inventory'],
  );
  await until('the end of the backlog', () => sender.isCaughtUp());
  spool.close();
});

test('in flight: the backlog leaves room for live reports, and there are 32 at most; what is offered beyond follows in order', async () => {
  const { spool, sent, put, sender, numbers } = senderOf();
  for (let i = 0; i < 50; i++) put('report', Date.now() - 3_600_000);
  sender.begin();
  await until('the window', () => sent.length >= 24);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(sent.length < 32, `${sent.length} of the backlog`);
  for (let i = 0; i < 20; i++) sender.offer(put());
  assert.is(sent.length, 32);
  assert.is(numbers().at(-1), 50 + 32 - sent.findIndex(({ seq }) => seq === 51));
  for (let settled = 0; settled < 70; settled++) (await until('one more', () => sent[settled])).settle();
  assert.is(sent.length, 70);
  assert.is(new Set(numbers()).size, 70);
  assert.equal(numbers().slice(-2), [69, 70]);
  spool.close();
});

test('delivered is what the broker confirmed on this connection; one that is no longer current sends nothing', async () => {
  const { spool, sent, connection, put, sender } = senderOf();
  const entries = [put(), put(), put()];
  sender.begin();
  await until('all of them', () => sent.length === 3);
  sent.find(({ seq }) => seq === 1)?.settle();
  sent.find(({ seq }) => seq === 2)?.settle(new Error('cut'));
  connection.isCurrent = false;
  sent.find(({ seq }) => seq === 3)?.settle();
  const { epoch } = spool.state();
  assert.equal(sender.deliveredOf({ epoch, through: 3, also: [] }), { epoch, through: 0, also: [[1, 1]] });
  sender.repeat(entries[2] as (typeof entries)[number]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.is(sent.length, 3);
  connection.isCurrent = true;
  sender.repeat(entries[2] as (typeof entries)[number]);
  await until('all once more', () => sent.length === 6);
  spool.close();
});

test.run();
