/**
 * Somebody who has read /openapi.json and nothing else, and somebody who has not even read that: each operation is
 * called with what it does not know, and answers in the one shape of all errors. Never a 500, never a silent yes.
 */
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('strangers at the REST interface');
let collector: InProcess;
let operations: Operation[] = [];

interface Parameter {
  in: 'query' | 'path';
  name: string;
  schema: { type?: string; anyOf?: { const?: unknown }[]; enum?: unknown[]; maximum?: number; default?: unknown };
}
interface Operation {
  path: string;
  method: string;
  parameters: Parameter[];
  body: { example?: object; required: boolean } | null;
}
interface Document {
  paths: Record<
    string,
    Record<
      string,
      { parameters?: Parameter[]; requestBody?: { content: Record<string, { example?: object; schema: object }> } }
    >
  >;
}

test.before(async () => {
  collector = await openCollector();
  const { paths } = (await collector.call('/openapi.json')).body as Document;
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
      const content = requestBody?.content['application/json'];
      return {
        path,
        method: method.toUpperCase(),
        parameters,
        body: content ? { ...(content.example ? { example: content.example } : {}), required: true } : null,
      };
    }),
  );
  assert.ok(operations.length > 35, `${operations.length} operations`);
});
test.after(() => collector.close());

const filled = (path: string, value = 'nothing') => path.replace(/\{\w+\}/g, encodeURIComponent(value));
const isStream = ({ path }: Operation) => path.endsWith('/events');
/** Log-in and set-up are limited a minute; they have tests of their own, and would be answered 429 here. */
const isLimited = ({ path }: Operation) => /\/(login|setup|enroll)$/.test(path);

/** In a form that others made: it grows, is a list, or is signed. Their own tests are in outside/, desks/ and broker-users/. */
const isForeign = ({ path }: Operation) => /\/api\/v2\/|\/(web)?hook$|\/mqtt\/(auth|acl)$/.test(path);

function call({ method, body }: Operation, path: string, change: CallOptions = {}): Promise<Answer> {
  const usual = body?.example === undefined ? {} : { body: body.example };
  return collector.call(path, { method, as: 'admin', ...usual, ...change });
}

/** A refusal in the one shape. */
function refused(answer: Answer, what: string, statuses = [400, 404, 409, 413, 415]): void {
  assert.ok(statuses.includes(answer.status), `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
  const { code, message, hint } = answer.body as Record<string, string>;
  assert.match(code as string, /^[A-Z_]+$/, what);
  assert.ok((message?.length ?? 0) > 10 && (hint?.length ?? 0) > 5, `${what}: ${answer.text}`);
  assert.match(String(answer.headers.get('content-type')), 'application/json', what);
  assert.is(answer.headers.get('x-content-type-options'), 'nosniff', what);
}

test('a query parameter that is not documented is refused by name', async () => {
  for (const operation of operations.filter((one) => one.method === 'GET' && !isStream(one))) {
    const documented = operation.parameters.filter((one) => one.in === 'query');
    if (documented.length === 0) continue;
    refused(await call(operation, `${filled(operation.path)}?nonsense=1`), operation.path, [400]);
  }
});

test('wrong types, huge pages and words that are not in the list are refused', async () => {
  let tried = 0;
  for (const operation of operations.filter((one) => one.method === 'GET' && !isStream(one))) {
    for (const { in: where, name, schema } of operation.parameters) {
      if (where !== 'query') continue;
      const closed = schema.enum !== undefined || (schema.anyOf?.every((one) => one.const !== undefined) ?? false);
      const isNumber = schema.type === 'integer' || schema.type === 'number';
      const wrong = isNumber
        ? ['abc', '-1', '1e99', '999999999999', '']
        : closed
          ? ['abc', '', "'; drop table users; --"]
          : [];
      for (const value of wrong) {
        tried++;
        const answer = await call(operation, `${filled(operation.path)}?${name}=${encodeURIComponent(value)}`);
        refused(answer, `${operation.path}?${name}=${value}`, [400]);
      }
    }
  }
  assert.ok(tried > 20, `only ${tried} tried`);
});

const nasty = [
  "' or 1=1 --",
  '%',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '\u0000',
  '🦄'.repeat(40),
  'x'.repeat(250),
];

test('ids that look like SQL, HTML, paths or prototypes find nothing', async () => {
  for (const operation of operations.filter((one) => one.path.includes('{') && !isStream(one) && !isForeign(one)))
    for (const value of nasty) {
      const answer = await call(operation, filled(operation.path, value));
      refused(answer, `${operation.method} ${operation.path} with ${value}`);
      assert.not.match(String(answer.headers.get('content-type')), 'html');
    }
});

test('free texts of queries that look like SQL match what they say and nothing else', async () => {
  for (const operation of operations.filter((one) => one.method === 'GET' && !isStream(one)))
    for (const { in: where, name, schema } of operation.parameters) {
      if (where !== 'query' || schema.type !== 'string') continue;
      for (const value of nasty) {
        const answer = await call(operation, `${filled(operation.path)}?${name}=${encodeURIComponent(value)}`);
        assert.ok(answer.status < 500, `${operation.path}?${name}=${value}: ${answer.status} ${answer.text}`);
        const items = (answer.body as { items?: unknown[] } | undefined)?.items;
        if (answer.status === 200 && items) assert.equal(items, [], `${operation.path}?${name}=${value}`);
      }
    }
});

const bodies: [name: string, body: string, statuses: number[]][] = [
  ['half a JSON', '{"a":', [400]],
  ['no JSON', '<a/>', [400]],
  ['a list', '[]', [400]],
  ['null', 'null', [400]],
  ['a prototype', '{"__proto__":{"role":"admin"}}', [400]],
  ['a deep one', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, [400]],
  ['a megabyte', JSON.stringify({ text: 'x'.repeat(1024 * 1024) }), [413]],
];
for (const [name, body, statuses] of bodies) {
  test(`a body that is ${name} is refused`, async () => {
    for (const operation of operations.filter((one) => one.body && !isLimited(one) && !isForeign(one)))
      refused(
        await call(operation, filled(operation.path), { body }),
        `${operation.method} ${operation.path}`,
        // Tables may have megabytes; this one has no `csv`.
        operation.path.endsWith('/table') ? [...statuses, 400] : statuses,
      );
  });
}

test('another content type, and a key that is not documented, are refused', async () => {
  for (const operation of operations.filter((one) => one.body && !isLimited(one) && !isForeign(one))) {
    const headers = { 'content-type': 'text/xml' };
    const what = `${operation.method} ${operation.path}`;
    refused(await call(operation, filled(operation.path), { headers }), what, [400, 415]);
    const body = { ...operation.body?.example, nonsense: 1 };
    refused(await call(operation, filled(operation.path), { body }), what, [400]);
  }
});

test('methods that are not documented are refused', async () => {
  // The last word of an address may be the id of another one: /rules/changes is /rules/{id} to a PUT.
  const isDocumented = (wanted: string, path: string) =>
    operations.some(
      (one) => one.method === wanted && new RegExp(`^${one.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    );
  for (const { path } of operations)
    for (const method of ['PUT', 'OPTIONS'].filter((one) => !isDocumented(one, path)))
      refused(await collector.call(filled(path), { method, as: 'admin' }), `${method} ${path}`, [404, 405]);
});

/** Raw bytes to the web port. @returns what came until the connection ended */
function talk(bytes: string, limitMs = 5000): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(collector.started.addresses.http);
    const socket = connect({ host: hostname, port: Number(port) });
    let got = '';
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection stays open: ${got.slice(0, 300)}`));
    }, limitMs);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      got += chunk.toString();
    });
    socket.on('close', () => {
      clearTimeout(late);
      resolve(got);
    });
    socket.write(bytes);
  });
}

const host = 'Host: localhost\r\n';
const junk: [name: string, bytes: string, answer: RegExp][] = [
  ['no HTTP', 'EHLO collector\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['two lengths', `POST /api/v1/login HTTP/1.1\r\n${host}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`, / 400 /],
  [
    'length and chunks',
    `POST /api/v1/login HTTP/1.1\r\n${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /openapi.json HTTP/1.1\r\n${host}\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  ['headers of 100 KB', `GET /healthz HTTP/1.1\r\n${host}X-Long: ${'a'.repeat(100_000)}\r\n\r\n`, / 431 /],
  ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', / 400 /],
  ['a good request, then junk', `GET /healthz HTTP/1.1\r\n${host}\r\n\u0001\u0002\u0003\r\n\r\n`, /HTTP\/1\.1 400 /],
];
for (const [name, bytes, answer] of junk) {
  test(`${name}: a clear answer and the end of the connection`, async () => {
    const got = await talk(bytes);
    assert.match(got, answer);
    assert.is((await collector.call('/healthz')).status, 200);
  });
}

test('what cannot even be parsed is answered in the one shape, too', async () => {
  const [head = '', body = ''] = (await talk('EHLO collector\r\n\r\n')).split('\r\n\r\n');
  assert.match(head, /application\/json/i);
  const { code, message, hint } = JSON.parse(body) as Record<string, string>;
  assert.equal([code, typeof message, typeof hint], ['BAD_REQUEST', 'string', 'string']);
});

test('twenty pipelined requests get their twenty answers, in order', async () => {
  const requests = Array.from({ length: 19 }, () => `GET /healthz HTTP/1.1\r\n${host}\r\n`).join('');
  const got = await talk(`${requests}GET /api/v1/nothing-here HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
  assert.is(got.match(/HTTP\/1\.1 200 /g)?.length, 19);
  assert.match(got, /HTTP\/1\.1 404 [\s\S]*"NO_SUCH_ROUTE"/);
  assert.ok(got.lastIndexOf('HTTP/1.1 404') > got.lastIndexOf('HTTP/1.1 200'));
});

test.run();
