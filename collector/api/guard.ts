/**
 * Authentication and authorisation: who calls, from where, and whether they may. Runs before a body is read.
 *
 * A browser sends our cookie by itself, so a request with a cookie must come from our own pages: SameSite=Strict,
 * `Sec-Fetch-Site` checked for all that needs a log-in, and `Origin` for every method that changes something. A bearer
 * token is never sent by itself, so it needs no such check.
 */
import type { FastifyRequest } from 'fastify';
import { fail } from '../../shared/errors.ts';
import { mayDo, type Role } from '../accounts/roles.ts';
import { localTokenId } from '../accounts/tokens.ts';
import { access, asksAgain, confirmedMs, purposes, withoutFactor } from './access.ts';
import { callerInName } from './as-user.ts';
import type { Caller, Context } from './context.ts';
import { cookieName } from './cookies.ts';
import { refuseBeyond } from './sight.ts';

/** Public, with a longer answer for those who are logged in; of a log-out it is noted who they were. */
const answersMore = new Set(['/api/v1/me', '/readyz', '/api/v1/status/:slug', '/api/v1/logout']);
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +([\w.~+/=-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** Null for a stranger, and for whoever was logged out, disabled or revoked since. */
export async function callerOf(
  request: FastifyRequest,
  { accounts, addresses, state }: Pick<Context, 'accounts' | 'addresses' | 'state'>,
): Promise<Caller | null> {
  const named = await callerInName(state);
  if (named !== undefined) return named;
  if (request.headers.authorization !== undefined) {
    const secret = bearerOf(request);
    const token = secret === undefined ? undefined : await accounts.tokens.find(secret);
    return token
      ? {
          ...{ name: token.name, role: token.role, by: 'token', via: null, session: null },
          onlyFor: token.onlyFor,
          sites: token.sites,
          endsAt: token.expiresAt,
          isLocal: token.id === localTokenId,
        }
      : null;
  }
  const secret = request.cookies[cookieName(addresses().http)];
  const found = secret ? await accounts.sessions.find(secret) : undefined;
  if (!secret || !found) return null;
  const { user, confirmedAt, via, hasFactor } = found;
  const session = { user: user.id, secret, confirmedAt, hasFactor };
  const { name, role, sites } = user;
  return { name, role, sites, by: 'session', via, session, onlyFor: null, endsAt: null, isLocal: false };
}

/**
 * A request without any site header comes from no browser.
 * @param own our public address: behind a proxy the Host header may be another one
 * @returns the site that it comes from; null: ours, or none
 */
function foreignSiteOf(request: FastifyRequest, own: string): string | null {
  const isSafe = safeMethods.has(request.method);
  if (request.headers.authorization !== undefined) return null;
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  const isOurs = (text: string) => text === own || text.endsWith(`://${host?.toLowerCase()}`);
  const foreignOrigin = !isSafe && origin !== undefined && !isOurs(origin.toLowerCase());
  return foreignSite || foreignOrigin ? String(origin ?? site).slice(0, 100) : null;
}

export function createGuard(context: Pick<Context, 'accounts' | 'addresses' | 'clock' | 'state' | 'fleet' | 'groups'>) {
  return async function guard(request: FastifyRequest): Promise<void> {
    request.caller = null;
    const url = request.routeOptions.url;
    if (url === undefined) return;
    const key = `${request.method === 'HEAD' ? 'GET' : request.method} ${url}`;
    const need = access[key];
    // Unreachable after the check at start; a refusal is the only safe answer all the same.
    if (need === undefined) throw fail('FORBIDDEN', { role: 'no role', needed: 'an entry in the table of access' });
    const foreign = foreignSiteOf(request, new URL(context.addresses().http).origin);
    const isOpen = need === 'public' && safeMethods.has(request.method);
    if (foreign !== null && !isOpen) throw fail('CROSS_ORIGIN', { origin: foreign });
    // A page of another site may read what is public, and gets the same answer as somebody who is not logged in.
    if (need === 'public' && (foreign !== null || !answersMore.has(url))) return;
    request.caller = await callerOf(request, context);
    if (need === 'public') return;
    if (!request.caller) throw fail(request.headers.authorization === undefined ? 'NOT_LOGGED_IN' : 'WRONG_TOKEN');
    if (lacksFactor(request.caller, context) && !withoutFactor.has(key)) throw fail('FACTOR_MISSING');
    const { role, session, onlyFor, sites } = request.caller;
    if (!mayDo(role, need)) throw fail('FORBIDDEN', { role, needed: need });
    if (onlyFor !== null && !purposes[onlyFor].opens.includes(key))
      throw fail('FORBIDDEN', { role: `of a token for ${onlyFor} alone`, needed: 'a token without that limit' });
    if (sites !== null) await refuseBeyond(context, key, sites);
    if (session && asksAgain.has(key) && context.clock.now() - session.confirmedAt > confirmedMs)
      throw fail('CONFIRM_PASSWORD', { minutes: confirmedMs / 60_000 });
  };
}

/** A person who must have a second factor, and has none: it is set up before anything else. */
export const lacksFactor = (
  { via, role, session }: Pick<Caller, 'via' | 'role' | 'session'>,
  { accounts }: Pick<Context, 'accounts'>,
): boolean => via === 'password' && session?.hasFactor === false && accounts.secondFactors.required().includes(role);

/** Whoever asks about their own log-in. @throws EvenkeelError BAD_REQUEST for a token */
export function personOf({ caller }: FastifyRequest): { id: string; name: string; role: Role; secret: string } {
  if (!caller?.session) throw fail('BAD_REQUEST', { problem: 'a token has no log-in; log in as a person' });
  return { id: caller.session.user, name: caller.name, role: caller.role, secret: caller.session.secret };
}

/** The caller of a route that is not public: the guard guarantees that there is one. */
export function callerNamed(request: FastifyRequest): string {
  return request.caller?.name ?? 'unknown';
}

/**
 * A token cannot be asked for a password, and whoever found one must not make ways in that outlast it.
 * @param deed what only a person may do, as `to …`
 * @throws EvenkeelError FORBIDDEN
 */
export function refuseToken({ caller }: FastifyRequest, deed: string): void {
  if (caller?.by === 'token')
    throw fail('FORBIDDEN', { role: 'of a token', needed: `a person who is logged in, ${deed}` });
}
