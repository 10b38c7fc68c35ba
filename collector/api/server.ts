/** The HTTP server: guards, errors, documentation and the route groups, in the order in which a request meets them. */
import type { Server as TlsServer } from 'node:tls';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import fastify, { type FastifyServerOptions, LogController } from 'fastify';
import { Type } from 'typebox';
import { ErrorBody } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { limits } from '../doors/limits.ts';
import type { Config } from '../settings/settings.ts';
import { chainRest } from '../state/audit-chain.ts';
import type { ShownTls } from '../tls/serving.ts';
import { access } from './access.ts';
import { answerError, answerUnexpected, answerUnreadable, answerUnrouted } from './answer.ts';
import { createAudit } from './audit.ts';
import type { App, Context } from './context.ts';
import { createDoors } from './doors.ts';
import { createGuard } from './guard.ts';
import { routes } from './routes/index.ts';
import { webRoutes } from './routes/web.ts';
import { closed } from './shapes.ts';
import { createSights, limitedContext } from './sight.ts';
import { isUpgrade, takeUpgrades } from './upgrades.ts';
import { compileValidator, refuseUnreadBody } from './validate.ts';

export interface ServerOptions {
  config: Pick<Config, 'http'>;
  /** Null: plain http. */
  tls: ShownTls;
  log: Log;
  /** Folder of the built web app; where it is missing, a page explains how to build it. */
  web: string;
}

/** Ready to listen. @throws Error at once when routes and the table of access do not match */
export async function createServer(context: Context, options: ServerOptions): Promise<App> {
  const { http } = options.config;
  const tls = options.tls.current();
  const patience = {
    ...{ headersTimeout: limits.http.headers, connectionsCheckingInterval: limits.http.look },
    // By doors.ts, in words.
    requireHostHeader: false,
    shouldUpgradeCallback: isUpgrade,
    ...(tls ? { handshakeTimeout: limits.http.handshake } : {}),
  };
  const settings: FastifyServerOptions = {
    loggerInstance: options.log as never,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.http.body,
    clientErrorHandler: answerUnreadable,
    frameworkErrors: answerUnrouted,
    // Its answer would be fastify's own; what comes in that moment is served, and its connection closed.
    return503OnClosing: false,
    forceCloseConnections: true,
    requestTimeout: limits.http.request,
    keepAliveTimeout: limits.http.keepAlive,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: limits.http.parameter },
    trustProxy: http.trustProxy.length > 0 && http.trustProxy,
    ...(tls ? { https: { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2', ...patience } } : { http: patience }),
  };
  const app = fastify(settings) as unknown as App;
  options.tls.onChange(({ cert, key }) =>
    (app.server as unknown as TlsServer).setSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
  );
  app.setValidatorCompiler(compileValidator as never);
  // Answers are composed field by field, so no second pass is needed to hide fields.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerError);
  answerUnexpected(app.server);

  const unmatched = checkAccess(app);
  refuseStrangeKeys(app);
  takeEmptyJson(app);
  app.decorateRequest('caller', null);
  app.decorateRequest('refusedAs', null);
  app.decorateRequest('claimed', null);
  await app.register(cookie);
  await app.register(helmet, headers);
  compressAnswers(app);
  await app.register(compress, compression);
  takeUpgrades(app, createDoors(context, options.config)(app));
  app.addHook('preClose', async () => context.agentDoor?.close());
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { max, after }) => fail('TOO_MANY_REQUESTS', { limit: max, window: after }),
  });
  app.addHook('onRequest', createGuard(context));
  const shown = limitedContext(context);
  createSights(context, shown)(app);
  await chainRest(context.state);
  createAudit(context)(app);
  await app.register(swagger, documentation(context.version));
  app.addHook('onRoute', (route) => describeErrors(route as never));
  for (const register of routes) register(app, shown);
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await webRoutes(app, options.web);
  await app.ready();
  if (unmatched.size > 0) throw new Error(`access.ts names what does not exist: ${[...unmatched].join(', ')}`);
  return app;
}

/** Lists shrink to a tenth. Files of the web app are compressed when it is built; what comes in compressed is refused as before. */
const compression = { global: false, globalDecompression: false };

function compressAnswers(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/')) route.compress ??= {};
  });
}

/** Where nothing is asked for, what is sent would be ignored, and its sender deceived. Pages of the app read their own query. */
function refuseStrangeKeys(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.url !== '/*') route.schema = { querystring: Type.Object({}, closed), ...route.schema };
  });
  app.addHook('preValidation', refuseUnreadBody);
}

/** Clients name JSON as the type of every request, also of those without a body. */
function takeEmptyJson(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  });
}

/** @returns the entries without a route so far; empties as routes are added */
function checkAccess(app: App): Set<string> {
  const unmatched = new Set(Object.keys(access));
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of Array.isArray(method) ? method : [method]) {
      if (one === 'HEAD') continue;
      const key = `${one} ${url}`;
      if (access[key] === undefined) throw new Error(`access.ts has no entry for ${key}`);
      unmatched.delete(key);
    }
  });
  return unmatched;
}

/** Scripts and styles from our own files only; no framing; no referrer with our addresses to other sites. */
const headers = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      workerSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  /** Ours: also where a proxy does the TLS. */
  strictTransportSecurity: false as const,
  xFrameOptions: { action: 'deny' as const },
  referrerPolicy: { policy: 'no-referrer' as const },
  crossOriginEmbedderPolicy: false as const,
};

const documentation = (version: string) => ({
  openapi: {
    openapi: '3.1.0' as const,
    info: { title: 'Evenkeel', version, description: 'Is our fleet healthy, and what did it cost us when it was not?' },
    components: {
      securitySchemes: {
        token: { type: 'http' as const, scheme: 'bearer' },
        session: { type: 'apiKey' as const, in: 'cookie' as const, name: 'evenkeel' },
      },
    },
  },
});

interface DescribedRoute {
  method: string | string[];
  url: string;
  schema?: {
    hide?: boolean;
    querystring?: unknown;
    response?: Record<string, unknown>;
    security?: unknown;
    description?: string;
  };
}

/** The common documentation of all routes: who may call it, and how a refusal looks. */
function describeErrors(route: DescribedRoute): void {
  if (!route.schema || route.schema.hide) return;
  const need = access[`${String(route.method)} ${route.url}`];
  route.schema.response = { ...route.schema.response, '4xx': ErrorBody, '5xx': ErrorBody };
  route.schema.security = need === 'public' ? [] : [{ token: [] }, { session: [] }];
  route.schema.description = need === 'public' ? 'Needs no log-in.' : `Needs the role ${need}.`;
}
