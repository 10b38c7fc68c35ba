/** A TCP proxy that a test cuts at a moment of its choice. */
import { createServer, connect as dial, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** Looks at each piece to the server. `drop`: it never arrives, and both sides are cut; `cut`: it arrives, its answer does not. */
  watch(look: ((piece: Buffer) => 'pass' | 'drop' | 'cut') | null): void;
  close(): Promise<void>;
}

export async function openProxy(target: number): Promise<Proxy> {
  let look: ((piece: Buffer) => 'pass' | 'drop' | 'cut') | null = null;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = dial(target, '127.0.0.1');
    let isCut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (piece: Buffer) => {
      const what = look?.(piece) ?? 'pass';
      isCut ||= what !== 'pass';
      if (what !== 'drop') upstream.write(piece);
      if (!isCut) return;
      client.destroy();
      if (what === 'drop') upstream.destroy();
      // Long enough for the server to read what has arrived.
      else setTimeout(() => upstream.destroy(), 300);
    });
    upstream.on('data', (piece: Buffer) => void (isCut || client.write(piece)));
    upstream.on('close', () => client.destroy());
    client.on('close', () => void (isCut || upstream.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    watch(next) {
      look = next;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
