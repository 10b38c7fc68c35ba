/**
 * A man in the middle, as a process: he ends TLS with a certificate of his own, keeps what he reads, and passes it on. Words: one
 * JSON document (`MiddleWords`). He writes "between" when he listens.
 */
import { appendFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';

export interface MiddleWords {
  key: string;
  cert: string;
  ports: { https: number; mqtts: number };
  /** Where the collector really is. */
  upstream: string;
  /** He answers `/api/v1/ca` with this; null: with what the collector says. */
  ca: string | null;
  /** What he reads goes to `<heard>.https` and `<heard>.mqtts`. */
  heard: string;
}

const { key, cert, ports, upstream, ca, heard } = JSON.parse(process.argv[2] ?? '') as MiddleWords;

function stand(name: 'https' | 'mqtts'): void {
  const server = createServer({ key, cert }, (from) => {
    const to = connect({ host: upstream, port: ports[name], rejectUnauthorized: false });
    for (const one of [from, to])
      one.on('error', () => {
        from.destroy();
        to.destroy();
      });
    from.on('data', (bytes) => {
      appendFileSync(`${heard}.${name}`, bytes);
      if (ca !== null && bytes.toString().startsWith('GET /api/v1/ca'))
        from.end(`HTTP/1.1 200 OK\r\ncontent-length: ${ca.length}\r\nconnection: close\r\n\r\n${ca}`);
      else to.write(bytes);
    });
    to.pipe(from);
  });
  // A handshake that the other side breaks off.
  server.on('tlsClientError', () => {});
  server.listen(ports[name], '0.0.0.0', () => console.log(`between ${name}`));
}

stand('https');
stand('mqtts');
