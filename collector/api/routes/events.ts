/**
 * The stream of changes for open pages (server-sent events). A page that misses one reads again when it reconnects,
 * so nothing is stored for slow readers: what they cannot take is dropped, and memory stays bounded.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { EndpointRow } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import type { Change } from '../../change-feed.ts';
import { createConcurrent } from '../../doors/concurrent.ts';
import { limits } from '../../doors/limits.ts';
import { withoutSight, withSight } from '../../state/sight.ts';
import type { App, Context } from '../context.ts';
import { createEventsSeen } from '../events-seen.ts';
import { callerOf } from '../guard.ts';
import { sightOf } from '../sight.ts';

const maxStreams = 200;
const coalesceMs = 1000;
const heartbeatMs = 15_000;
/** An event and no comment: a page that hears none knows that its connection is cut, which its browser does not say for minutes. */
const beat = 'event: beat\ndata: 1\n\n';
/** Then the browser reconnects and the guard authenticates again: log-ins end by time as well. */
const longestMs = 3_600_000;
/** A reader with this much waiting is skipped until it has read; it gets the newest values after that. */
const maxWaitingBytes = 1024 * 1024;

/** Of a larger fleet nobody shows most of the rows: pages then read those that they show. */
const rowsAtMost = 500;

/** Changes wait for the next tick, once per second; an endpoint or ticket waits once, however often it changes. */
const keyOf = (change: Change): string => {
  switch (change.kind) {
    case 'values':
    case 'endpoint':
      return `${change.kind} ${change.endpoint}`;
    case 'alert':
      return `alert ${change.alert}`;
    case 'ticket':
      return `ticket ${change.ticket}`;
    case 'inventory':
      return `inventory ${change.endpoint} ${change.section}`;
    case 'maintenance':
      return `maintenance ${change.maintenance}`;
    case 'silence':
      return `silence ${change.silence}`;
    case 'change':
      return `change ${change.change}`;
    case 'site':
      return `site ${change.site}`;
    case 'group':
      return `group ${change.group}`;
    case 'calendar':
      return `calendar ${change.calendar}`;
    case 'agent_settings':
    case 'agent_update':
    case 'applicant':
    case 'cost':
    case 'on_call':
    case 'product':
      return change.kind;
    case 'target':
      return `target ${change.target}`;
    case 'article':
      return `article ${change.article}`;
    case 'rule':
      return `rule ${change.rule}`;
  }
};

export function eventRoutes(app: App, context: Context): void {
  const { accounts, changeFeed, fleet, rows } = context;
  const seen = createEventsSeen(context);
  /** Each with the request that opened it. */
  const streams = new Map<ServerResponse, FastifyRequest>();
  const enter = createConcurrent(limits.http.perUser.streams);
  const waiting = new Map<string, Change>();
  let timer: NodeJS.Timeout | undefined;

  /** Of what a small fleet has changed with the row as it is now, once for each endpoint; null where it is none of the fleet any more. */
  const textOf = (changes: readonly Change[]): string => {
    const told = new Set<string>();
    const isSmall = Iterator.from(fleet.all()).drop(rowsAtMost).next().done === true;
    const one = (change: Change): Change & { row?: EndpointRow | null } => {
      if (!isSmall || !('endpoint' in change) || told.has(change.endpoint)) return change;
      told.add(change.endpoint);
      return { ...change, row: rows.get(change.endpoint) ?? null };
    };
    return changes.map((change) => `data: ${JSON.stringify(one(change))}\n\n`).join('');
  };

  /** For a limited person; of an endpoint that has left their sites no row is told. */
  async function limitedText(changes: readonly Change[], sites: readonly string[]): Promise<string> {
    const sight = await sightOf(context, sites);
    const told = await seen.of(changes, sight);
    return withSight(sight, () => textOf(told));
  }

  async function flush(): Promise<void> {
    await rows.settled();
    timer = undefined;
    const changes = [...waiting.values()];
    waiting.clear();
    if (streams.size === 0) return;
    const text = textOf(changes);
    for (const [stream, { caller }] of streams) {
      if (stream.writableLength >= maxWaitingBytes) continue;
      const sites = caller?.sites ?? null;
      if (sites === null) stream.write(text);
      // Where it cannot be told what they may see, they are told nothing: the browser reads all again.
      else
        await limitedText(changes, sites).then(
          (own) => stream.write(own),
          () => stream.end(),
        );
    }
    seen.told(changes);
  }

  const unsubscribe = changeFeed.subscribe((change) => {
    if (streams.size === 0) return;
    waiting.set(keyOf(change), change);
    timer ??= setTimeout(() => void flush(), coalesceMs);
  });
  const heartbeat = setInterval(() => {
    for (const stream of streams.keys()) if (stream.writableLength < maxWaitingBytes) stream.write(beat);
  }, heartbeatMs);
  heartbeat.unref();

  /** Of those who were logged out, disabled or revoked; where that cannot be told, the browser tries again. */
  async function endForeign(): Promise<void> {
    for (const [stream, request] of streams) {
      const caller = await callerOf(request, context).catch(() => null);
      // Limited otherwise than before, too: it begins again with what is seen now.
      if (caller === null || String(caller.sites) !== String(request.caller?.sites)) stream.end();
    }
  }
  const forget = accounts.onEnd(() => void endForeign());

  app.addHook('preClose', async () => {
    unsubscribe();
    forget();
    clearInterval(heartbeat);
    clearTimeout(timer);
    for (const stream of streams.keys()) stream.end();
  });

  app.get(
    '/api/v1/events',
    {
      schema: {
        summary: 'Changes as they are saved (text/event-stream)',
        tags: ['fleet'],
        produces: ['text/event-stream'],
      },
    },
    (request, reply) => {
      if (streams.size >= maxStreams) throw fail('TOO_MANY_REQUESTS', { limit: maxStreams, window: 'progress' });
      enter(request, reply);
      reply.hijack();
      const stream = reply.raw;
      const headers = reply.getHeaders() as Record<string, string>;
      stream.writeHead(200, {
        ...headers,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      stream.write('retry: 3000\n\n');
      streams.set(stream, request);
      if (request.caller?.sites) withoutSight(seen.follow);
      request.raw.socket.setTimeout(0);
      const over = setTimeout(() => stream.end(), longestMs);
      stream.on('close', () => {
        clearTimeout(over);
        streams.delete(stream);
      });
      stream.on('error', () => void streams.delete(stream));
    },
  );
}
