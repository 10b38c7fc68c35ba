/** Whatever is wrong with a request, below and above our own code: the answer has the one shape of errors. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../../support/processes.ts';

const test = suite('one shape of errors');
const folder = temporaryFolder();
let collector: InProcess;

test.before(async () => {
  // Files are answered by code that is not ours.
  mkdirSync(join(folder.path, 'assets'));
  writeFileSync(join(folder.path, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder.path, 'assets', 'app.js'), 'let a;');
  collector = await openCollector({ web: folder.path });
});
test.after(async () => {
  await collector.close();
  folder.remove();
});

interface Talk {
  status: number;
  head: string;
  body: string;
}

/** Bytes as they are; what came until the connection ended. */
function talk(bytes: string): Promise<Talk> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(collector.started.addresses.http);
    const socket = connect({ host: hostname, port: Number(port) });
    let got = '';
    const late = setTimeout(() => reject(new Error(`the connection stays open: ${got.slice(0, 300)}`)), 20_000);
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        got += chunk.toString();
      });
    socket.on('close', () => {
      clearTimeout(late);
      const [head = '', ...body] = got.split('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), head, body: body.join('\r\n\r\n') });
    });
    socket.write(bytes);
  });
}

const host = 'Host: localhost\r\n';
const end = 'Connection: close\r\n\r\n';
const get = (path: string, more = '', method = 'GET') => `${method} ${path} HTTP/1.1\r\n${host}${more}${end}`;
const json = 'Content-Type: application/json\r\n';
const post = (body: string, type = json, length = body.length) =>
  `POST /api/v1/login HTTP/1.1\r\n${host}${type}Content-Length: ${length}\r\n${end}${body}`;
const right = '{"user":"ada","password":"x"}';

const wrong: [name: string, bytes: string, status: number, words: RegExp][] = [
  ['a percent sign without digits', get('/%zz'), 400, /address .*%25/],
  ['half of a percent sign', get('/api/v1/endpoints/%'), 400, /address .*%25/],
  ['digits that are no UTF-8', get('/api/v1/tickets/%ff%fe'), 400, /address .*%25/],
  ['the same to change something', get('/api/v1/sites/%zz', '', 'DELETE'), 400, /address .*%25/],
  ['no path', get('*', '', 'OPTIONS'), 404, /nothing at OPTIONS/],
  ['a part without end', get(`/api/v1/endpoints/${'x'.repeat(400)}`), 400, /more than 300/],
  ['a part without end, to change it', get(`/api/v1/sites/${'x'.repeat(400)}`, '', 'DELETE'), 400, /more than 300/],
  ['a part without end, of a file', get(`/api/v1/reports/${'x'.repeat(400)}.csv`), 400, /more than 300/],
  ['an address without end', get(`/${'x'.repeat(100_000)}`), 431, /not understood/],
  ['nothing there', get('/api/v1/nothing'), 404, /nothing at GET/],
  ['no file there', get('/assets/nothing.js'), 404, /nothing at GET/],
  ['a way out of the folder', get('/assets/..%2f..%2f..%2fpackage.json'), 404, /nothing at GET/],
  ['a zero in a name of a file', get('/assets/app.js%00'), 400, /not understood/],
  ['a range beyond a file', get('/assets/app.js', 'Range: bytes=999-\r\n'), 416, /not understood/],
  ['a condition that no file fulfils', get('/assets/app.js', 'If-Match: "x"\r\n'), 412, /not understood/],
  ['a wrong method', get('/api/v1/login', '', 'PUT'), 405, /does not take PUT/],
  ['OPTIONS', get('/api/v1/login', '', 'OPTIONS'), 405, /does not take OPTIONS/],
  ['TRACE', get('/api/v1/login', '', 'TRACE'), 405, /does not take TRACE/],
  ['a method of another protocol', get('/api/v1/login', '', 'PROPFIND'), 405, /does not take PROPFIND/],
  ['a method that is none', get('/api/v1/login', '', 'JUMP'), 400, /not understood/],
  ['CONNECT', get('example.org:443', '', 'CONNECT'), 405, /no proxy/],
  ['an upgrade', get('/api/v1/login', 'Upgrade: websocket\r\nConnection: Upgrade\r\n', 'PUT'), 405, /does not take/],
  ['an expectation', get('/api/v1/me', 'Expect: 200-ok\r\n'), 417, /Expect: 200-ok/],
  ['half a JSON', post('{"user":'), 400, /not understood/],
  ['a prototype', post('{"__proto__":{"a":1}}'), 400, /not understood/],
  ['no type', post(right, ''), 415, /type unknown/],
  ['a type that is none', post(right, 'Content-Type: json;;=\r\n'), 415, /reads JSON only/],
  ['a control character in a type', post(right, 'Content-Type: a/b\u0001\r\n'), 400, /not understood/],
  ['another type', post(right, 'Content-Type: text/xml\r\n'), 415, /"text\/xml"/],
  ['bytes of gzip', post('\u001f\u008b\u0008', `${json}Content-Encoding: gzip\r\n`), 400, /not understood/],
  ['a length that is none', post(right, json, Number.NaN), 400, /not understood/],
  [
    'chunks that are none',
    `POST /api/v1/login HTTP/1.1\r\n${host}${json}Transfer-Encoding: chunked\r\n${end}zz\r\n`,
    400,
    /not understood/,
  ],
  ['two lengths', post(right, `${json}Content-Length: 3\r\n`), 400, /not understood/],
  ['two types', post(right, `${json}Content-Type: text/plain\r\n`), 400, /content-type is given twice/],
  ['two names', get('/api/v1/me', 'Host: rebound.example\r\n'), 400, /host is given twice/],
  ['two log-ins', get('/api/v1/me', 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n'), 400, /given twice/],
  ['no name', `GET /healthz HTTP/1.1\r\n${end}`, 400, /no Host/],
  ['an empty name', `GET /api/v1/me HTTP/1.1\r\nHost:\r\n${end}`, 400, /no Host/],
  ['no name, in HTTP/1.0', 'GET /api/v1/me HTTP/1.0\r\n\r\n', 400, /no Host/],
  ['another name', `GET /api/v1/me HTTP/1.1\r\nHost: rebound.example\r\n${end}`, 421, /rebound\.example/],
  ['another version', `GET /api/v1/me HTTP/3.7\r\n${host}${end}`, 400, /not understood/],
  ['a header without its name', get('/api/v1/me', ': x\r\n'), 400, /not understood/],
  ['a control character in a header', get('/api/v1/me', 'X-A: \u0000\r\n'), 400, /not understood/],
  ['thousands of headers', get('/api/v1/me', 'A: b\r\n'.repeat(9000)), 431, /not understood/],
  ['no HTTP', 'EHLO collector\r\n\r\n', 400, /not understood/],
  ['too much', post('x'.repeat(300_000)), 413, /300000 bytes/],
];
for (const [name, bytes, status, words] of wrong)
  test(name, async () => {
    const { status: got, head, body } = await talk(bytes);
    assert.is(got, status, `${head}\n${body}`);
    assert.match(head, /content-type: application\/json; charset=utf-8/i);
    assert.match(head, /x-content-type-options: nosniff/i);
    const text = body.startsWith('{') ? body : '{}';
    const { code, message, hint, ...more } = JSON.parse(text) as Record<string, string>;
    assert.match(code ?? '', /^[A-Z_]+$/, body);
    assert.match(message ?? '', words);
    assert.ok((hint?.length ?? 0) > 5, body);
    assert.equal(
      Object.keys(more).filter((key) => key !== 'faults'),
      [],
    );
    assert.not.match(body, /FST_|statusCode|"error"/);
  });

test('what only looks odd is answered', async () => {
  for (const bytes of [
    'GET /healthz HTTP/1.0\r\n\r\n',
    get('/api/v1/me', 'Expect: 100-continue\r\n'),
    get('/api/v1/me', 'Cookie: a=b\r\nCookie: c=d\r\n'),
    get('http://localhost/api/v1/me'),
    get('/%e6%97%a5'),
  ]) {
    const { head } = await talk(bytes);
    assert.match(head, /^HTTP\/1\.1 (100 Continue|200 OK)/, bytes);
  }
});

test.run();
