/**
 * Authentication and authorisation: who calls, from where, and whether they may. Runs before a body is read.
 *
 * A browser sends our cookie by itself, so a request with a cookie must come from our own pages: SameSite=Strict,
 * `Sec-Fetch-Site` checked for all that needs a log-in, and `Origin` for every method that changes something. A bearer
 * token is never sent by itself, so it needs no such check.
 */
import type { FastifyRequest } from 'fastify';
import { fail } from '../../shared/errors.ts';
import { mayDo } from '../accounts/roles.ts';
import { access } from './access.ts';
import type { Caller, Context } from './context.ts';

/**
 * With the prefix a browser takes it over TLS only, from this very name and for all its paths: no neighbour under the
 * same domain can set it.
 */
export const cookieName = (address: string) => (address.startsWith('https:') ? '__Host-evenkeel' : 'evenkeel');
/** Public, with a longer answer for those who are logged in. */
const answersMore = new Set(['/api/v1/me', '/readyz', '/api/v1/status/:slug']);
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +([\w.~+/=-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** Null for a stranger, and for whoever was logged out, disabled or revoked since. */
export async function callerOf(
  request: FastifyRequest,
  { accounts, addresses }: Pick<Context, 'accounts' | 'addresses'>,
): Promise<Caller | null> {
  if (request.headers.authorization !== undefined) {
    const secret = bearerOf(request);
    const token = secret === undefined ? undefined : await accounts.tokens.find(secret);
    return token ? { name: token.name, role: token.role, by: 'token' } : null;
  }
  const cookie = request.cookies[cookieName(addresses().http)];
  const user = cookie ? await accounts.sessions.userOf(cookie) : undefined;
  return user ? { name: user.name, role: user.role, by: 'session' } : null;
}

/**
 * A request without any site header comes from no browser.
 * @param own our public address: behind a proxy the Host header may be another one
 * @throws EvenkeelError CROSS_ORIGIN
 */
function refuseForeign(request: FastifyRequest, own: string, isPublic: boolean): void {
  const isSafe = safeMethods.has(request.method);
  if ((isSafe && isPublic) || request.headers.authorization !== undefined) return;
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  const isOurs = (text: string) => text === own || text.endsWith(`://${host?.toLowerCase()}`);
  const foreignOrigin = !isSafe && origin !== undefined && !isOurs(origin.toLowerCase());
  if (foreignSite || foreignOrigin) throw fail('CROSS_ORIGIN', { origin: String(origin ?? site).slice(0, 100) });
}

export function createGuard(context: Pick<Context, 'accounts' | 'addresses'>) {
  return async function guard(request: FastifyRequest): Promise<void> {
    request.caller = null;
    const url = request.routeOptions.url;
    if (url === undefined) return;
    const need = access[`${request.method === 'HEAD' ? 'GET' : request.method} ${url}`];
    // Unreachable after the check at start; a refusal is the only safe answer all the same.
    if (need === undefined) throw fail('FORBIDDEN', { role: 'no role', needed: 'an entry in the table of access' });
    refuseForeign(request, new URL(context.addresses().http).origin, need === 'public');
    if (need === 'public' && !answersMore.has(url)) return;
    request.caller = await callerOf(request, context);
    if (need === 'public') return;
    if (!request.caller) throw fail('NOT_LOGGED_IN');
    if (!mayDo(request.caller.role, need)) throw fail('FORBIDDEN', { role: request.caller.role, needed: need });
  };
}

/** The caller of a route that is not public: the guard guarantees that there is one. */
export function callerNamed(request: FastifyRequest): string {
  return request.caller?.name ?? 'unknown';
}
