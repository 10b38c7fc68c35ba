/** What ended between two proofs of life: every combination of facts, on a server and on a workstation, as a table. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { birthOf, sameBoot } from '../../../collector/kpi/absence.ts';
import { endpointAvailability, type Signal } from '../../../collector/kpi/availability.ts';
import { timelineOf } from '../../../collector/kpi/history.ts';
import { roundTheClock } from '../../../shared/calendar.ts';
import type { Presence } from '../../../shared/presence.ts';
import { openStation, until } from '../../support/station.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 2, 9);
const [gone, back] = [start + 60 * minute, start + 90 * minute];

/** A birth of an agent of today; without uptime, one of version 0.1.0. */
const birth = (boot: string, startedAt: number, more: Record<string, unknown> = {}) =>
  birthOf(boot, null, { started_at: startedAt, previous_shutdown: 'unclean', uptime_s: 40 * 3600, ...more });
const old = (boot: string, startedAt: number, reason: string) =>
  birthOf(boot, reason, { started_at: startedAt, previous_shutdown: reason });

interface Case {
  why: 'lost' | 'silent' | 'sleep' | 'shutdown' | 'stop' | 'unnoticed';
  back: ReturnType<typeof birthOf> | 'reports' | 'nobody' | null;
  server: string;
  workstation: string;
  /** Minutes of the absence that reports delivered later cover, from its start. */
  covered?: number;
  evidence?: string;
}

const boot60 = { uptime_s: 60 };
/** State and cause of each part of the half hour in which nothing came, with its minutes. */
const table: Record<string, Case> = {
  'agent killed, same boot': {
    why: 'lost',
    back: birth('a', 2),
    server: 'unknown agent_ended 30',
    workstation: 'unknown agent_ended 30',
    evidence: 'will same_boot new_agent agent_unclean',
  },
  'agent stopped while the link was away': {
    why: 'silent',
    back: birth('a', 2, { previous_shutdown: 'clean' }),
    server: 'unknown agent_ended 30',
    workstation: 'unknown agent_ended 30',
    evidence: 'silent same_boot new_agent agent_clean',
  },
  'agent of 0.1.0 killed, same boot': {
    why: 'lost',
    back: old('a', 2, 'unclean'),
    server: 'unknown agent_ended 30',
    workstation: 'unknown agent_ended 30',
  },
  'another agent process took over unnoticed': {
    why: 'unnoticed',
    back: birth('a', 2),
    server: 'unknown agent_ended 30',
    workstation: 'unknown agent_ended 30',
  },
  'link away for 20 minutes, then agent killed': {
    why: 'lost',
    back: birth('a', 2),
    covered: 20,
    server: 'up disconnected 20, unknown agent_ended 10',
    workstation: 'up disconnected 20, unknown agent_ended 10',
  },
  'restarted in order, goodbye never came': {
    why: 'lost',
    back: birth('b', 2, { ...boot60, previous_shutdown: 'clean', shutdown_source: 'login_records' }),
    server: 'down restart 30',
    workstation: 'idle restart 30',
    evidence: 'will new_boot shutdown_clean from_login_records',
  },
  'restarted, nobody knows how it ended': {
    why: 'silent',
    back: birth('b', 2, { ...boot60, previous_shutdown: 'unknown' }),
    server: 'down restart_unknown 30',
    workstation: 'idle restart_unknown 30',
  },
  'restarted without a shutdown': {
    why: 'silent',
    back: birth('b', 2, { ...boot60, shutdown_source: 'journal' }),
    server: 'down crash 30',
    workstation: 'down crash 30',
    evidence: 'silent new_boot shutdown_unclean from_journal',
  },
  'agent of 0.1.0, restarted without a shutdown': {
    why: 'lost',
    back: old('b', 2, 'unclean'),
    server: 'down crash 30',
    workstation: 'down crash 30',
  },
  'the kernel left a dump': {
    why: 'silent',
    back: birth('b', 2, { ...boot60, shutdown_cause: 'crash', shutdown_source: 'crash_dump' }),
    server: 'down kernel_crash 30',
    workstation: 'down kernel_crash 30',
  },
  'lost power': {
    why: 'silent',
    back: birth('b', 2, { ...boot60, shutdown_cause: 'power_loss', shutdown_source: 'event_log' }),
    server: 'down power_loss 30',
    workstation: 'down power_loss 30',
  },
  'a cause that this version does not know': {
    why: 'silent',
    back: birth('b', 2, { ...boot60, shutdown_cause: 'meteor', shutdown_source: 'telescope' }),
    server: 'down crash 30',
    workstation: 'down crash 30',
    evidence: 'silent new_boot shutdown_unclean',
  },
  'restarted within two minutes, the agent much later': {
    why: 'silent',
    back: birth('b', 2, { uptime_s: 20 * 60 }),
    server: 'down crash 10, unknown agent_late 20',
    workstation: 'down crash 10, unknown agent_late 20',
  },
  'link away, then a crash': {
    why: 'lost',
    back: birth('b', 2, boot60),
    covered: 20,
    server: 'up disconnected 20, down crash 10',
    workstation: 'up disconnected 20, down crash 10',
  },
  'a container was started anew: boot id of the host, uptime of its own': {
    why: 'lost',
    back: birth('a', 2, boot60),
    server: 'down crash 30',
    workstation: 'down crash 30',
  },
  'the clock was set where the id is a boot time': {
    why: 'lost',
    back: birth('boot-200', 2),
    server: 'unknown agent_ended 30',
    workstation: 'unknown agent_ended 30',
  },
  slept: {
    why: 'silent',
    back: birth('a', 1, { slept_s: 29 * 60 }),
    server: 'down sleep 30',
    workstation: 'idle sleep 30',
    evidence: 'silent same_boot slept',
  },
  'link away for 20 minutes, then slept': {
    why: 'silent',
    back: birth('a', 1, { slept_s: 9 * 60 }),
    covered: 20,
    server: 'up disconnected 20, down sleep 10',
    workstation: 'up disconnected 20, idle sleep 10',
  },
  'hung: memory or disks stalled': {
    why: 'silent',
    back: birth('a', 1, { stood_still_s: 29 * 60, stalled: true }),
    server: 'down hung 30',
    workstation: 'down hung 30',
    evidence: 'silent same_boot stood_still stalled',
  },
  'agent stood still, machine not stalled': {
    why: 'silent',
    back: birth('a', 1, { stood_still_s: 29 * 60, stalled: false }),
    server: 'unknown stood_still 30',
    workstation: 'unknown stood_still 30',
    evidence: 'silent same_boot stood_still not_stalled',
  },
  'agent or machine stood still, nothing tells which': {
    why: 'silent',
    back: birth('a', 1, { stood_still_s: 29 * 60 }),
    server: 'unknown stood_still 30',
    workstation: 'unknown stood_still 30',
  },
  'a short nap does not explain half an hour': {
    why: 'silent',
    back: birth('a', 1, { slept_s: 60 }),
    server: 'unknown disconnected 30',
    workstation: 'unknown disconnected 30',
  },
  'link away, all delivered': {
    why: 'lost',
    back: birth('a', 1),
    covered: 30,
    server: 'up disconnected 30',
    workstation: 'up disconnected 30',
    evidence: 'delivered_late',
  },
  'link away, reports lost': {
    why: 'lost',
    back: birth('a', 1),
    server: 'unknown disconnected 30',
    workstation: 'unknown disconnected 30',
    evidence: 'will same_boot same_agent nothing_delivered',
  },
  'agent of 0.1.0 reconnects, and does not watch its clocks': {
    why: 'lost',
    back: old('a', 1, 'unclean'),
    server: 'unknown disconnected 30',
    workstation: 'idle lost 30',
  },
  'same connection goes on': {
    why: 'silent',
    back: 'reports',
    server: 'unknown silent 30',
    workstation: 'unknown silent 30',
    evidence: 'silent same_connection',
  },
  'not back yet': {
    why: 'lost',
    back: 'nobody',
    server: 'down lost',
    workstation: 'idle lost',
    evidence: 'will not_back',
  },
  'no birth known, as before': { why: 'lost', back: null, server: 'down lost 30', workstation: 'idle lost 30' },
  'said that it sleeps': {
    why: 'sleep',
    back: birth('a', 1, { slept_s: 1700 }),
    server: 'down sleep 30',
    workstation: 'idle sleep 30',
    evidence: 'goodbye',
  },
  'said that it shuts down, and was killed once long before': {
    why: 'shutdown',
    back: birth('b', 2, { ...boot60, previous_shutdown: 'clean' }),
    server: 'down shutdown 30',
    workstation: 'idle shutdown 30',
  },
  'agent was stopped': { why: 'stop', back: birth('a', 2), server: 'unknown stop 30', workstation: 'unknown stop 30' },
};

function lineOf(kind: 'server' | 'workstation', one: Case) {
  const first = one.back && typeof one.back === 'object' && one.back.bootId === 'boot-200' ? 'boot-100' : 'a';
  const signals: Signal[] = [{ at: start, type: 'online', birth: birth(first, 1) }];
  const inferred = one.why === 'lost' || one.why === 'silent';
  if (inferred) signals.push({ at: gone + 20_000, type: one.why as 'lost', lastSeen: gone });
  else if (one.why !== 'unnoticed') signals.push({ at: gone, type: 'offline', reason: one.why });
  const online = { at: back, type: 'online', lastSeen: gone } as const;
  if (one.back === 'reports') signals.push({ ...online, sameConnection: true });
  else if (one.back === null) signals.push(online);
  else if (one.back !== 'nobody') signals.push({ ...online, birth: one.back, unclean: one.back.ended === 'unclean' });
  return endpointAvailability({
    class: kind,
    calendar: roundTheClock('UTC'),
    period: { start, end: start + 120 * minute },
    signals,
    initial: 'up',
    ...(one.covered ? { proved: [{ start: gone, end: gone + one.covered * minute }] } : {}),
  });
}

for (const [name, one] of Object.entries(table))
  for (const kind of ['server', 'workstation'] as const)
    test(`${kind}: ${name}`, () => {
      const { intervals, shares } = lineOf(kind, one);
      const parts = intervals.filter((part) => part.end > gone && part.start < back);
      const open = one.back === 'nobody';
      const words = parts.map((part) => {
        const minutes = open ? '' : ` ${(Math.min(part.end, back) - part.start) / minute}`;
        return `${part.state} ${part.cause}${minutes}`;
      });
      assert.is(words.join(', '), one[kind]);
      if (one.evidence) assert.is(parts.at(-1)?.evidence.join(' '), one.evidence);
      if (!one[kind].includes('down')) assert.is(shares.availability, 100, 'nothing lowers it');
    });

test('a reason that follows the first report is taken', () => {
  const { intervals } = endpointAvailability({
    class: 'workstation',
    calendar: roundTheClock('UTC'),
    period: { start, end: start + 120 * minute },
    signals: [
      { at: start, type: 'online', birth: birth('a', 1) },
      { at: gone + 60_000, type: 'silent', lastSeen: gone },
      { at: back, type: 'online', sameConnection: true },
      { at: back + 900, type: 'online', birth: birth('a', 1, { slept_s: 29 * 60 }) },
    ],
    initial: 'up',
  });
  assert.ok(intervals.some(({ state, cause }) => state === 'idle' && cause === 'sleep'));
});

test('a reconnect of the same process is never a crash, however the machine once went down', () => {
  const crashed = birth('a', 1, { uptime_s: 60 });
  const { minutes } = endpointAvailability({
    class: 'server',
    calendar: roundTheClock('UTC'),
    period: { start, end: start + 120 * minute },
    signals: [
      { at: start, type: 'online', unclean: true, birth: crashed },
      { at: gone, type: 'lost', lastSeen: gone },
      { at: back, type: 'online', unclean: true, birth: { ...crashed, uptimeMs: back - start } },
    ],
    initial: 'up',
  });
  assert.is(minutes.down, 0);
});

test('ids made from a boot time are the same to either side of a limit', () => {
  assert.equal(
    [sameBoot('boot-7', 'boot-8'), sameBoot('boot-7', 'boot-9'), sameBoot('x', 'x'), sameBoot('boot-7', 'x')],
    [true, false, true, false],
  );
});

test('births by hand through the real intake: a new boot is a crash, the same boot is not; unknown facts are ignored', async () => {
  const [crashing, killed] = ['ecrashingcrash01', 'ekilledkilledk01'];
  const station = await openStation({ endpoints: [crashing, killed] });
  try {
    const sign = async (id: string, session: string, boot: string, startedAt: number, more: object = {}) => {
      const wire = station.wire(id);
      await wire.connected;
      const said: Presence = {
        state: 'online',
        session: session.repeat(16),
        boot_id: boot,
        started_at: startedAt,
        previous_shutdown: 'unclean',
        version: '9.9',
        uptime_s: 100_000,
        ...more,
      };
      await wire.publish(station.topic(id, 'presence'), JSON.stringify(said), { retain: true });
      await until(`${id} online`, () => station.endpoint(id).state === 'online');
      return wire;
    };
    const begin = Date.now();
    const lose = async (id: string, wire: Awaited<ReturnType<typeof sign>>, session: string) => {
      const will = { state: 'lost', session: session.repeat(16) };
      await wire.publish(station.topic(id, 'presence'), JSON.stringify(will), { retain: true });
      wire.cut();
      await until(`${id} lost`, () => station.endpoint(id).state === 'lost');
    };
    await lose(crashing, await sign(crashing, 'a', 'boot one', 1), 'a');
    await lose(killed, await sign(killed, 'a', 'boot one', 1), 'a');
    // Three minutes ago by the collector's own rows: no one waits for them here.
    await station.state
      .updateTable('signals')
      .set((eb) => ({ at: eb('at', '-', 180_000), last_seen: eb('last_seen', '-', 180_000) }))
      .execute();
    await station.state
      .updateTable('watches')
      .set({ from_at: begin - 3_600_000 })
      .execute();
    await sign(crashing, 'b', 'boot two', 2, { uptime_s: 30, newest: 'fact', shutdown_cause: 'crash' });
    await sign(killed, 'b', 'boot one', 2, { something_newer: { than: 'this' } });
    const now = Date.now();
    const line = async (id: string) => timelineOf(station.state, id, begin - 3_600_000, now, now);
    const first = async (id: string) => (await line(id)).map(({ state, cause }) => `${state} ${cause}`)[0];
    assert.is(await first(crashing), 'down kernel_crash');
    assert.is(await first(killed), 'unknown agent_ended');
  } finally {
    await station.stop();
  }
});

test.run();
