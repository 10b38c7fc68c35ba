/**
 * What every answer and request has in common, whoever sends it: which names of this collector are served, what may be
 * kept by browsers and proxies, and how many connections strangers may hold.
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter } from 'prom-client';
import { fail } from '../../shared/errors.ts';
import { createGate, type Gate } from '../doors/gate.ts';
import { limits } from '../doors/limits.ts';
import type { Config } from '../settings/settings.ts';
import { access } from './access.ts';
import type { App, Context } from './context.ts';

/** Half a year, as advised for names that will not go back to http. */
const strictTransport = 'max-age=15552000';
/** Answered to whoever asks by whatever name: monitors of load balancers know only an address. */
const anyName = new Set(['/healthz', '/readyz']);

/** As written in a Host header, without its port. */
function nameOf(host: string): string {
  return (/^\[([^\]]*)\](:\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '')).toLowerCase().replace(/\.$/, '');
}

/** Of two, a proxy may believe the other one. */
const once = ['host', 'authorization', 'content-type', 'origin', 'sec-fetch-site'];

function headFault({ raw, url }: FastifyRequest): string | null {
  // A request of this process has one of each.
  const twice = once.find((name) => (raw.headersDistinct?.[name]?.length ?? 0) > 1);
  if (twice !== undefined) return `the header ${twice} is given twice`;
  // Checks of load balancers may speak HTTP/1.0, which knows none.
  const needsName = raw.httpVersion !== '1.0' || !anyName.has(url.split('?', 1)[0] ?? '');
  return needsName && !raw.headers.host ? 'it has no Host header' : null;
}

/** Log-in, right, name, method, size, rate: what attacks run into. A mistake in a value is none. */
const counted = new Set([401, 403, 405, 413, 421, 429]);

/**
 * A page of another site can have its own name point to this machine; its scripts then read what we answer to that name.
 * An address in digits cannot be made to point elsewhere, so it is always ours.
 */
export function createDoors(
  { addresses, clock, registry }: Pick<Context, 'addresses' | 'clock' | 'registry'>,
  { http }: Pick<Config, 'http'>,
) {
  const given = new Set(['localhost', nameOf(hostname()), nameOf(http.host), ...http.names.map(nameOf)]);
  const isOurs = (name: string) =>
    isIP(name) !== 0 || given.has(name) || name === nameOf(new URL(addresses().http).host);

  const refused = new Counter({
    name: 'evenkeel_http_refused_total',
    help: 'Requests refused for their log-in, right, name, method, size or rate, by code of the error',
    labelNames: ['code'],
    registers: [registry],
  });

  const gate = createGate({
    ...{ rules: limits.http.gate, monotonic: clock.monotonic },
    onClosed: () => refused.inc({ code: 'TOO_MANY_CONNECTIONS' }),
  });

  return (app: App): Pick<Gate, 'leave'> => {
    app.server.on('connection', gate.enter);
    app.addHook('onResponse', async ({ refusedAs, caller, raw }: FastifyRequest, { statusCode }: FastifyReply) => {
      if (caller) gate.known(raw.socket);
      if (refusedAs !== null && counted.has(statusCode)) refused.inc({ code: refusedAs });
    });
    app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
      const fault = headFault(request);
      if (fault !== null) {
        // Who sends such a one is not asked for another.
        reply.header('connection', 'close');
        throw fail('BAD_REQUEST', { problem: fault });
      }
      if (anyName.has(request.url.split('?', 1)[0] ?? '')) return;
      const name = nameOf(request.host ?? '');
      if (!isOurs(name)) throw fail('UNKNOWN_HOST', { host: name.slice(0, 100), url: addresses().http });
    });
    app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply) => {
      const need = access[`${request.method === 'HEAD' ? 'GET' : request.method} ${request.routeOptions.url}`];
      // What needs a log-in, or says more with one, must not stay behind in a browser or proxy after it ends.
      const isOwn = (need !== undefined && need !== 'public') || Boolean(request.caller);
      if (isOwn && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
      if (addresses().http.startsWith('https:')) reply.header('strict-transport-security', strictTransport);
    });
    return gate;
  };
}
