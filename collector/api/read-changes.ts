/** Changes as the REST interface answers them: each judged by what is known of its machines now. */
import type { ExpressionBuilder } from 'kysely';
import { type Static, Type } from 'typebox';
import type { ChangeDetail, ChangePreview, ChangeRow, ChangeWarning } from '../../shared/api.ts';
import { badMark } from '../../shared/bad-mark.ts';
import { fail } from '../../shared/errors.ts';
import type { Span } from '../../shared/intervals.ts';
import { type JudgedChange, judgeChanges } from '../changes/judge.ts';
import { changeName } from '../changes/names.ts';
import type { StoredChange } from '../changes/rows.ts';
import { ticketsNamed } from '../kpi/answer.ts';
import { changeSuccess } from '../kpi/formulas/change-success.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';
import { chunks } from '../state/chunks.ts';
import { contains } from '../state/contains.ts';
import type { Database } from '../state/database.ts';
import type { Context } from './context.ts';
import { readMark, writeMark } from './mark.ts';
import { closed, Instant, instantOf, word } from './shapes.ts';

const changeFilters = {
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  state: Type.Optional(Type.Enum(['planned', 'in_progress', 'done', 'cancelled'])),
  kind: Type.Optional(Type.Enum(['planned', 'recognised'])),
  endpoint: Type.Optional(word(64, 'id of a target')),
  q: Type.Optional(word(200, 'part of the title, of the name of a package, or C-12')),
};
export const ChangeFilter = Type.Object(changeFilters, closed);
export type ChangeFilter = Static<typeof ChangeFilter>;
export const ChangeQuery = Type.Object(
  {
    ...changeFilters,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    page: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);

type ReadingChanges = Pick<Context, 'state' | 'clock' | 'zone' | 'fleet' | 'groups' | 'changes' | 'ruleNamed'>;

/** Overlaps shown of one plan. */
const warningsAtMost = 20;
const eventsAtMost = 200;

/** Newest start first. @throws EvenkeelError BAD_REQUEST for a page mark or a time that is none */
export async function changesBy(
  context: ReadingChanges,
  { limit = 100, page, ...filter }: Static<typeof ChangeQuery>,
): Promise<{ items: ChangeRow[]; next: string | null }> {
  let query = filtered(context, filter).limit(limit + 1);
  if (page !== undefined) {
    const [at, id] = readMark(page);
    if (!/^\d{1,15}$/.test(id)) throw badMark(page);
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('start_at', 'id'), '<', tuple(at, Number(id))));
  }
  const rows = await query.execute();
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = last && rows.length > limit ? writeMark(last.start_at, String(last.id)) : null;
  return { items: await rowsOf(context, shown), next };
}

/** So many lines a spreadsheet still opens; judged in parts, so that others are answered in between. */
const tableAtMost = 10_000;
const judgedAtOnce = 500;

/** All that the filter selects, newest start first. */
export async function allChanges(
  context: ReadingChanges,
  filter: ChangeFilter,
): Promise<{ row: ChangeRow; description: string }[]> {
  const stored = await filtered(context, filter).limit(tableAtMost).execute();
  const found: { row: ChangeRow; description: string }[] = [];
  for (let start = 0; start < stored.length; start += judgedAtOnce) {
    const some = stored.slice(start, start + judgedAtOnce);
    const rows = await rowsOf(context, some);
    found.push(...rows.map((row, n) => ({ row, description: some[n]?.description ?? '' })));
  }
  return found;
}

function filtered({ state }: ReadingChanges, { from, to, state: is, kind, endpoint, q }: ChangeFilter) {
  let query = state.selectFrom('changes').selectAll().orderBy('start_at', 'desc').orderBy('id', 'desc');
  if (to !== undefined) query = query.where('start_at', '<', instantOf(to, 'to'));
  if (from !== undefined) {
    const start = instantOf(from, 'from');
    // A roll-out that was seen on one machine is a moment.
    query = query.where((eb) => eb.or([eb('end_at', '>', start), eb('start_at', '>=', start)]));
  }
  if (is !== undefined) query = query.where('state', '=', is);
  // One that became part of another is shown there.
  else query = query.where((eb) => eb.or([eb('kind', '=', 'planned'), eb('state', '!=', 'cancelled')]));
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (endpoint !== undefined)
    query = query.where('id', 'in', (eb) =>
      eb.selectFrom('change_targets').select('change').where('endpoint', '=', endpoint),
    );
  return q === undefined ? query : query.where((eb) => matches(eb, q.trim()));
}

function matches(eb: ExpressionBuilder<Database, 'changes'>, text: string) {
  const [, number] = /^C-(\d{1,15})$/i.exec(text) ?? [];
  if (number !== undefined) return eb('id', '=', Number(number));
  return eb.or(['title', 'packages', 'manager', 'site'].map((column) => contains(column, text)));
}

async function rowsOf(context: ReadingChanges, rows: readonly StoredChange[]): Promise<ChangeRow[]> {
  const { state, clock, zone } = context;
  const now = clock.now();
  const judged = await judgeChanges(state, rows, { now, zone });
  const scopes = new Map<number, MaintenanceScope[]>();
  for (const some of chunks(rows)) {
    const ids = some.map(({ id }) => id);
    const found = await state
      .selectFrom('change_scopes')
      .selectAll()
      .where('change', 'in', ids)
      .orderBy('target')
      .execute();
    for (const { change, of, target } of found) scopes.set(change, [...(scopes.get(change) ?? []), { of, target }]);
  }
  return judged.map((one) => rowOf(context, one, scopes.get(one.row.id) ?? [], now));
}

function rowOf(
  context: ReadingChanges,
  { row, targets, fact }: JudgedChange,
  scopes: MaintenanceScope[],
  now: number,
): ChangeRow {
  const { fleet, groups } = context;
  const nameOf = ({ of, target }: MaintenanceScope) =>
    (of === 'endpoint' ? fleet.get(target)?.name : of === 'group' ? groups.nameOf(target) : undefined) ?? target;
  const count = (result: string) => targets.filter((one) => one.result === result).length;
  const planned = row.state === 'planned' ? context.changes.reached(scopes).length : targets.length;
  return {
    ...changeName(row),
    ...{ state: row.state, from: row.start_at, to: row.end_at, implementedAt: row.implemented_at },
    isOverdue: row.state === 'in_progress' && row.end_at <= now,
    scopes: scopes.map((scope) => ({ ...scope, name: nameOf(scope) })),
    targets: { n: planned, done: count('done'), failed: count('failed'), notSeen: count('not_seen') },
    outcome: outcomeOf(fact, now),
    stated: row.outcome === null ? null : { as: row.outcome, reason: row.outcome_reason },
    ...{ objectiveMet: fact.objectiveMet, rolledBack: fact.rolledBack, emergencyFix: fact.emergencyFix },
    ...{ repairOf: row.repair_of, createdAt: row.created_at, createdBy: row.created_by },
  };
}

/** By the formula of the KPI, so that page and number agree. */
function outcomeOf(fact: JudgedChange['fact'], now: number): ChangeRow['outcome'] {
  if (fact.implementedAt === null) return null;
  const period = { start: fact.implementedAt, end: fact.implementedAt + 1 };
  // A repair has an outcome, too, though no number counts it.
  const [found] = changeSuccess({ period, asOf: now, changes: [{ ...fact, repairs: null }] }).changes;
  return found ? { value: found.outcome, reasons: found.reasons, isProvisional: found.isProvisional } : null;
}

/** @throws EvenkeelError NOT_FOUND */
export async function changeById(context: ReadingChanges, id: number): Promise<ChangeDetail> {
  const { state, clock, zone, ruleNamed } = context;
  const stored = await state.selectFrom('changes').selectAll().where('id', '=', id).executeTakeFirst();
  if (!stored) throw fail('NOT_FOUND', { what: 'change', id: `C-${id}` });
  const now = clock.now();
  const [row] = (await rowsOf(context, [stored])) as [ChangeRow];
  const [judged] = (await judgeChanges(state, [stored], { now, zone })) as [JudgedChange];
  const names = await namesOf(
    state,
    judged.targets.map(({ endpoint }) => endpoint),
  );
  const tickets = await ticketsNamed(
    state,
    judged.incidents.map(({ ticket }) => ticket),
    ruleNamed,
  );
  const repairs = await state.selectFrom('changes').selectAll().where('repair_of', '=', id).orderBy('id').execute();
  const events = state
    .selectFrom('change_events')
    .selectAll()
    .where('change', '=', id)
    .orderBy('id', 'desc')
    .limit(eventsAtMost);
  const isOpen = stored.kind === 'planned' && (stored.state === 'planned' || stored.state === 'in_progress');
  return {
    row,
    description: stored.description,
    warnings: isOpen ? await warningsOf(context, { scopes: row.scopes, start: row.from, end: row.to }, id) : [],
    targets: judged.targets.map(({ endpoint, ...rest }) => ({
      endpoint: names.get(endpoint) ?? { id: endpoint, name: endpoint, site: null },
      ...rest,
    })),
    incidents: judged.incidents.flatMap(({ ticket, openedAt }) => {
      const found = tickets.get(ticket);
      return found ? [{ ticket: found, openedAt }] : [];
    }),
    repairs: repairs.map(changeName),
    history: (await events.execute()).map(({ at, actor: by, code, data }) => ({
      at,
      by,
      code,
      data: JSON.parse(data),
    })),
  };
}

async function namesOf(state: ReadingChanges['state'], ids: readonly string[]) {
  const found = new Map<string, ChangeDetail['targets'][number]['endpoint']>();
  for (const some of chunks(ids)) {
    const rows = await state.selectFrom('endpoints').select(['id', 'name', 'site']).where('id', 'in', some).execute();
    for (const row of rows) found.set(row.id, row);
  }
  return found;
}

interface PlannedSpan extends Span {
  scopes: readonly MaintenanceScope[];
}

/** What the person should know; none of it forbids the change. */
async function warningsOf(
  { state, clock, changes }: ReadingChanges,
  { scopes, start, end }: PlannedSpan,
  own: number | null,
): Promise<ChangeWarning[]> {
  const now = clock.now();
  const endpoints = new Set(changes.reached(scopes));
  const others = await state
    .selectFrom('changes')
    .selectAll()
    .where('kind', '=', 'planned')
    .where('state', 'in', ['planned', 'in_progress'])
    .where('id', '!=', own ?? 0)
    .where('start_at', '<', end)
    .where('end_at', '>', start)
    .orderBy('start_at')
    .limit(500)
    .execute();
  const ids = others.map(({ id }) => id);
  const scoped =
    ids.length === 0 ? [] : await state.selectFrom('change_scopes').selectAll().where('change', 'in', ids).execute();
  const overlaps = others.filter(({ id }) =>
    changes.reached(scoped.filter(({ change }) => change === id)).some((one) => endpoints.has(one)),
  );
  const codes: [ChangeWarning['code'], boolean][] = [
    ['nobody', endpoints.size === 0],
    ['past', end <= now],
    ['late', start < now && end > now],
  ];
  return [
    ...codes.flatMap(([code, holds]) => (holds ? [{ code, change: null }] : [])),
    ...overlaps.slice(0, warningsAtMost).map((other) => ({ code: 'overlap' as const, change: changeName(other) })),
  ];
}

export async function changePreview(
  context: ReadingChanges,
  plan: PlannedSpan,
  own: number | null,
): Promise<ChangePreview> {
  return { endpoints: context.changes.reached(plan.scopes).length, warnings: await warningsOf(context, plan, own) };
}
