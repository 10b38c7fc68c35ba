/** What is too large is answered, also to a client that sends all of it before it reads. */
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('too large');
let collector: InProcess;
test.before(async () => {
  collector = await openCollector({});
});
test.after(() => collector.close());

const piece = Buffer.alloc(64 * 1024, 0x20);

/** @returns what came back after all was sent, and the error of the connection */
function send(pieces: number, isChunked: boolean): Promise<{ answer: string; error: string | null }> {
  const { host, hostname, port } = new URL(collector.started.addresses.http);
  const length = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${pieces * piece.length}`;
  const head = `POST /api/v1/enroll HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;
  const framed = Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    let error: string | null = null;
    socket.on('error', (thrown: NodeJS.ErrnoException) => (error = thrown.code ?? ''));
    socket.on('close', () => resolve({ answer, error }));
    socket.write(head);
    const sendMore = (left: number) => {
      if (left > 0) socket.write(isChunked ? framed : piece, () => setImmediate(sendMore, left - 1));
      else socket.write(isChunked ? '0\r\n\r\n' : '', () => socket.on('data', (bytes) => (answer += bytes)));
    };
    sendMore(pieces);
  });
}

for (const isChunked of [false, true])
  test(`10 MiB ${isChunked ? 'in chunks' : 'of a stated length'} are refused in words, not by a broken connection`, async () => {
    const { answer, error } = await send(160, isChunked);
    assert.is(error, null);
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /"code":"TOO_LARGE"/);
  });

test('not without an end', async () => {
  const { error } = await send(1600, false);
  assert.match(String(error), /EPIPE|ECONNRESET/);
});

test.run();
