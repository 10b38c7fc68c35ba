/** Hands columns that lie in memory to DuckDB, 2,048 rows at a time, without a table in between. */
import {
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBTableFunction,
  type DuckDBVector,
} from '@duckdb/node-api';

/** DuckDB's vector size. */
const chunkRows = 2048;

export interface StreamColumns {
  rows: number;
  columns: readonly ArrayLike<number>[];
}

export interface Stream {
  /** The table function to select from, once for each `feed`. */
  source: string;
  feed(columns: StreamColumns): void;
}

/** Registers a table function `name()` with columns of the given names, all double. */
export function registerStream(connection: DuckDBConnection, name: string, columnNames: readonly string[]): Stream {
  let fed: StreamColumns = { rows: 0, columns: [] };
  let next = 0;
  connection.registerTableFunction(
    DuckDBTableFunction.create({
      name,
      bindFunction(info) {
        for (const column of columnNames) info.addResultColumn(column, DOUBLE);
        info.setCardinality(fed.rows, true);
      },
      initFunction(info) {
        next = 0;
        // One thread, or the rows would lose their order.
        info.setMaxThreads(1);
      },
      mainFunction(_, chunk) {
        const rows = Math.min(chunkRows, fed.rows - next);
        chunk.rowCount = rows;
        if (rows > 0) fill(chunk, fed, next, rows);
        next += rows;
      },
    }),
  );
  return {
    source: `${name}()`,
    feed(columns) {
      fed = columns;
    },
  };
}

function fill(chunk: DuckDBDataChunk, { columns }: StreamColumns, from: number, rows: number): void {
  columns.forEach((column, c) => {
    const vector = chunk.getColumnVector(c) as DuckDBVector<number>;
    for (let i = 0; i < rows; i++) vector.setItem(i, column[from + i] as number);
    vector.flush();
  });
}
