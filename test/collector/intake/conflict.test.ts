/** An acknowledgement means stored or declared lost: numbers that come twice, and messages that cannot be stored. */
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Ack, encode } from '../../../shared/report.ts';
import { counted, epochOf, makeReport, openStation, type Station, until } from '../../support/station.ts';

const id = 'econflictconflic';
const epoch = epochOf(7);
const test = suite('conflict');

async function withStation(work: (station: Station) => Promise<void>): Promise<void> {
  const station = await openStation({ endpoints: [id] });
  try {
    await work(station);
  } finally {
    await station.stop();
  }
}

/** A connection that listens for acks, and what its publications came to. */
async function join(station: Station) {
  const acks: Ack[] = [];
  const pubacked: string[] = [];
  const wire = station.wire(id, { onMessage: (_topic, payload) => acks.push(JSON.parse(payload.toString())) });
  await wire.connected;
  await wire.subscribe(station.topic(id, 'ack'));
  const send = (name: string, payload: Buffer, leaf: 'report' | 'backlog' | 'inventory' = 'report') =>
    wire.publish(station.topic(id, leaf), payload).then(
      () => void pubacked.push(name),
      () => undefined,
    );
  return { wire, acks, pubacked, send };
}

const lossesOf = async (station: Station) =>
  (await station.state.selectFrom('losses').select(['from_seq', 'to_seq', 'reason', 'count']).execute()).map((row) => ({
    ...row,
  }));

test('other content under the same number: no PUBACK, no place lost, and the agent is reported to leave the epoch', () =>
  withStation(async (station) => {
    const now = Date.now();
    const first = await join(station);
    await first.send('mine', encode(makeReport(epoch, 1, now)));
    const second = await join(station);
    const theirs = makeReport(epoch, 1, now);
    (theirs.metrics[0] as { fields: object }).fields = { usage_active: 99 };
    void second.send('theirs', encode(theirs));
    await until('the ack', () => second.acks.some((ack) => ack.conflict !== undefined));
    const { at: _, ...ack } = second.acks.at(-1) ?? {};
    assert.equal(ack, { epoch, through: 1, also: [], conflict: 'content' });
    await pause(100);
    assert.equal(second.pubacked, []);
    assert.is(station.evaluated.length, 1, 'it is judged when it comes again');
    assert.is(await counted(station.intake.counters.conflicts), 1);
    assert.is(await counted(station.intake.counters.waiting), 0);
    // As the agent does: on another connection, under another epoch.
    second.wire.cut();
    const third = await join(station);
    await third.send('again', encode({ ...theirs, epoch: epochOf(8) }));
    assert.equal(third.pubacked, ['again']);
    assert.is(station.store.stats().samples, 4);
  }));

test('the same report again is a duplicate however it is packed, and whatever had to be corrected in it', () =>
  withStation(async (station) => {
    const { send, pubacked, acks } = await join(station);
    const now = Date.now();
    const plain = Buffer.from(JSON.stringify(makeReport(epoch, 1, now)));
    // Its clock is an hour ahead: its times are moved by what is measured at its arrival.
    const ahead = encode(makeReport(epoch, 2, now + 3_600_000));
    const unknown = encode(
      makeReport(epoch, 3, now, { metrics: [{ name: 'nobody', tags: {}, fields: { knows: 1 }, timestamp: now }] }),
    );
    for (const round of ['a', 'b']) {
      await send(`plain ${round}`, plain);
      await send(`gzip ${round}`, gzipSync(plain, { level: round === 'a' ? 1 : 9 }));
      await send(`ahead ${round}`, ahead);
      await pause(30);
      await send(`unknown ${round}`, unknown);
    }
    assert.is(pubacked.length, 8);
    await until('the ack', () => acks.at(-1)?.through === 3);
    assert.ok(acks.every((ack) => ack.conflict === undefined));
    assert.is(await counted(station.intake.counters.conflicts), 0);
    // Nothing of the third could be stored, and it is acknowledged: so it is declared.
    assert.equal(await lossesOf(station), [{ from_seq: 3, to_seq: 3, reason: 'refused', count: 1 }]);
  }));

test('inventory and refused messages keep their numbers from others, too', () =>
  withStation(async (station) => {
    const { send, pubacked, acks } = await join(station);
    const section = (seq: number, reason: string) =>
      encode({
        ...{ v: 1, epoch, seq, at: Date.now(), section: 'checks' },
        data: [{ check: 'cpu', status: 'ok', reason, at: 1 }],
      });
    const one = section(1, 'one');
    await send('one', one, 'inventory');
    await send('one', one, 'inventory');
    const broken = Buffer.from(`{"v":1,"epoch":"${epoch}","seq":2,"at":"yesterday"}`);
    await send('two', broken);
    await send('two', broken);
    assert.equal(pubacked, ['one', 'one', 'two', 'two']);
    await until('the ack', () => acks.at(-1)?.through === 2);
    void send('other one', section(1, 'another'), 'inventory');
    await until('the first conflict', async () => (await counted(station.intake.counters.conflicts)) === 1);
    const { send: sendOther, pubacked: pubackedOther } = await join(station);
    void sendOther('other two', encode(makeReport(epoch, 2)));
    await until('the second conflict', async () => (await counted(station.intake.counters.conflicts)) === 2);
    await pause(50);
    assert.is(pubacked.length, 4);
    assert.equal(pubackedOther, []);
  }));

test('each message that will never be stored is declared lost before its number is acknowledged', () =>
  withStation(async (station) => {
    const { send, acks } = await join(station);
    const old = Date.now() - 40 * 86_400_000;
    // Longer than any retention ago, of an unknown measurement, of no shape; between them a good one.
    await send('old', encode(makeReport(epoch, 1, old)), 'backlog');
    await send('shapeless', Buffer.from(`{"epoch":"${epoch}","seq":2}`));
    await send('good', encode(makeReport(epoch, 3)));
    for (let seq = 4; seq <= 60; seq++) void send('flood', Buffer.from(`{"epoch":"${epoch}","seq":${seq}}`));
    await until('the acks', () => acks.at(-1)?.through === 60);
    const rows = await lossesOf(station);
    const numbers = rows.flatMap(({ from_seq, to_seq }) =>
      Array.from({ length: to_seq - from_seq + 1 }, (_, i) => from_seq + i),
    );
    const refused = Array.from({ length: 60 }, (_, i) => i + 1).filter((seq) => seq !== 3);
    assert.equal(
      numbers.sort((x, y) => x - y),
      refused,
    );
    assert.is(
      rows.reduce((sum, { count }) => sum + count, 0),
      refused.length,
    );
    assert.ok(rows.length < 6, 'numbers in a row share a row');
  }));

test('numbers that a loss covered and that come all the same are not thrown away', () =>
  withStation(async (station) => {
    const { send, acks } = await join(station);
    const lost = [{ epoch, from: 1, to: 9, reason: 'quota' as const, count: 9 }];
    await send('bearer', encode(makeReport(epoch, 10, Date.now(), { lost })));
    void send('five', encode(makeReport(epoch, 5)));
    await until('the ack', () => acks.at(-1)?.conflict === 'content');
  }));

test('two processes that take the connection from each other: both are named, and asked to enrol', () =>
  withStation(async (station) => {
    const reports = () => station.evaluated.filter(({ report }) => report.metrics[0]?.name === 'identity');
    const birth = (instance: string, hostname: string) =>
      JSON.stringify({
        ...{ state: 'online', session: instance, boot_id: 'b', started_at: 1, previous_shutdown: 'clean' },
        ...{ version: '0.1.0', instance, hostname },
      });
    const signOn = async (instance: string, hostname: string) => {
      const joined = await join(station);
      await joined.wire.publish(station.topic(id, 'presence'), birth(instance, hostname), { retain: true });
      return joined;
    };
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(16)) as [string, string, string];
    // Restarts of one machine: each process signs on, ends, and never comes back.
    await signOn(a, 'web-1');
    await signOn(a, 'web-1');
    await signOn(b, 'web-1');
    assert.is(reports().length, 0);
    await signOn(c, 'web-2');
    await signOn(b, 'web-1');
    assert.is(reports().length, 0, 'once there and back is no proof');
    const { send, acks } = await signOn(c, 'web-2');
    await until('the finding', () => reports().length === 1);
    const { report } = reports()[0] as { report: { metrics: object[] } };
    const { timestamp: _, ...metric } = report.metrics[0] as { timestamp: number };
    const host = 'web-1 (127.0.0.1), web-2 (127.0.0.1)';
    assert.equal(metric, { name: 'identity', tags: { host }, fields: { machines: 2 } });
    await send('any', encode(makeReport(epoch, 1)));
    await until('the ack', () => acks.at(-1)?.conflict === 'shared');
  }));

const birthOf = (instance: string) =>
  JSON.stringify({
    ...{ state: 'online', session: instance, boot_id: 'b', started_at: 1, previous_shutdown: 'clean' },
    ...{ version: '0.1.0', instance, hostname: 'web-1' },
  });
const [one, two] = ['a', 'b'].map((letter) => letter.repeat(16)) as [string, string];

test('two machines that are proven to share a credential take turns, and are counted', async () => {
  await using station = await openStation({
    endpoints: [id],
    limits: { takeOversAtOnce: 2, takeOversPerSecond: 0.001 },
  });
  const signOn = async (instance: string) => {
    const wire = station.wire(id);
    const code = await wire.connected;
    if (code === 0) await wire.publish(station.topic(id, 'presence'), birthOf(instance), { retain: true });
    return { wire, code };
  };
  const codes: number[] = [];
  let holder = await signOn(one);
  for (const instance of [two, one, two, one, two]) {
    holder = await signOn(instance);
    codes.push(holder.code);
  }
  for (const instance of [one, one, one]) codes.push((await signOn(instance)).code);
  assert.equal(codes, [0, 0, 0, 0, 0, 3, 3, 3]);
  assert.ok(holder.wire.isOpen, 'whoever is connected stays so');
  const { clones, refused } = station.intake.counters;
  assert.is(await counted(clones), 3);
  assert.is(await counted(refused, { reason: 'clone' }), 3);
  holder.wire.end();
  await until('the holder has left', () => station.intake.connected() === 0);
  assert.is((await signOn(one)).code, 0, 'nobody waits for nobody');
});

test('an agent that reconnects without end on a bad line is never told to wait for a clone', async () => {
  await using station = await openStation({
    endpoints: [id],
    limits: { takeOversAtOnce: 2, takeOversPerSecond: 0.001 },
  });
  for (let n = 0; n < 12; n++) {
    // Its last connection is still open, as where the line went away without a word.
    const wire = station.wire(id);
    assert.is(await wire.connected, 0, `connection ${n}`);
    await wire.publish(station.topic(id, 'presence'), birthOf(one), { retain: true });
  }
  assert.is(await counted(station.intake.counters.clones), 0);
});

test.run();
