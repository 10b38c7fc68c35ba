/** The built web app. Its pages have addresses of their own: any path that is no file and no API gets the app. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerNothingHere, notOfPages } from '../answer.ts';
import type { App } from '../context.ts';

const yearMs = 365 * 86_400_000;

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Evenkeel</title>
<h1>The web app has not been built yet</h1>
<p>The collector runs, and its REST interface works (<a href="/openapi.json">/openapi.json</a>).</p>
<p>Run <code>npm run build</code> in the folder of Evenkeel, then load this page again.</p>
</html>
`;

/** @param folder of the built app; read again at each start */
export async function webRoutes(app: App, folder: string): Promise<void> {
  const built = existsSync(join(folder, 'index.html'));
  if (!built) {
    app.setNotFoundHandler(answerNothingHere);
    app.get('/*', { schema: { hide: true } }, (request, reply) =>
      notOfPages.test(request.url)
        ? answerNothingHere(request, reply)
        : reply.type('text/html; charset=utf-8').serializer(String).send(notBuilt),
    );
    return;
  }
  await app.register(staticFiles, {
    root: folder,
    index: ['index.html'],
    cacheControl: false,
    // The build puts a compressed form beside each text.
    preCompressed: true,
    setHeaders(reply, path) {
      // Vite puts a hash of the content into names under assets/: such a file never changes.
      const forEver = path.includes(`${join(folder, 'assets')}`);
      reply.header('cache-control', forEver ? `public, max-age=${yearMs / 1000}, immutable` : 'no-cache');
    },
  });
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const page = request.method === 'GET' && !notOfPages.test(request.url) && !/\.\w{1,8}($|\?)/.test(request.url);
    return page ? reply.sendFile('index.html') : answerNothingHere(request, reply);
  });
}
