/** Brings frames into a DuckDB table, by data chunks, in slices short enough that queries are answered between them. */
import {
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBDoubleVector,
} from '@duckdb/node-api';
import { eachRecord, eachSample, type Frame } from './record.ts';

/** DuckDB's vector size. */
const chunkRows = 2048;
/** About 5 ms of work. */
const chunksASlice = 20;
const dayMs = 86_400_000;
const columnCount = 4;

const breath = () => new Promise<void>((resolve) => setImmediate(resolve));

export interface Batch {
  rows: number;
  /** Starts of the days (UTC) that have samples. */
  days: ReadonlySet<number>;
}

/** Rows of four doubles, handed to DuckDB 2,048 at a time. */
class ChunkFiller {
  readonly #appender: DuckDBAppender;
  readonly #chunk = newChunk(chunkRows);
  readonly #columns = columnsOfChunk(this.#chunk);
  #filled = 0;
  rows = 0;
  chunks = 0;

  constructor(appender: DuckDBAppender) {
    this.#appender = appender;
  }

  add(endpoint: number, line: number, at: number, value: number): void {
    const [endpoints, lines, times, values] = this.#columns;
    endpoints.setItem(this.#filled, endpoint);
    lines.setItem(this.#filled, line);
    times.setItem(this.#filled, at);
    values.setItem(this.#filled, value);
    this.rows += 1;
    if (++this.#filled === chunkRows) this.#flush();
  }

  #flush(): void {
    for (const column of this.#columns) column.flush();
    this.#appender.appendDataChunk(this.#chunk);
    this.#filled = 0;
    this.chunks += 1;
  }

  /** The last chunk is smaller, and a chunk's size is settled before its columns are written. */
  finish(): void {
    if (this.#filled > 0) {
      const rest = newChunk(this.#filled);
      columnsOfChunk(rest).forEach((column, c) => {
        for (let i = 0; i < this.#filled; i++) column.setItem(i, this.#columns[c]?.getItem(i) ?? null);
        column.flush();
      });
      this.#appender.appendDataChunk(rest);
    }
    this.#appender.closeSync();
  }
}

type Columns = [DuckDBDoubleVector, DuckDBDoubleVector, DuckDBDoubleVector, DuckDBDoubleVector];
const newChunk = (rows: number) => DuckDBDataChunk.create(Array<typeof DOUBLE>(columnCount).fill(DOUBLE), rows);
const columnsOfChunk = (chunk: DuckDBDataChunk) => [0, 1, 2, 3].map((i) => chunk.getColumnVector(i)) as Columns;

/** Fills a new table `samples` (endpoint, line, t, v; all double) with the samples of the frames. */
export async function loadSamples(connection: DuckDBConnection, frames: readonly Frame[]): Promise<Batch> {
  await connection.run('create or replace table samples (endpoint double, line double, t double, v double)');
  const filler = new ChunkFiller(await connection.createAppender('samples'));
  const days = new Set<number>();
  let day = Number.NaN;
  let rested = 0;
  for (const frame of frames) {
    eachRecord(frame, ({ endpoint }, offset) =>
      eachSample(frame, offset, (line, at, value) => {
        filler.add(endpoint, line, at, value);
        if (at >= day && at < day + dayMs) return;
        day = Math.floor(at / dayMs) * dayMs;
        days.add(day);
      }),
    );
    if (filler.chunks - rested < chunksASlice) continue;
    rested = filler.chunks;
    await breath();
  }
  filler.finish();
  return { rows: filler.rows, days };
}
