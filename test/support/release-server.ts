/** Serves a folder as a collector serves releases, over its own certificate; cuts off, breaks and counts as a test wants. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

export interface ReleaseServer {
  url: string;
  /** Paths with their ranges, in order. */
  asked: string[];
  /** Instead of the manifest in the folder. */
  manifest: Buffer | null;
  /** The next answers with a package end after this many bytes. */
  cuts: number[];
  close(): Promise<void>;
}

export async function serveReleases(folder: string, tls: { cert: string; key: string }): Promise<ReleaseServer> {
  const own: ReleaseServer = { url: '', asked: [], manifest: null, cuts: [], close: async () => {} };
  const server: Server = createServer(tls, (request, response) => {
    const { url = '', headers } = request;
    own.asked.push(headers.range === undefined ? url : `${url} ${headers.range}`);
    const path = join(folder, basename(url));
    if (url === '/releases/manifest.json' && own.manifest) return void response.end(own.manifest);
    if (!existsSync(path)) return void response.writeHead(404).end();
    if (!url.startsWith('/packages/')) return void response.end(readFileSync(path));
    const { size } = statSync(path);
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const more = from > 0 ? { 'content-range': `bytes ${from}-${size - 1}/${size}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': size - from, ...more });
    const cut = own.cuts.shift();
    if (cut === undefined) return void createReadStream(path, { start: from }).pipe(response);
    response.write(readFileSync(path).subarray(from, from + cut), () => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  own.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  own.close = () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return own;
}
