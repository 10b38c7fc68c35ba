/** What a new machine fetches before it has a credential: the script behind the line to paste, and the packages. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { AgentPackage } from '../../../shared/joining.ts';
import { networkOf } from '../../doors/network.ts';
import { installPowerShell } from '../../install/powershell.ts';
import { installShell } from '../../install/shell.ts';
import type { App, Context } from '../context.ts';
import { closed, word } from '../shapes.ts';

const tags = ['enrolment'];
/** An office behind one address may join at once; what is open at a time costs one file and one connection each. */
const often = { rateLimit: { max: 600, timeWindow: '10 seconds' } };
const openAtMost = { all: 200, ofNetwork: 50 };

/** An agent whose download was cut off goes on where it was; other ranges are answered whole, as HTTP allows. */
function startOf(range: string | undefined, size: number): number {
  const from = Number(/^bytes=(\d{1,15})-$/.exec(range ?? '')?.[1] ?? 0);
  return from < size ? from : 0;
}

export function installRoutes(app: App, { packages, updates, addresses, joins }: Context): void {
  const open = new Map<string, number>();
  let openNow = 0;

  /** Counts a download until its connection or its answer ends. @throws EvenkeelError TOO_MANY_REQUESTS */
  function enter(address: string, { raw }: FastifyReply): void {
    const network = networkOf(address);
    const n = open.get(network) ?? 0;
    if (n >= openAtMost.ofNetwork || openNow >= openAtMost.all)
      throw fail('TOO_MANY_REQUESTS', { limit: Math.min(n, openAtMost.ofNetwork), window: 'progress' });
    open.set(network, n + 1);
    openNow++;
    raw.once('close', () => {
      openNow--;
      const left = (open.get(network) ?? 1) - 1;
      if (left > 0) open.set(network, left);
      else open.delete(network);
    });
  }

  const script = (name: string, type: string, make: typeof installShell) =>
    app.get(
      `/${name}`,
      {
        config: often,
        schema: { summary: `Installs the agent on a machine: ${name}`, tags, response: { 200: Type.String() } },
      },
      async (_request, reply) => {
        joins.fetched();
        return reply
          .type(type)
          .header('cache-control', 'no-store')
          .serializer(String)
          .send(make(addresses(), await packages.list()));
      },
    );
  script('install.sh', 'text/x-shellscript; charset=utf-8', installShell);
  script('install.ps1', 'text/plain; charset=utf-8', installPowerShell);

  app.get(
    '/packages/:name',
    {
      config: often,
      schema: {
        summary: 'A package of the agent',
        tags,
        params: Type.Object({ name: word(200) }, closed),
        response: { 200: Type.Unknown(), 206: Type.Unknown() },
      },
    },
    async ({ params, ip, headers }, reply) => {
      const path = (await packages.pathOf(params.name)) ?? (await updates.folder.pathOf(params.name));
      const about = path === null ? null : await stat(path).catch(() => null);
      if (path === null || !about?.isFile()) throw fail('NOT_FOUND', { what: 'package', id: params.name });
      enter(ip, reply);
      const from = startOf(headers.range, about.size);
      if (from > 0) reply.status(206).header('content-range', `bytes ${from}-${about.size - 1}/${about.size}`);
      return reply
        .type('application/octet-stream')
        .header('accept-ranges', 'bytes')
        .header('content-length', about.size - from)
        .header('cache-control', 'no-cache')
        .send(createReadStream(path, { start: from, end: Math.max(0, about.size - 1) }));
    },
  );

  app.get(
    '/api/v1/packages',
    {
      schema: {
        summary: 'Packages of the agent that this collector hands out',
        tags,
        response: { 200: page(AgentPackage) },
      },
    },
    async () => ({ items: await packages.list(), next: null }),
  );
}
