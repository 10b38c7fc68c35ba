/**
 * A generation's samples in the order of a segment: endpoint, line, time. Sorting here, where all samples of an
 * endpoint are at hand and nearly in order, takes a quarter of what DuckDB's ORDER BY takes for the same rows.
 */
import { eachSampleOf, type Generation } from './tail.ts';

const dayMs = 86_400_000;
/** About 5 ms of work between two turns of the loop, in which queries are answered. */
const samplesASlice = 50_000;

/** Rows by column, in order. */
export interface Sorted {
  rows: number;
  endpoint: Int32Array;
  line: Int32Array;
  t: Float64Array;
  v: Float64Array;
  /** Starts of the days (UTC) that have samples. */
  days: ReadonlySet<number>;
}

/** One series while its samples are gathered. */
interface Lane {
  at: number[];
  values: number[];
  inOrder: boolean;
}

const breath = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function sortGeneration(generation: Generation): Promise<Sorted> {
  const endpoints = [...generation.byEndpoint.keys()].sort((a, b) => a - b);
  const store = createStore(generation.bytes / 8);
  for (let i = 0, rested = 0; i < endpoints.length; i++) {
    const endpoint = endpoints[i] as number;
    const lanes = lanesOf(generation, endpoint);
    for (const line of [...lanes.keys()].sort((a, b) => a - b)) store.add(endpoint, line, lanes.get(line) as Lane);
    if (store.rows - rested < samplesASlice) continue;
    rested = store.rows;
    await breath();
  }
  return store.sorted();
}

function lanesOf(generation: Generation, endpoint: number): Map<number, Lane> {
  const lanes = new Map<number, Lane>();
  eachSampleOf(generation, endpoint, (line, at, value) => {
    let lane = lanes.get(line);
    if (!lane) {
      lane = { at: [], values: [], inOrder: true };
      lanes.set(line, lane);
    }
    const before = lane.at.length - 1;
    if (before >= 0 && at < (lane.at[before] as number)) lane.inOrder = false;
    lane.at.push(at);
    lane.values.push(value);
  });
  return lanes;
}

/** @param capacity more than the samples that will come: a frame has at least one word for each */
function createStore(capacity: number) {
  const endpoints = new Int32Array(capacity);
  const lines = new Int32Array(capacity);
  const times = new Float64Array(capacity);
  const values = new Float64Array(capacity);
  const days = new Set<number>();
  let rows = 0;
  let day = Number.NaN;
  return {
    get rows() {
      return rows;
    },
    add(endpoint: number, line: number, lane: Lane) {
      const start = rows;
      rows += lane.at.length;
      endpoints.fill(endpoint, start, rows);
      lines.fill(line, start, rows);
      if (lane.inOrder) {
        times.set(lane.at, start);
        values.set(lane.values, start);
      } else {
        const order = lane.at.map((_, i) => i).sort((a, b) => (lane.at[a] as number) - (lane.at[b] as number));
        order.forEach((from, i) => {
          times[start + i] = lane.at[from] as number;
          values[start + i] = lane.values[from] as number;
        });
      }
      for (let i = start; i < rows; i++) {
        const at = times[i] as number;
        if (at >= day && at < day + dayMs) continue;
        day = Math.floor(at / dayMs) * dayMs;
        days.add(day);
      }
    },
    sorted: (): Sorted => ({
      rows,
      endpoint: endpoints.subarray(0, rows),
      line: lines.subarray(0, rows),
      t: times.subarray(0, rows),
      v: values.subarray(0, rows),
      days,
    }),
  };
}

/** Rollup rows by column, in order: one row a series and bucket. */
export interface Rolled {
  rows: number;
  endpoint: number[];
  line: number[];
  t: number[];
  min: number[];
  max: number[];
  sum: number[];
  count: number[];
  last: number[];
  last_t: number[];
}

/** One pass over sorted samples. */
export function rollUp(sorted: Sorted, bucketMs: number): Rolled {
  const { endpoint, line, t, v } = sorted;
  const rolled: Rolled = {
    rows: 0,
    endpoint: [],
    line: [],
    t: [],
    min: [],
    max: [],
    sum: [],
    count: [],
    last: [],
    last_t: [],
  };
  for (let i = 0; i < sorted.rows; ) {
    const [ofEndpoint, ofLine] = [endpoint[i] as number, line[i] as number];
    const bucket = Math.floor((t[i] as number) / bucketMs) * bucketMs;
    let [min, max, sum, end] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, i];
    for (; end < sorted.rows; end++) {
      if (endpoint[end] !== ofEndpoint || line[end] !== ofLine || (t[end] as number) >= bucket + bucketMs) break;
      const value = v[end] as number;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
    rolled.endpoint.push(ofEndpoint);
    rolled.line.push(ofLine);
    rolled.t.push(bucket);
    rolled.min.push(min);
    rolled.max.push(max);
    rolled.sum.push(sum);
    rolled.count.push(end - i);
    rolled.last.push(v[end - 1] as number);
    rolled.last_t.push(t[end - 1] as number);
    rolled.rows += 1;
    i = end;
  }
  return rolled;
}
