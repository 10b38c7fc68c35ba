/** A directory server that says what a test wants: pages, cookies and answers that a good one does not send. */
import { createServer, type Socket } from 'node:net';

const [sequence, setOf, octets, integer, enumerated] = [0x30, 0x31, 4, 2, 10];
const [bindRequest, searchRequest] = [0x60, 0x63];

function block(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((one) => Buffer.from(one)));
  const size = body.length;
  const length = size < 128 ? [size] : [0x84, size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
const numberOf = (value: number, tag = integer) => block(tag, Buffer.from([(value >> 8) & 255, value & 255]));
const text = (value: string | Buffer) => block(octets, value);

export interface FalseEntry {
  dn: string;
  values: Readonly<Record<string, readonly (string | Buffer)[]>>;
}

export interface FalsePage {
  entries?: readonly FalseEntry[];
  /** More to come; none: the last one. */
  cookie?: string;
  references?: readonly string[];
  status?: number;
  /** Bytes in place of an answer; empty: the connection is ended. */
  raw?: Buffer;
  /** Nothing is answered. */
  isSilent?: boolean;
}

export interface FalseDirectory {
  url: string;
  /** Log-ins and searches that came. */
  asked: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param page of the nth search, from 0 */
export async function openFalseDirectory(page: (search: number) => FalsePage): Promise<FalseDirectory> {
  const open = new Set<Socket>();
  const asked: string[] = [];
  let searches = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.on('data', (data) => {
      const [id, operation] = requestIn(Buffer.from(data));
      const say = (...operations: Buffer[]) => socket.write(Buffer.concat(operations));
      const message = (...parts: Buffer[]) => block(sequence, numberOf(id), ...parts);
      if (operation === bindRequest) {
        asked.push('bind');
        say(message(block(0x61, numberOf(0, enumerated), text(''), text(''))));
      }
      if (operation !== searchRequest) return;
      asked.push('search');
      const { entries = [], references = [], cookie = '', status = 0, raw, isSilent } = page(searches++);
      if (isSilent) return;
      if (raw) return void (raw.length === 0 ? socket.end() : socket.write(raw));
      for (const { dn, values } of entries) {
        const attributes = Object.entries(values).map(([name, all]) =>
          block(sequence, text(name), block(setOf, ...all.map((one) => text(one)))),
        );
        say(message(block(0x64, text(dn), block(sequence, ...attributes))));
      }
      for (const url of references) say(message(block(0x73, text(url))));
      const paged = block(sequence, text('1.2.840.113556.1.4.319'), text(block(sequence, numberOf(0), text(cookie))));
      say(message(block(0x65, numberOf(status, enumerated), text(''), text('')), block(0xa0, paged)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `ldap://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Number of the message, and what it asks for. */
function requestIn(data: Buffer): [number, number] {
  const start = (data[1] ?? 0) < 128 ? 2 : 2 + ((data[1] ?? 0) & 127);
  const size = data[start + 1] ?? 0;
  return [data.readUIntBE(start + 2, size), data[start + 2 + size] ?? 0];
}
