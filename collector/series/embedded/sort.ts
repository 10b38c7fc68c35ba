/**
 * A generation's samples in the order of a segment: endpoint, line, time. Sorting here, where all samples of an
 * endpoint are at hand and nearly in order, takes a quarter of what DuckDB's ORDER BY takes for the same rows.
 */
import { eachSampleOf, type Generation } from './tail.ts';

const dayMs = 86_400_000;
/** About 5 ms of work between two turns of the loop, in which queries are answered. */
const samplesPerSlice = 50_000;

/** Rows by column, in order. Valid until the next sorting, which uses the same memory again. */
export interface Sorted {
  rows: number;
  endpoint: Int32Array;
  line: Int32Array;
  t: Float64Array;
  v: Float64Array;
  /** The values again as `split` shares them out; NaN where a value is in another column. */
  whole: Float64Array;
  hundredths: Float64Array;
  others: Float64Array;
  /** Starts of the days (UTC) that have samples. */
  days: Set<number>;
}

/** One series of one endpoint while its samples are gathered; used again for the next endpoint. */
class SampleBuffer {
  at = new Float64Array(16);
  values = new Float64Array(16);
  length = 0;
  inOrder = true;

  add(at: number, value: number): void {
    if (this.length === this.at.length) this.#grow();
    if (this.length > 0 && at < (this.at[this.length - 1] as number)) this.inOrder = false;
    this.at[this.length] = at;
    this.values[this.length++] = value;
  }

  clear(): void {
    this.length = 0;
    this.inOrder = true;
  }

  #grow(): void {
    const [at, values] = [this.at, this.values];
    this.at = new Float64Array(at.length * 2);
    this.values = new Float64Array(at.length * 2);
    this.at.set(at);
    this.values.set(values);
  }
}

const breath = () => new Promise<void>((resolve) => setImmediate(resolve));

const nothing = (capacity: number): Sorted => ({
  rows: 0,
  endpoint: new Int32Array(capacity),
  line: new Int32Array(capacity),
  t: new Float64Array(capacity),
  v: new Float64Array(capacity),
  whole: new Float64Array(capacity),
  hundredths: new Float64Array(capacity),
  others: new Float64Array(capacity),
  days: new Set(),
});

export type SortGeneration = (generation: Generation) => Promise<Sorted>;

/** A sorter that keeps its memory: tens of MB that would otherwise come and go with each compaction. */
export function createSort(): SortGeneration {
  let store = nothing(0);
  return async (generation) => {
    // A block has at least one word for each sample.
    const capacity = generation.bytes / 8;
    if (store.t.length < capacity) store = nothing(capacity);
    store.rows = 0;
    store.days.clear();
    await fill(store, generation);
    split(store);
    return store;
  };
}

async function fill(store: Sorted, generation: Generation): Promise<void> {
  const endpoints = [...generation.byEndpoint.keys()].sort((a, b) => a - b);
  const buffers = new Map<number, SampleBuffer>();
  let rested = 0;
  for (const endpoint of endpoints) {
    for (const line of gather(buffers, generation, endpoint)) {
      const buffer = buffers.get(line) as SampleBuffer;
      put(store, endpoint, line, buffer);
      buffer.clear();
    }
    if (store.rows - rested < samplesPerSlice) continue;
    rested = store.rows;
    await breath();
  }
}

/** Fills the sample buffers of one endpoint. @returns its lines in order */
function gather(buffers: Map<number, SampleBuffer>, generation: Generation, endpoint: number): number[] {
  const used: number[] = [];
  eachSampleOf(generation, endpoint, (line, at, value) => {
    let buffer = buffers.get(line);
    if (!buffer) {
      buffer = new SampleBuffer();
      buffers.set(line, buffer);
    }
    if (buffer.length === 0) used.push(line);
    buffer.add(at, value);
  });
  return used.sort((a, b) => a - b);
}

function put(store: Sorted, endpoint: number, line: number, buffer: SampleBuffer): void {
  const start = store.rows;
  const end = start + buffer.length;
  store.rows = end;
  store.endpoint.fill(endpoint, start, end);
  store.line.fill(line, start, end);
  if (buffer.inOrder) {
    store.t.set(buffer.at.subarray(0, buffer.length), start);
    store.v.set(buffer.values.subarray(0, buffer.length), start);
  } else {
    putInOrder(buffer, store.t.subarray(start, end), store.v.subarray(start, end));
  }
  let day = Number.NaN;
  for (let i = start; i < end; i++) {
    const at = store.t[i] as number;
    if (at >= day && at < day + dayMs) continue;
    day = Math.floor(at / dayMs) * dayMs;
    store.days.add(day);
  }
}

/** Late samples came between newer ones. */
function putInOrder(buffer: SampleBuffer, times: Float64Array, values: Float64Array): void {
  const order = Array.from({ length: buffer.length }, (_, i) => i);
  order.sort((a, b) => (buffer.at[a] as number) - (buffer.at[b] as number));
  order.forEach((from, to) => {
    times[to] = buffer.at[from] as number;
    values[to] = buffer.values[from] as number;
  });
}

/**
 * Shares the values out to the columns i (whole), d (hundredths) and v (any other). Most are whole or rounded to two
 * digits, and as integers their differences pack into a few bits: a sample takes 40 % less than as a double. Whatever
 * would not come back bit by bit stays as it is.
 */
function split({ v, whole, hundredths, others, rows }: Sorted): void {
  for (let i = 0; i < rows; i++) {
    const value = v[i] as number;
    const times100 = Math.round(value * 100);
    const isWhole = Number.isSafeInteger(value);
    const isHundredths = !isWhole && Math.abs(value) < 1e12 && times100 / 100 === value;
    whole[i] = isWhole ? value : Number.NaN;
    hundredths[i] = isHundredths ? times100 : Number.NaN;
    others[i] = isWhole || isHundredths ? Number.NaN : value;
  }
}

/** Rollup rows by column, in order: one row per series and bucket. */
export interface RolledRows {
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
export function rollUp(sorted: Sorted, bucketMs: number): RolledRows {
  const { rows, endpoint, line, t, v } = sorted;
  const rolled: RolledRows = {
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
  for (let i = 0; i < rows; ) {
    const [ofEndpoint, ofLine] = [endpoint[i] as number, line[i] as number];
    const bucket = Math.floor((t[i] as number) / bucketMs) * bucketMs;
    let [min, max, sum, end] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, i];
    for (; end < rows; end++) {
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
