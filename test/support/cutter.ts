/** Between agents and a collector's HTTP: cuts downloads of packages off in the middle, and counts those that went on. */
import { createServer, connect as dial, type Socket } from 'node:net';

export interface Cutter {
  port: number;
  /** The next so many answers with a package end half-way. */
  cutPackages(times: number): void;
  /** How many of these are left. */
  left(): number;
  /** Requests for the rest of a package. */
  resumed(): number;
  close(): Promise<void>;
}

export async function openCutter(target: number): Promise<Cutter> {
  const sockets = new Set<Socket>();
  let [cuts, resumed] = [0, 0];
  const server = createServer((client) => {
    const upstream = dial(target, '127.0.0.1');
    let isPackage = false;
    let passed = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (piece: Buffer) => {
      const head = piece.toString('latin1');
      isPackage = head.startsWith('GET /packages/');
      passed = 0;
      if (isPackage && /^range: bytes=[1-9]/im.test(head)) resumed++;
      upstream.write(piece);
    });
    upstream.on('data', (piece: Buffer) => {
      const isCut = isPackage && cuts > 0 && passed > 0;
      passed += piece.length;
      if (!isCut) return void client.write(piece);
      cuts--;
      client.write(piece.subarray(0, Math.ceil(piece.length / 2)), () => client.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cutPackages(times) {
      cuts = times;
    },
    left: () => cuts,
    resumed: () => resumed,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
