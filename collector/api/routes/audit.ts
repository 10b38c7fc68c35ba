/** The audit log: as a list, and whole as a file. */
import { Readable } from 'node:stream';
import { type RawBuilder, sql } from 'kysely';
import { type Static, Type } from 'typebox';
import { AuditRow, auditKinds, page } from '../../../shared/api.ts';
import { auditSorts } from '../../../shared/choices.ts';
import { csvLine } from '../../../shared/csv.ts';
import { fail } from '../../../shared/errors.ts';
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
    sort: Type.Optional(Type.Enum([...auditSorts], { default: '-at' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
type Filters = Static<typeof Filters>;

/** Of the same, the newest come first. */
const sortKeys: Record<string, RawBuilder<string>> = {
  who: sql`lower(actor)`,
  action: sql`action`,
  what: sql`object || ' ' || lower(coalesce(name, object_id, ''))`,
};

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

  /** Newest first, or by `sort`. @param after id of the last row of the page before; null: from the beginning */
  async function read(
    { who, kind, object, from, to }: Filters,
    { sort, after, limit }: { sort: (typeof auditSorts)[number]; after: number | null; limit: number },
  ): Promise<AuditRow[]> {
    let query = state.selectFrom('audit_log').selectAll().limit(limit);
    const key = sortKeys[sort.replace('-', '')];
    const [way, beyond] = sort.startsWith('-') ? (['desc', '<'] as const) : (['asc', '>'] as const);
    if (key) query = query.orderBy(key, way).orderBy('id', 'desc');
    else query = query.orderBy('id', way);
    if (after !== null && key) {
      const { rows } = await sql<{ at: string }>`select ${key} as at from audit_log where id = ${after}`.execute(state);
      // With the row the place in the order has gone: what follows would be a guess.
      if (!rows[0]) throw fail('NOT_FOUND', { what: 'entry of the audit log', id: String(after) });
      const { at } = rows[0];
      query = query.where(sql<boolean>`(${key} ${sql.raw(beyond)} ${at} or (${key} = ${at} and id < ${after}))`);
    } else if (after !== null) query = query.where('id', beyond, after);
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
        summary: 'Audit log, newest first or by `sort`: who changed what, when, from where, before and after',
        ...{ tags, querystring: Query, response: { 200: page(AuditRow) } },
      },
    },
    async ({ query: { limit = 50, page: mark, sort = '-at', ...asked } }) => {
      const after = mark === undefined ? null : Number(mark);
      const rows = await read(asked, { sort, after, limit: limit + 1 });
      const items = rows.slice(0, limit);
      return { items, next: rows.length > limit ? String(items.at(-1)?.id) : null };
    },
  );

  async function* linesOf(asked: Filters, head: string, lineOf: (row: AuditRow) => string) {
    yield head;
    let after: number | null = null;
    for (let left = rowsAtMost; left > 0; left -= rowsAtOnce) {
      const rows: AuditRow[] = await read(asked, { sort: '-at', after, limit: rowsAtOnce });
      if (rows.length > 0) yield rows.map(lineOf).join('');
      if (rows.length < rowsAtOnce) return;
      after = rows.at(-1)?.id ?? null;
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
