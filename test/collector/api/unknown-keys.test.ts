/** Every route of access.ts refuses a key that it does not know, and names it: in the query, and in the body at every depth. */
import { request } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { access } from '../../../collector/api/access.ts';
import { pagesWithoutAccount } from '../../../collector/api/access-pages.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('unknown keys');
let collector: InProcess;
let examples: Map<string, object>;

/** Routes that take them, and why. */
const takesQuery: Record<string, string> = {
  'GET /act/:token': 'mail programs add keys of their own to links',
  'POST /act/:token': 'its form is sent to the address of the page',
  ...Object.fromEntries(Object.keys(pagesWithoutAccount).map((route) => [route, 'as of those'])),
  'GET /*': 'pages of the web app keep their filters there',
  'POST /api/v1/mqtt/auth': 'whether a broker asks is looked at first, before anything of what it sends is read',
  'POST /api/v1/mqtt/acl': 'as for whether somebody may log in',
};
const takesBody: Record<string, string> = {
  'POST /act/:token': 'what a form sends is not read',
  ...Object.fromEntries(
    Object.keys(pagesWithoutAccount).map((route) => [route, 'of a form only what is known is read']),
  ),
  'POST /api/v1/enroll': 'a newer agent may report more of itself than this collector knows',
  'POST /api/v1/agent/copied': 'so may one that asks whether it is a copy',
  'POST /api/v1/alerts/webhook': 'the form is Alertmanager’s, and grows',
  'POST /api/v1/desks/:name/hook': 'the form is that of each vendor, and its signature is looked at first',
  'POST /api/v1/tickets/:id/attachments': 'the body is the file itself',
  'POST /api/v1/mqtt/auth': 'the form is that of a broker, which is known by its secret first',
  'POST /api/v1/mqtt/acl': 'as for whether somebody may log in',
  'POST /api/v2/alerts': 'the form is Alertmanager’s, and grows',
};

interface Shape {
  type?: string;
  properties?: Record<string, Shape>;
  additionalProperties?: unknown;
  items?: Shape;
  anyOf?: Shape[];
}
interface Operation {
  requestBody?: { content: Record<string, { example?: object; schema: Shape }> };
}
let shapes: Map<string, Shape>;

test.before(async () => {
  collector = await openCollector();
  const { paths } = (await collector.call('/openapi.json')).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  const bodies = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody }]) => {
      const body = requestBody?.content['application/json'];
      return body ? [[`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`, body] as const] : [];
    }),
  );
  examples = new Map(bodies.flatMap(([route, { example }]) => (example ? [[route, example] as const] : [])));
  shapes = new Map(bodies.map(([route, { schema }]) => [route, schema]));
});
test.after(() => collector.close());

/** Valid where an id is a number and where it is a word; rules have a name. */
const pathOf = (route: string) =>
  (route.split(' ')[1] ?? '')
    .replace(/rules\/:id/, 'rules/cpu')
    .replace(/:\w+/g, '1')
    .replace('*', '');

/** With a body whatever the method, which `fetch` does not allow. */
function send(route: string, query: string, body: string | null): Promise<{ status: number; text: string }> {
  const [method = ''] = route.split(' ');
  return new Promise((resolve, reject) => {
    const headers = {
      ...{ authorization: `Bearer ${collector.token('admin')}` },
      ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const url = new URL(pathOf(route) + query, collector.started.addresses.http);
    const sent = request(url, { method, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
        // The stream of changes has no end.
        if (answer.headers['content-type'] === 'text/event-stream') sent.destroy();
      });
      answer.once('close', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body ?? undefined);
  });
}

/** The key is named, and nothing else is wrong. */
function refused({ status, text }: { status: number; text: string }, what: string, words: string): string[] {
  const { code, message = '' } = (text.startsWith('{') ? JSON.parse(text) : {}) as { code?: string; message?: string };
  // What a rule may hold is known where the rest of it is.
  const isRight =
    status === 400 &&
    ['BAD_REQUEST', 'BAD_RULE', 'BAD_SETTING', 'BAD_ENTRY'].includes(code ?? '') &&
    message.includes(words);
  return isRight ? [] : [`${what}: ${status} ${text.slice(0, 200)}`];
}

/** It answers people, in HTML. */
const isPage = (route: string) => route.endsWith(' /act/:token') || route in pagesWithoutAccount;

const keys = ['nonsense', 'constructor', 'toString', 'Limit', 'limit%5B%5D'];

test('in the query', async () => {
  const took: string[] = [];
  for (const route of Object.keys(access).filter((one) => !(one in takesQuery)))
    for (const key of keys) {
      const example = examples.get(route);
      const answer = await send(route, `?${key}=1`, example ? JSON.stringify(example) : null);
      took.push(...refused(answer, `${route}?${key}`, `unknown key "${decodeURIComponent(key)}"`));
    }
  assert.equal(took, []);
});

/** One copy for each object in it, with the key in that one. */
function withKey(value: unknown, at = 'body'): { at: string; copy: unknown }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, one]) =>
    withKey(one, `${at}.${key}`).map(({ at: place, copy }) => ({
      at: place,
      copy: Array.isArray(value) ? value.with(Number(key), copy) : { ...value, [key]: copy },
    })),
  );
  return Array.isArray(value) ? inner : [{ at, copy: { ...value, nonsense: 1 } }, ...inner];
}

test('in the body, and in whatever it holds', async () => {
  const took: string[] = [];
  let nested = 0;
  for (const route of Object.keys(access).filter((one) => !one.startsWith('GET ') && !(one in takesBody)))
    for (const { at, copy } of withKey(examples.get(route) ?? {})) {
      if (at !== 'body') nested++;
      took.push(...refused(await send(route, '', JSON.stringify(copy)), `${route} ${at}`, 'nonsense'));
    }
  assert.equal(took, []);
  assert.ok(nested > 20, String(nested));
});

/** Objects whose keys are checked by nothing. */
function openIn(shape: Shape, at: string): string[] {
  const { type, properties = {}, items, anyOf = [], additionalProperties } = shape;
  const inner = [
    ...Object.entries(properties).map(([key, one]) => openIn(one, `${at}.${key}`)),
    ...[items ?? []].flat().map((one) => openIn(one, at)),
    ...anyOf.map((one) => openIn(one, at)),
  ].flat();
  // Maps, such as of days to hours, have keys of the sender's choice.
  const isOpen = type === 'object' && (additionalProperties ?? true) === true;
  return isOpen ? [at, ...inner] : inner;
}

test('in what no example shows: each object of each body says that it takes no others', () => {
  const open = [...shapes].filter(([route]) => !(route in takesBody)).flatMap(([route, shape]) => openIn(shape, route));
  assert.ok(shapes.size > 40, String(shapes.size));
  assert.equal(open, []);
});

test('a body where none is read is no silent yes: of any shape, and with a GET', async () => {
  const took: string[] = [];
  for (const route of Object.keys(access)) {
    if (isPage(route)) continue;
    if (route.startsWith('GET ')) took.push(...refused(await send(route, '', '{"nonsense":1}'), route, 'no body'));
    else if (!examples.has(route) && !(route in takesBody))
      for (const body of ['[1]', '"nonsense"', '1'])
        took.push(...refused(await send(route, '', body), `${route} ${body}`, 'the body'));
  }
  assert.equal(took, []);
  assert.is((await send('POST /api/v1/logout', '', '{}')).status, 204, 'an empty one holds no key');
});

test('those that take them are routes, each with its reason', async () => {
  for (const route of Object.keys({ ...takesQuery, ...takesBody })) assert.ok(route in access, route);
  assert.is((await send('GET /*', '?nonsense=1', null)).status, 200);
});

test.run();
