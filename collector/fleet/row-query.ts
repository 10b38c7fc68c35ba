/** Filter, order and page of the fleet's rows. Pure: rows in, rows out. */

import { type Static, Type } from 'typebox';
import { Attention, EndpointRow } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';

const parts = EndpointRow.properties;

const sorts = ['attention', 'name', 'site', 'state', 'cpu', 'memory', 'disk', 'backup', 'updates', 'seen'] as const;

export const RowQuery = Type.Object(
  {
    state: Type.Optional(parts.state),
    kind: Type.Optional(parts.kind),
    site: Type.Optional(Type.String({ maxLength: 512 })),
    tag: Type.Optional(Type.String({ maxLength: 64 })),
    group: Type.Optional(Type.String({ maxLength: 512, description: 'id or name of a group' })),
    q: Type.Optional(Type.String({ maxLength: 128, description: 'part of the name, site, system or a tag' })),
    attention: Type.Optional(
      Type.Union([Type.Literal('any'), Attention.properties.code], { description: 'a reason, or any' }),
    ),
    backup: Type.Optional(parts.backup.properties.state),
    patches: Type.Optional(Type.Enum(['pending', 'security', 'unknown', 'none'])),
    reboot: Type.Optional(Type.Enum(['required', 'not_required', 'unknown'])),
    eol: Type.Optional(Type.Enum(['past', 'soon', 'unknown'], { description: 'soon: a rule says so, past included' })),
    diskHealth: Type.Optional(parts.diskHealth),
    sort: Type.Optional(Type.Enum([...sorts, ...sorts.map((word) => `-${word}`)], { default: 'attention' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 200 })),
    page: Type.Optional(Type.String({ maxLength: 500, description: 'the `next` of the answer before' })),
  },
  { additionalProperties: false },
);
export type RowQuery = Static<typeof RowQuery>;

type Test = (row: EndpointRow) => boolean;

/** One test per parameter that was given. */
function testsOf(query: RowQuery, now: number): Test[] {
  const tests: Test[] = [];
  const when = <T>(value: T | undefined, make: (value: T) => Test) => {
    if (value !== undefined) tests.push(make(value));
  };
  when(query.state, (state) => (row) => row.state === state);
  when(query.kind, (kind) => (row) => row.kind === kind);
  when(query.site, (site) => (row) => (row.site ?? '') === site);
  when(query.tag, (tag) => (row) => row.tags.includes(tag));
  when(query.group, (group) => (row) => row.groups.some(({ id, name }) => id === group || name === group));
  when(query.q, (q) => {
    const word = q.toLowerCase();
    return (row) =>
      [row.name, row.site ?? '', row.os ?? '', ...row.tags].some((text) => text.toLowerCase().includes(word));
  });
  when(
    query.attention,
    (code) => (row) => (code === 'any' ? row.attention.length > 0 : row.attention.some((one) => one.code === code)),
  );
  when(query.backup, (state) => (row) => row.backup.state === state);
  when(
    query.patches,
    (word) =>
      ({ patches }) =>
        patchTests[word](patches),
  );
  when(
    query.reboot,
    (word) =>
      ({ patches }) =>
        rebootWord(patches.rebootRequired) === word,
  );
  when(query.eol, (word) => ({ patches, attention }) => {
    if (patches.endOfLife === null) return word === 'unknown';
    if (word === 'past') return patches.endOfLife <= now;
    return word === 'soon' && attention.some(({ metric }) => metric === 'os.end_of_life_days');
  });
  when(query.diskHealth, (state) => (row) => row.diskHealth === state);
  return tests;
}

const patchTests: Record<NonNullable<RowQuery['patches']>, (patches: EndpointRow['patches']) => boolean> = {
  pending: ({ pending }) => (pending ?? 0) > 0,
  security: ({ pendingSecurity }) => (pendingSecurity ?? 0) > 0,
  unknown: ({ scan }) => scan !== 'ok',
  none: ({ scan, pending }) => scan === 'ok' && pending === 0,
};

const rebootWord = (required: boolean | null) =>
  required === null ? 'unknown' : required ? 'required' : 'not_required';

const severityWeight = { critical: 1000, warning: 100, info: 1 } as const;
const stateOrder = ['lost', 'unknown', 'offline', 'never', 'online'];
const backupOrder = ['failed', 'none', 'never', 'late', 'unknown', 'warning', 'running', 'ok'];

/** What rows are put in order by, smallest first; what is not known comes last either way. */
const keys: Record<(typeof sorts)[number], (row: EndpointRow) => number | string | null> = {
  attention: (row) => -row.attention.reduce((sum, { severity }) => sum + severityWeight[severity], 0),
  name: (row) => row.name.toLowerCase(),
  site: (row) => row.site?.toLowerCase() ?? null,
  state: (row) => stateOrder.indexOf(row.state),
  cpu: (row) => row.cpuPercent,
  memory: (row) => row.memoryPercent,
  disk: (row) => row.disk?.usedPercent ?? null,
  backup: (row) => backupOrder.indexOf(row.backup.state),
  updates: (row) => row.patches.pendingSecurity,
  seen: (row) => row.lastSeenAt,
};

interface Placed {
  key: number | string | null;
  name: string;
  id: string;
}

/** A total order, so that a page can start after the last row of the page before, whatever has moved meanwhile. */
function compare(a: Placed, b: Placed, sign: 1 | -1): number {
  if (a.key !== b.key) {
    if (a.key === null) return 1;
    if (b.key === null) return -1;
    return a.key < b.key ? -sign : sign;
  }
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** @throws EvenkeelError BAD_REQUEST for a page mark that is not ours */
export function queryRows(
  rows: readonly EndpointRow[],
  query: RowQuery,
  now: number,
): { items: EndpointRow[]; next: string | null } {
  const sort = query.sort ?? 'attention';
  const sign = sort.startsWith('-') ? -1 : 1;
  const keyOf = keys[sort.replace(/^-/, '') as (typeof sorts)[number]];
  const tests = testsOf(query, now);
  const after = query.page === undefined ? null : readMark(query.page);
  const placed = rows
    .filter((row) => tests.every((test) => test(row)))
    .map((row) => ({ key: keyOf(row), name: row.name, id: row.id, row }))
    .filter((one) => after === null || compare(one, after, sign) > 0)
    .sort((a, b) => compare(a, b, sign));
  const limit = query.limit ?? 200;
  const page = placed.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(({ row }) => row), next: last && placed.length > limit ? writeMark(last) : null };
}

const writeMark = ({ key, name, id }: Placed) => Buffer.from(JSON.stringify([key, name, id])).toString('base64url');

function readMark(mark: string): Placed {
  try {
    const [key, name, id] = JSON.parse(Buffer.from(mark, 'base64url').toString('utf8'));
    if (typeof name === 'string' && typeof id === 'string') return { key, name, id };
  } catch {
    // Falls through: the same answer for text that is no mark of ours.
  }
  throw fail('BAD_REQUEST', { problem: 'page is not a `next` of this list' });
}
