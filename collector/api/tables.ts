/** Routes that give a table as CSV and take one in: first what it would do, and with a reason it is done. */
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { TableOutcome, type TableRead } from '../../shared/api.ts';
import { type CsvFault, columnsIn, csvLimits } from '../../shared/csv.ts';
import { EvenkeelError, type PlacedFault } from '../../shared/errors.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import type { App } from './context.ts';
import { callerNamed } from './guard.ts';
import { closed, prose } from './shapes.ts';

interface TableRoutes {
  /** Address; `GET` gives the table, `POST` takes one. */
  url: string;
  tag: string;
  /** `Costs`. */
  what: string;
  /** Of the file, without its ending. */
  file: string;
  example: string;
  /** Which rows: of the address. */
  query?: TSchema;
  write(query: unknown): Promise<string>;
  read(text: string, author: { by: string; reason: string } | null): Promise<TableRead>;
}

/** In JSON a character takes up to six bytes. */
const bodyLimit = 6 * csvLimits.text;
/** So many lines of an answer are listed. */
const linesShown = 500;
/** Nobody reads more of them before correcting the table. */
const faultsShown = 20;
/** The sentence of a refusal stays readable; the list beside it has them all. */
const faultsNamed = 5;

/** Refusals are objects as everywhere. */
export const tableSerializer = () => (data: unknown) => (typeof data === 'string' ? data : JSON.stringify(data));
export const TableText = Type.String({ description: 'cells that a spreadsheet would run begin with an apostrophe' });

/** @param csv whole, or in pieces where it may be large */
export const sendTable = (reply: FastifyReply, file: string, csv: string | Readable) =>
  reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${file}.csv"`)
    .send(csv as never);

export function tableRoutes(app: App, { url, tag, what, file, example, query, write, read }: TableRoutes): void {
  const tags = [tag];
  const Table = Type.Object(
    {
      csv: Type.String({ maxLength: csvLimits.text }),
      reason: Type.Optional(prose(500, 'without it nothing is changed')),
    },
    { ...closed, examples: [{ csv: example }] },
  );

  app.get(
    url,
    {
      schema: {
        ...{ summary: `${what} as CSV`, tags, produces: ['text/csv'] },
        ...(query ? { querystring: query } : {}),
        response: { 200: TableText },
      },
      serializerCompiler: tableSerializer,
    },
    async (request, reply) => sendTable(reply, file, await write(request.query)),
  );

  app.post(
    url,
    {
      bodyLimit,
      schema: {
        ...{ summary: `${what} from CSV: what it would change; with a reason it does`, tags },
        ...{ body: Table, response: { 200: TableOutcome } },
      },
    },
    async (request) => {
      const { csv, reason: why } = request.body;
      const author = why === undefined ? null : { by: callerNamed(request), reason: why };
      const { applied, faults, lines } = await read(csv, author);
      const places = columnsIn(csv);
      const shown = (faults as CsvFault[]).slice(0, faultsShown).map((fault) => ({
        ...fault,
        position: places.indexOf(fault.column ?? '') + 1 || null,
        problem: formatReasons('en', [fault.why]),
      }));
      const changed = lines.filter(({ does }) => does !== 'same');
      request.noted = {
        before: Object.fromEntries(changed.map(({ name, before = null }) => [name, before])),
        after: Object.fromEntries(changed.map(({ name, does, after }) => [name, after ?? does])),
      };
      const moreFaults = faults.length - shown.length;
      if (author && shown.length > 0) throw refusal(shown, moreFaults);
      return { applied, faults: shown, moreFaults, lines: lines.slice(0, linesShown) };
    },
  );
}

type ShownFault = CsvFault & { problem: string };

/** Leads the reason behind it. */
const placeOf = ({ line, column }: CsvFault): Reason =>
  column === null ? reason('csv_in_line', { line }) : reason('csv_in_cell', { line, column });

function refusal(shown: readonly ShownFault[], more: number): EvenkeelError {
  const faults = shown.map(({ line, column, value, problem }): PlacedFault => {
    const given = column === null ? '' : value === '' ? ' (empty)' : ` ${JSON.stringify(value)}`;
    const at = column === null ? `line ${line}` : `line ${line}, ${column}`;
    return { at: `${at}${given}`, problem, line, column, value };
  });
  const texts = faults.slice(0, faultsNamed).map(({ at, problem }) => `${at}: ${problem}`);
  const count = shown.length + more;
  if (count > texts.length) texts.push(`and ${count - texts.length} more`);
  const why = shown.slice(0, faultsNamed).flatMap((fault) => [placeOf(fault), fault.why]);
  return new EvenkeelError('BAD_TABLE', { faults: texts.join('; '), count }, undefined, faults, why);
}
