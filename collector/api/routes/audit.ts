/** The audit log: as a list, and whole as a file. */
import { Readable } from 'node:stream';
import { type Static, Type } from 'typebox';
import { AuditRow, auditKinds, page } from '../../../shared/api.ts';
import { csvLine } from '../../../shared/csv.ts';
import { contains } from '../../state/contains.ts';
import type { App, Context } from '../context.ts';
import { closed, Instant, instantOf, PageMark, word } from '../shapes.ts';

const filters = {
  who: Type.Optional(word(200, 'part of the name of who did it')),
  kind: Type.Optional(Type.Enum([...auditKinds])),
  object: Type.Optional(word(200, 'its kind, its id, or part of its name')),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
};
const Filters = Type.Object(filters, closed);
const Query = Type.Object(
  {
    ...filters,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
type Filters = Static<typeof Filters>;

/** Of a file; narrow the time for more. */
const rowsAtMost = 200_000;
const rowsAtOnce = 500;
const columns = [
  'at',
  'kind',
  'actor',
  'address',
  'object',
  'objectId',
  'name',
  'action',
  'before',
  'after',
  'reason',
  'outcome',
] as const;

const file = (type: string) => ({
  description: 'a file',
  content: { [type]: { schema: Type.Unsafe<Readable>(Type.String()) } },
});

export function auditRoutes(app: App, { state }: Context): void {
  const url = '/api/v1/audit';
  const tags = ['access'];

  /** Newest first. */
  async function read({ who, kind, object, from, to }: Filters, below: number, limit: number): Promise<AuditRow[]> {
    let query = state.selectFrom('audit_log').selectAll().where('id', '<', below).orderBy('id', 'desc').limit(limit);
    if (kind !== undefined) query = query.where('kind', '=', kind);
    if (from !== undefined) query = query.where('at', '>=', instantOf(from, 'from'));
    if (to !== undefined) query = query.where('at', '<', instantOf(to, 'to'));
    if (who !== undefined) query = query.where(contains('actor', who));
    if (object !== undefined)
      query = query.where((where) =>
        where.or([where('object', '=', object), where('object_id', '=', object), contains('name', object)]),
      );
    const values = (text: string | null) => (text === null ? null : (JSON.parse(text) as Record<string, unknown>));
    return (await query.execute()).map(({ object_id, before, after, ...row }) => ({
      ...{ ...row, objectId: object_id, before: values(before), after: values(after) },
    }));
  }

  app.get(
    url,
    {
      schema: {
        summary: 'Audit log, newest first: who changed what, when, from where, before and after',
        ...{ tags, querystring: Query, response: { 200: page(AuditRow) } },
      },
    },
    async ({ query: { limit = 50, page: mark, ...asked } }) => {
      const rows = await read(asked, mark === undefined ? Number.MAX_SAFE_INTEGER : Number(mark), limit + 1);
      const items = rows.slice(0, limit);
      return { items, next: rows.length > limit ? String(items.at(-1)?.id) : null };
    },
  );

  async function* linesOf(asked: Filters, head: string, lineOf: (row: AuditRow) => string) {
    yield head;
    let below = Number.MAX_SAFE_INTEGER;
    for (let left = rowsAtMost; left > 0; left -= rowsAtOnce) {
      const rows = await read(asked, below, rowsAtOnce);
      if (rows.length > 0) yield rows.map(lineOf).join('');
      if (rows.length < rowsAtOnce) return;
      below = rows.at(-1)?.id ?? 0;
    }
  }

  const cell = (value: unknown) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value);
  const csvOf = (row: AuditRow) =>
    csvLine(columns.map((key) => (key === 'at' ? new Date(row.at).toISOString() : (cell(row[key]) as string | null))));
  const files = {
    csv: { type: 'text/csv', head: `\ufeff${csvLine(columns)}`, lineOf: csvOf },
    jsonl: { type: 'application/x-ndjson', head: '', lineOf: (row: AuditRow) => `${JSON.stringify(row)}\n` },
  };
  for (const [ending, { type, head, lineOf }] of Object.entries(files))
    app.get(
      `${url}.${ending}`,
      {
        schema: {
          summary: `The audit log as a file, at most ${rowsAtMost} rows`,
          ...{ tags, querystring: Filters, response: { 200: file(type) } },
        },
      },
      async ({ query }, reply) => {
        // A wrong time is refused here: later the answer has begun.
        for (const name of ['from', 'to'] as const) instantOf(query[name] ?? '0', name);
        return reply
          .type(`${type}; charset=utf-8`)
          .header('content-disposition', `attachment; filename="evenkeel-audit.${ending}"`)
          .send(Readable.from(linesOf(query, head, lineOf)));
      },
    );
}
