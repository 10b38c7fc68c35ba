/** Late reports keep their times, wrong clocks are corrected, and one is not taken for the other. */
import { suite, test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ClockTrack, correctionOf, createTrack, observe } from '../../../collector/intake/times.ts';
import { encode } from '../../../shared/report.ts';
import { counted, epochOf, makeReport, openStation, type Station, until } from '../../support/station.ts';

const start = Date.parse('2026-11-22T12:00:00Z');
const epoch = epochOf(1);

/** Feeds reports by [seq, made by the endpoint's clock, received], all in s after the start; answers the corrections in s. */
function corrections(track: ClockTrack, reports: readonly (readonly [seq: number, made: number, received: number])[]) {
  return reports.map(([seq, made, received]) => {
    const at = start + made * 1000;
    observe(track, { epoch, seq, at, intervalMs: 10_000 }, start + received * 1000);
    return correctionOf(track.offset, at - (start + received * 1000)) / 1000 + 0;
  });
}

/** Reports each 10 s from `from`, `delay` s after they were made by a clock that is `offset` s ahead. */
const onTime = (count: number, from = 0, offset = 0, delay = 0.05, seq = 1) =>
  Array.from({ length: count }, (_, n) => [seq + n, from + n * 10 + offset, from + n * 10 + delay] as const);

test('what piled up while the collector was paused keeps its times', () => {
  const track = createTrack(-14);
  corrections(track, onTime(5));
  const late = Array.from({ length: 6 }, (_, n) => [6 + n, 50 + n * 10, 110 + n * 0.01] as const);
  assert.equal(corrections(track, late), [0, 0, 0, 0, 0, 0]);
  assert.ok((track.offset ?? 0) > -1000, 'and the offset stays what it was');
});

test('so it does right after a start, when only the saved offset is known', () => {
  assert.equal(corrections(createTrack(-14), [[9, 0, 60]]), [0]);
});

test('what piled up of a clock that is ahead is moved by its offset, not to the present', () => {
  const track = createTrack(null);
  assert.equal(corrections(track, onTime(3, 0, 120)), [119.95, 119.95, 119.95]);
  const late = Array.from({ length: 6 }, (_, n) => [4 + n, 30 + n * 10 + 120, 90 + n * 0.01] as const);
  assert.equal(corrections(track, late), Array(6).fill(119.95));
});

test('a clock set back shows at once, by reports that go back; one set forward too', () => {
  const track = createTrack(0);
  corrections(track, onTime(3));
  assert.equal(corrections(track, onTime(2, 30, -3600, 0, 4)), [-3600, -3600]);
  assert.equal(corrections(track, onTime(2, 50, 7200, 0, 6)), [7200, 7200]);
  assert.equal(corrections(track, onTime(2, 70, 0, 0, 8)), [0, 0]);
});

test('a clock that was set back while the endpoint was away shows within half a minute', () => {
  const track = createTrack(0);
  corrections(track, onTime(3));
  assert.equal(corrections(track, onTime(4, 600, -90, 0, 4)), [0, 0, -90, -90]);
});

test('reports that are sent once more are no clock set back', () => {
  const track = createTrack(0);
  corrections(track, onTime(5));
  assert.equal(corrections(track, [[4, 30, 45]]), [0]);
  assert.is(track.offset, 0);
});

test('a clock decades away is no lateness', () => {
  assert.equal(corrections(createTrack(0), [[1, -1_700_000_000, 1]]), [-1_700_000_001]);
});

const road = suite<{ station: Station; shift: number }>('through the station');

road('a minute in which the collector stood still: own times, no hole, nothing counted as corrected', async () => {
  let shift = 0;
  const clock = { now: () => Date.now() + shift, monotonic: () => performance.now() + shift };
  await using station = await openStation({ endpoints: ['epausedpausedpau'], clock });
  const id = 'epausedpausedpau';
  const wire = station.wire(id);
  assert.is(await wire.connected, 0);
  const made = Array.from({ length: 40 }, (_, n) => Date.now() + n * 2000);
  const send = (n: number) =>
    wire.publish(station.topic(id, 'report'), encode(makeReport(epoch, n + 1, made[n], { interval_s: 2 })));
  for (let n = 0; n < 10; n++) {
    shift = (made[n] as number) - Date.now() + 14;
    await send(n);
  }
  shift = (made[39] as number) - Date.now() + 14;
  for (let n = 10; n < 40; n++) await send(n);
  await until('all to be evaluated', () => station.evaluated.length === 40);
  assert.equal(
    station.evaluated.map(({ report }) => report.at),
    made,
  );
  const stored = await station.store.query({
    endpoint: id,
    metrics: ['cpu.usage_active'],
    from: made[0] as number,
    to: (made[39] as number) + 1,
    step: 2000,
    agg: 'count',
  });
  assert.is(stored.series[0]?.points.filter(([, count]) => count === null).length, 0, 'no hole');
  assert.is(await counted(station.intake.counters.correctedTimes), 0);
  assert.ok(Math.abs(station.endpoint(id).clockOffsetMs ?? 1e9) < 1000);
});

test.run();
road.run();
