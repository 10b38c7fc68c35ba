/** Messages of an endpoint with a valid credential, through the real intake into the real store: each gets its answer. */
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../../shared/clock.ts';
import { encode } from '../../../shared/report.ts';
import { createMeasuring } from '../../simulate/agent.ts';
import { makeMachine } from '../../simulate/machine.ts';
import { epochOf, makeReport, openStation } from '../../support/station.ts';
import type { Target } from '../target.ts';

const fuzzed = 'efuzzedfuzzedfuz';
const honest = 'ehonesthonesthon';
const leaves = ['report', 'backlog', 'inventory', 'presence'] as const;
const answerMs = 30_000;
const unlimited = { perHour: 1e12, burst: 1e12 };

/** What a simulated server sends first: a report of all metrics, and each section of its inventory. */
async function messagesOf(): Promise<Buffer[]> {
  const sections: [string, unknown][] = [];
  const machine = makeMachine(7, 1, Date.now(), 'server');
  const send = (section: string, data: unknown) => void sections.push([section, data]);
  const measuring = createMeasuring({ machine, clock: systemClock, waiting: () => 0, send });
  const { metrics } = await measuring.measure();
  const head = { v: 1, epoch: epochOf(1), seq: 1, at: Date.now() };
  const lost = [{ epoch: epochOf(2), from: 1, to: 3, reason: 'quota', count: 3 }];
  const online = {
    state: 'online',
    session: epochOf(3),
    boot_id: 'b',
    started_at: head.at,
    previous_shutdown: 'clean',
  };
  return [
    { ...head, interval_s: 10, metrics },
    { ...head, interval_s: 10, metrics: metrics.slice(0, 2), lost },
    ...sections.map(([section, data]) => ({ ...head, section, data })),
    { ...online, version: '0.1.0', hostname: 'host', uptime_s: 5 },
  ].map((message) => Buffer.from(JSON.stringify(message)));
}

async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = pause(answerMs, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`no answer to ${what} within ${answerMs} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
    late.catch(() => undefined);
  }
}

export async function openPayloads(): Promise<Target> {
  const station = await openStation({
    endpoints: [fuzzed, honest],
    // The fuzzer is a flood; what floods cost is tested elsewhere.
    budgets: { cpu: unlimited, inventory: unlimited, epochs: unlimited, rows: unlimited, alerts: unlimited },
    limits: { messagesPerSecond: 1e6, messagesAtOnce: 1e6, connectsPerSecond: 1e6, connectsAtOnce: 1e6 },
  });
  const neighbour = station.wire(honest);
  await neighbour.connected;
  let count = 0;
  /** A number that brought other content before is answered on the topic `ack` alone: its agent is to begin anew. */
  let refused = () => undefined as unknown;
  const onMessage = (_topic: string, payload: Buffer) => JSON.parse(payload.toString()).conflict && refused();
  async function join() {
    const opened = station.wire(fuzzed, { onMessage });
    await inTime('CONNECT', opened.connected);
    await inTime('SUBSCRIBE', opened.subscribe(station.topic(fuzzed, 'ack')));
    return opened;
  }
  let wire = await join();

  return {
    ...{ samples: await messagesOf(), longest: 256 * 1024, cpuMs: 2_000 },
    async take(input) {
      const leaf = leaves[input.length % leaves.length] as (typeof leaves)[number];
      // Each under an epoch of its own, as long as nothing has been changed there.
      const plain = Buffer.from(input.toString('latin1').replaceAll(epochOf(1), epochOf(1_000 + ++count)), 'latin1');
      const bytes = count % 3 === 0 ? gzipSync(plain, { level: 1 }) : plain;
      if (!wire.isOpen) wire = await join();
      const conflict = new Promise<void>((resolve) => {
        refused = () => resolve(wire.cut());
      });
      // That the connection is ended is an answer, too.
      const ended = wire.closed;
      const sent = wire.publish(station.topic(fuzzed, leaf), bytes, { retain: leaf === 'presence' });
      await inTime(`a message on ${leaf}`, Promise.race([sent.catch(() => undefined), ended, conflict]));
      if (count % 50 > 0) return;
      const seq = count / 50;
      await inTime(
        'the neighbour',
        neighbour.publish(station.topic(honest, 'report'), encode(makeReport(epochOf(9), seq))),
      );
      const { through } = station.store.receipt(honest, epochOf(9));
      if (through !== seq) throw new Error(`the neighbour's report ${seq} is acknowledged, and ${through} are stored`);
    },
    close: () => station.stop(),
  };
}
