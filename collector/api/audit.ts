/**
 * The audit log's one seam: every route that changes something passes here, so that none can forget it. The entry is written
 * before the change, as begun, and completed with what came of it: where it cannot be written nothing is changed, and where the
 * process dies in between it stays, as begun. Of what was refused nothing stays.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { versionHeader } from '../../shared/base.ts';
import { createAllowances } from '../doors/allowance.ts';
import { type AuditEntry, completeAudit, dropAudit, notKept, writeAudit } from '../state/audit.ts';
import type { AuditValues } from './audit-on-call.ts';
import { statesOf } from './audit-states.ts';
import { auditedAs, isTrial } from './audited.ts';
import { refuseChanged, sayVersion } from './changed-since.ts';
import type { App, Caller, Context } from './context.ts';

/** Refused log-ins that are noted: so many at once, then one each six seconds; `/metrics` counts them all. */
const refusals = { burst: 30, perSecond: 1 / 6 };
const readLimit = 20_000;

/** The bytes of a file have no fields: each of millions would be one. */
const objectOf = (value: unknown): AuditValues =>
  typeof value === 'object' && value !== null && !Buffer.isBuffer(value) ? (value as AuditValues) : {};
const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;

interface Begun {
  /** Of the entry; null where it is written afterwards. */
  entry: number | null;
  before: AuditValues | null;
}

export function createAudit(context: Context) {
  const { state, clock } = context;
  const allowance = createAllowances({ ...refusals, monotonic: clock.monotonic });
  const begun = new WeakMap<FastifyRequest, Begun>();
  const states = statesOf(context);
  let unlisted = 0;

  async function rowOf(table: string | null, id: string | null): Promise<AuditValues | null> {
    if (table === null || id === null) return null;
    const key = /^\d{1,15}$/.test(id) && ['tickets', 'changes'].includes(table) ? Number(id) : id;
    const { rows } = await sql<AuditValues>`select * from ${sql.table(table)} where id = ${key}`.execute(state);
    return rows[0] ?? null;
  }

  /** As it is at the moment: the row, and what else the route may change. */
  async function stateNow(
    request: FastifyRequest,
    table: string | null,
    id: string | null,
  ): Promise<AuditValues | null> {
    const row = await rowOf(table, id);
    const rest = await states[routeOf(request)]?.(request);
    return row || rest ? { ...row, ...rest } : null;
  }

  /** @param done what came of it; null before it is known */
  async function entryOf(
    request: FastifyRequest,
    { before }: Pick<Begun, 'before'>,
    done: { payload: unknown } | null,
  ) {
    const { table, ...what } = auditedAs(routeOf(request)) as NonNullable<ReturnType<typeof auditedAs>>;
    const answer = done ? read(done.payload) : {};
    const [body, params, query] = [request.body, request.params, request.query].map(objectOf) as [
      AuditValues,
      AuditValues,
      AuditValues,
    ];
    const id = textOf(params.id) ?? textOf(params.name) ?? idIn(answer) ?? placeIn(body);
    const row = done && (await stateNow(request, table, id));
    const sent = sentIn(body, what.object);
    const who = whoOf(request, answer);
    const named = textOf(
      row?.name ?? row?.title ?? before?.name ?? before?.title ?? row?.hostname ?? body.name ?? answer.name,
    );
    const noted = request.noted;
    const entry: AuditEntry = {
      ...{ at: clock.now(), ...who, address: addressOf(request), ...what, object_id: id },
      // One's own account has no id in its address.
      name: named ?? (what.object === 'user' ? who.actor || null : null),
      ...(done && (before || row) ? differing(before, row, sent) : { before: null, after: sent }),
      ...(noted ? { before: noted.before, after: { ...sent, ...noted.after } } : {}),
      reason: textOf(body.reason ?? query.reason ?? body.note),
      outcome: done ? 'done' : 'begun',
    };
    return entry;
  }

  async function begin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await sayVersion(context, request, reply);
    const audited = auditedAs(routeOf(request));
    if (!audited || isTrial(routeOf(request), request.body)) return;
    // Without a log-in nobody is named, and a stranger could fill the log with it.
    if (audited.action === 'log_out' && !request.caller) return;
    request.madeSites = [];
    const before = await stateNow(request, audited.table, textOf(objectOf(request.params).id));
    const isAfterwards = afterwards.has(routeOf(request));
    const what = isAfterwards ? null : await entryOf(request, { before }, null);
    const entry = what && (await writeAudit(state, what));
    begun.set(request, { entry, before });
    if (what && entry !== null) await refuseChanged(context, request, reply, { id: entry, ...what });
  }

  async function complete(request: FastifyRequest, { entry, before }: Begun, payload: unknown): Promise<void> {
    const complete = await entryOf(request, { before }, { payload });
    if (entry === null) await writeAudit(state, complete);
    else await completeAudit(state, entry, complete);
    for (const site of request.madeSites) {
      const { kind, actor, address } = complete;
      const row = await rowOf('sites', site);
      const what = { object: 'site', object_id: site, name: textOf(row?.name), action: 'add', reason: null };
      await writeAudit(state, {
        ...{ at: clock.now(), kind, actor, address, ...what, outcome: 'done', ...differing(null, row, null) },
      });
    }
  }

  /** A log-in that was refused: who it claimed to be. */
  async function noteRefused(request: FastifyRequest): Promise<void> {
    if (allowance.take('log-in', 1) > 0) {
      unlisted++;
      return;
    }
    const claimed = request.claimed ?? textOf(objectOf(request.body).user) ?? request.caller?.name ?? '';
    const after = { refused: request.refusedAs, ...(unlisted > 0 ? { further: unlisted } : {}) };
    unlisted = 0;
    const what = { object: 'session', object_id: null, name: null, action: 'log_in_refused', before: null, after };
    const who = { kind: 'stranger' as const, actor: claimed, address: request.ip };
    await writeAudit(state, { at: clock.now(), ...who, ...what, reason: null, outcome: 'done' });
  }

  return (app: App): void => {
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) auditedAs(`${one} ${url}`);
    });
    app.decorateRequest('noted', null);
    app.decorateRequest('madeSites');
    app.addHook('preHandler', begin);
    app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
      const one = begun.get(request);
      // Once: the answer that says so is sent as well.
      begun.delete(request);
      const { statusCode } = reply;
      // It waits, and asks every half minute: what a person says to it is noted.
      if (statusCode === 202 && request.routeOptions.url === '/api/v1/enroll') return;
      try {
        if (one && statusCode < 400) {
          await complete(request, one, payload);
          // Whoever goes on in the same form has seen this.
          if (one.entry !== null) reply.header(versionHeader, one.entry);
        }
        // Whether anything was changed before an internal error is not known.
        else if (one && one.entry !== null && (statusCode < 500 || request.refusedAs === 'LOGINS_BUSY'))
          await dropAudit(state, one.entry);
        // Asked for the code, the browser goes on.
        const isAsked = request.refusedAs === 'CODE_NEEDED';
        const isRefused = !isAsked && (statusCode === 401 || refusedLogIns.test(request.refusedAs ?? ''));
        if (isRefused && asksPassword.has(routeOf(request))) await noteRefused(request);
      } catch (thrown) {
        request.log.error({ err: thrown, route: routeOf(request) }, 'Could not write the audit log');
        if (one?.entry !== null || statusCode >= 400) return;
        // What it opens has not reached anybody yet, and stays unknown.
        reply.removeHeader('set-cookie');
        throw thrown;
      }
    });
  };
}

/**
 * Written afterwards: who comes is known only then, and strangers cannot make it write. What is given out, a cookie or a
 * credential, is not given out unless it is noted.
 */
const afterwards: ReadonlySet<string> = new Set([
  'POST /api/v1/login',
  'POST /api/v1/login/openid/finish',
  'POST /api/v1/logout',
  'POST /api/v1/enroll',
]);
const refusedLogIns = /^(?:TOO_MANY_LOGINS|TOO_MANY_CODES|OPENID_(?!OFF)\w+)$/;
const asksPassword = new Set([
  'POST /api/v1/login',
  'POST /api/v1/login/openid/finish',
  'POST /api/v1/me/confirm',
  'POST /api/v1/me/password',
]);
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
    'sites',
    'tags',
    'kind',
    'hostname',
    'platform',
    'maxUses',
  ].concat(['roles', 'expiresAt', 'endsAt', 'days', 'onlyFor', 'replaces', 'reason', 'value', 'ticket']),
);
const guarded = new Set(['channel', 'user', 'session', 'token', 'join_code', 'rating', 'watched_target']);

/** What was sent, as it may be noted. */
function sentIn(body: AuditValues, object: string): AuditValues | null {
  // A reason has a place of its own.
  const { csv, reason: _, ...fields } = body;
  const entries = Object.entries(fields).map(([key, value]): [string, unknown] => [
    key,
    guarded.has(object) && !open.has(key) ? notKept : value,
  ]);
  // A table is in the history of its room; here is how long it was.
  if (typeof csv === 'string') entries.push(['lines', csv.trim().split('\n').length - 1]);
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}

/** Of a message its room: it came by no address. */
const addressOf = ({ caller, ip }: FastifyRequest) => (caller?.room === undefined ? ip : `chat: ${caller.room}`);

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

/** What has no id in its address: settings of agents by their scope, several levels of a rule by the first. */
function placeIn({ scope, target, changes }: AuditValues): string | null {
  const [first] = Array.isArray(changes) ? changes.map(objectOf) : [];
  if (first) return textOf(first.rule);
  const place = typeof scope === 'string' ? { of: scope, target } : objectOf(scope);
  return typeof place.of === 'string' ? `${place.of} ${textOf(place.target) ?? ''}`.trim() : null;
}

function whoOf({ caller, body }: FastifyRequest, answer: AuditValues): Pick<AuditEntry, 'kind' | 'actor'> {
  const kinds: Record<Caller['by'], AuditEntry['kind']> = { session: 'person', token: 'token', chat: 'person' };
  if (caller) return { kind: kinds[caller.by], actor: caller.name };
  const user = textOf(answer.user);
  if (user !== null) return { kind: 'person', actor: user };
  const host = textOf(objectOf(body).hostname);
  return host === null ? { kind: 'stranger', actor: '' } : { kind: 'agent', actor: host.slice(0, 200) };
}

/** What changed; where nothing did that is kept here, what was sent. */
function differing(
  before: AuditValues | null,
  after: AuditValues | null,
  sent: AuditValues | null,
): Pick<AuditEntry, 'before' | 'after'> {
  const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changed = keys.filter((key) => !bookkeeping.test(key) && !isSame(before?.[key], after?.[key]));
  if (changed.length === 0) return { before: null, after: sent };
  const pick = (values: AuditValues | null) =>
    values && Object.fromEntries(changed.map((key) => [key, values[key] ?? null]));
  return { before: pick(before), after: pick(after) };
}

const bookkeeping = /^updated_|^last_|^touched_|_hash$|_key$/;
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
