/**
 * The audit log's one seam: every route that changes something passes here, so that none can forget it. What is noted is what
 * was answered as done, in its own transaction: an entry that cannot be written is logged, because the change is made by then.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { createAllowances } from '../doors/allowance.ts';
import { type AuditEntry, notKept, writeAudit } from '../state/audit.ts';
import { auditedAs } from './audited.ts';
import type { App, Caller, Context } from './context.ts';

type AuditValues = Readonly<Record<string, unknown>>;

/** Refused log-ins that are noted: so many at once, then one each six seconds; `/metrics` counts them all. */
const refusals = { burst: 30, perSecond: 1 / 6 };
const readLimit = 20_000;

const objectOf = (value: unknown): AuditValues =>
  typeof value === 'object' && value !== null ? (value as AuditValues) : {};
const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;

export function createAudit({ state, clock }: Pick<Context, 'state' | 'clock'>) {
  const allowance = createAllowances({ ...refusals, monotonic: clock.monotonic });
  const befores = new WeakMap<FastifyRequest, AuditValues | null>();
  let unlisted = 0;

  async function rowOf(table: string | null, id: string | null): Promise<AuditValues | null> {
    if (table === null || id === null) return null;
    const key = /^\d{1,15}$/.test(id) && ['tickets', 'changes'].includes(table) ? Number(id) : id;
    const { rows } = await sql<AuditValues>`select * from ${sql.table(table)} where id = ${key}`.execute(state);
    return rows[0] ?? null;
  }

  async function note(request: FastifyRequest, payload: unknown): Promise<void> {
    const route = routeOf(request);
    const audited = auditedAs(route);
    if (!audited) return;
    const answer = read(payload);
    // A table without a reason is shown what it would change.
    if (routeOf(request).endsWith('/table') && textOf(objectOf(request.body).reason) === null) return;
    const [body, params, query] = [request.body, request.params, request.query].map(objectOf) as [
      AuditValues,
      AuditValues,
      AuditValues,
    ];
    const id = textOf(params.id) ?? idIn(answer);
    const before = befores.get(request) ?? null;
    const row = await rowOf(audited.table, id);
    const sent = sentIn(body, audited.object);
    const { table, ...what } = audited;
    const who = whoOf(request, answer);
    const named = textOf(row?.name ?? row?.title ?? before?.name ?? before?.title ?? body.name ?? answer.name);
    await writeAudit(state, {
      ...{ at: clock.now(), ...who, address: request.ip, ...what, object_id: id },
      // One's own account has no id in its address.
      name: named ?? (audited.object === 'user' ? who.actor : null),
      ...(table !== null && (before || row) ? differing(before, row, sent) : { before: null, after: sent }),
      reason: textOf(body.reason ?? query.reason ?? body.note),
    });
  }

  /** A log-in that was refused: who it claimed to be. */
  async function noteRefused(request: FastifyRequest): Promise<void> {
    if (allowance.take('log-in', 1) > 0) {
      unlisted++;
      return;
    }
    const claimed = textOf(objectOf(request.body).user) ?? request.caller?.name ?? '';
    const after = { refused: request.refusedAs, ...(unlisted > 0 ? { further: unlisted } : {}) };
    unlisted = 0;
    const what = { object: 'session', object_id: null, name: null, action: 'log_in_refused', before: null, after };
    const who = { kind: 'stranger' as const, actor: claimed, address: request.ip };
    await writeAudit(state, { at: clock.now(), ...who, ...what, reason: null });
  }

  return (app: App): void => {
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) auditedAs(`${one} ${url}`);
    });
    app.addHook('preHandler', async (request: FastifyRequest) => {
      const audited = auditedAs(routeOf(request));
      if (audited) befores.set(request, await rowOf(audited.table, textOf(objectOf(request.params).id)));
    });
    app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
      if (request.routeOptions.url === undefined || request.method === 'GET') return;
      const isRefused = reply.statusCode === 401 || request.refusedAs === 'TOO_MANY_LOGINS';
      try {
        if (reply.statusCode < 400) await note(request, payload);
        else if (isRefused && asksPassword.has(routeOf(request))) await noteRefused(request);
      } catch (thrown) {
        request.log.error({ err: thrown, route: routeOf(request) }, 'Could not write the audit log');
      }
    });
  };
}

const asksPassword = new Set(['POST /api/v1/login', 'POST /api/v1/me/confirm', 'POST /api/v1/me/password']);
/** Of what holds passwords and codes, the fields that do not: a new one is hidden until it is named here. */
const open = new Set(
  [
    'name',
    'user',
    'role',
    'disabled',
    'language',
    'zone',
    'site',
    'tags',
    'kind',
    'hostname',
    'platform',
    'maxUses',
  ].concat(['expiresAt', 'endsAt', 'days', 'onlyFor', 'replaces', 'reason', 'value', 'ticket']),
);
const guarded = new Set(['user', 'session', 'token', 'join_code', 'rating']);

/** What was sent, as it may be noted. */
function sentIn(body: AuditValues, object: string): AuditValues | null {
  const { csv, ...fields } = body;
  const entries = Object.entries(fields).map(([key, value]): [string, unknown] => [
    key,
    guarded.has(object) && !open.has(key) ? notKept : value,
  ]);
  // A table is in the history of its room; here is how long it was.
  if (typeof csv === 'string') entries.push(['lines', csv.trim().split('\n').length - 1]);
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}

/** Empty where there is no such route. */
const routeOf = ({ method, routeOptions: { url } }: FastifyRequest) => (url === undefined ? '' : `${method} ${url}`);

function read(payload: unknown): AuditValues {
  if (typeof payload !== 'string' || payload.length > readLimit) return {};
  try {
    return objectOf(JSON.parse(payload));
  } catch {
    // No JSON: a file.
    return {};
  }
}

/** Of what was made: the answer is it, or holds it. */
function idIn(answer: AuditValues): string | null {
  const inner = [answer, answer.row, answer.token, answer.enrollment, answer.ticket, answer.change].map(objectOf);
  return textOf(inner.find(({ id }) => textOf(id) !== null)?.id ?? answer.endpoint ?? answer.ticket);
}

function whoOf({ caller, body }: FastifyRequest, answer: AuditValues): Pick<AuditEntry, 'kind' | 'actor'> {
  const kinds: Record<Caller['by'], AuditEntry['kind']> = { session: 'person', token: 'token' };
  if (caller) return { kind: kinds[caller.by], actor: caller.name };
  const user = textOf(answer.user);
  if (user !== null) return { kind: 'person', actor: user };
  const host = textOf(objectOf(body).hostname);
  return host === null ? { kind: 'stranger', actor: '' } : { kind: 'agent', actor: host.slice(0, 200) };
}

/** The columns that changed; of what has a history of its own, what was sent as well. */
function differing(
  before: AuditValues | null,
  after: AuditValues | null,
  sent: AuditValues | null,
): Pick<AuditEntry, 'before' | 'after'> {
  const keys = Object.keys(after ?? before ?? {}).filter((key) => !/^updated_|^last_|_hash$|_key$/.test(key));
  const changed = keys.filter((key) => before?.[key] !== after?.[key]);
  const pick = (row: AuditValues | null) => row && Object.fromEntries(changed.map((key) => [key, row[key]]));
  if (changed.length === 0) return { before: null, after: sent };
  return { before: pick(before), after: pick(after) };
}
