/** Names, titles and all that stands in a list take no line break, no control character and none that nobody sees: at every route. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nameFrom, namePattern } from '../../../collector/fleet/names.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { disturbers, unseenOnes } from '../../support/disturbers.ts';

const test = suite<{ collector: InProcess }>('names', {} as { collector: InProcess });
test.before(async (context) => {
  context.collector = await openCollector();
});
test.after(({ collector }) => collector.close());

interface Shape {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  maxLength?: number;
  properties?: Record<string, Shape>;
  patternProperties?: Record<string, Shape>;
  items?: Shape | Shape[];
  anyOf?: Shape[];
}

/** Sentences: line breaks and tabs are theirs. */
const prose = new Set(['body', 'reason', 'note', 'words', 'comment', 'intro']);
/** Whatever is in it stays text (a comment may quote the output of a program), but for control characters; shown as text only. */
const free = new Set([
  'text',
  'description',
  'solution',
  'handedOver',
  'knownSoFar',
  'tried',
  'openQuestions',
  'cause',
]);
/** Never shown, as what a broker asks about, or with a check of their own: of each cell, of a host name from which a name is made, of `shared/place-name.ts`. */
const own = new Set(['password', 'current', 'next', 'csv', 'hostname', 'kind_why', 'username', 'clientid', 'topic']);
/** Checked by the room, which says why, or has to be the name of something that is there. */
const byRoom = new Set(['name', 'site', 'title', 'patterns', 'region', 'zone', 'user', 'target', 'month']);

function textsIn(shape: Shape, at: string[]): { at: string[]; shape: Shape }[] {
  const inner = [
    ...Object.entries(shape.properties ?? {}).map(([key, one]) => textsIn(one, [...at, key])),
    ...(shape.anyOf ?? []).map((one) => textsIn(one, at)),
    ...[shape.items ?? []].flat().map((one) => textsIn(one, at)),
  ].flat();
  return shape.type === 'string' && !shape.enum && shape.const === undefined ? [{ at, shape }, ...inner] : inner;
}

test('each text of each body says in its schema which characters it takes', async ({ collector }) => {
  const { paths } = (await collector.call('/openapi.json')).body as {
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Shape }> } }>>;
  };
  const open: string[] = [];
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { requestBody }] of Object.entries(methods))
      for (const { at, shape } of textsIn(requestBody?.content['application/json']?.schema ?? {}, [])) {
        const key = at.at(-1) ?? '';
        // Too short to hold a sequence, and checked as a date or time.
        if ([own, byRoom].some((list) => list.has(key)) || (shape.maxLength ?? Infinity) <= 10) continue;
        const takes = (text: string) => shape.pattern === undefined || new RegExp(shape.pattern, 'u').test(text);
        if (free.has(key)) {
          const isRight =
            takes('a\r\n\tb') && ['\u0000', '\u0007', '\u001b', '\u009b'].every((one) => !takes(`a${one}b`));
          if (!isRight) open.push(`${method} ${path} ${at.join('.')}`);
          continue;
        }
        const all = prose.has(key) ? disturbers : [...disturbers, ...unseenOnes];
        const bad = all.filter((one) => !(prose.has(key) && /^[\t\r\n\u061c\u200e\u200f]+$/.test(one)));
        if (bad.some((one) => takes(`a${one}b`) && !(prose.has(key) && one.startsWith('\n'))))
          open.push(`${method} ${path} ${at.join('.')}`);
      }
  assert.equal(open, []);
});

const office = { zone: 'Europe/Berlin', weekly: {}, region: null, holidays: [], overrides: {}, reason: 'x' };
const bodies: Record<string, (name: string) => object> = {
  sites: (name) => ({ name }),
  groups: (name) => ({ name }),
  calendars: (name) => ({ name, ...office }),
  costs: (name) => ({
    ...{ name, category: 'tools', kind: 'monthly', cents: 1, from: '2026-11', to: null, months: null, reason: 'x' },
  }),
  'software/products': (name) => ({ name, patterns: ['abc'], class: 'free', entitlements: [], reason: 'x' }),
  users: (name) => ({ name, password: 'a long sentence of mine', role: 'viewer' }),
  tokens: (name) => ({ name, role: 'viewer' }),
  enrollments: (label) => ({ label }),
  tickets: (title) => ({ title, description: 'x' }),
};

for (const [path, bodyOf] of Object.entries(bodies))
  test(`${path}: a name with any of them is refused, and the answer holds none`, async ({ collector }) => {
    for (const one of [...disturbers, ...unseenOnes]) {
      const answer = await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body: bodyOf(`a${one}b`) });
      assert.is(answer.status, 400, JSON.stringify([one, answer.text]));
      assert.not.ok((answer.body as { message: string }).message.includes(one), answer.text);
    }
  });

test('the site of a join code, which is made with it, is named by the same rules', async ({ collector }) => {
  for (const one of [...disturbers, ...unseenOnes]) {
    const site = `a${one}b`;
    const answer = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body: { site } });
    assert.is(answer.status, 400, JSON.stringify(one));
  }
});

test('no name that the collector acts under passes with what nobody sees, and emoji and names of Japan pass', async ({
  collector,
}) => {
  const make = (path: string, name: string) =>
    collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body: bodies[path]?.(name) });
  for (const one of [...unseenOnes, '\ufe0f', '\u0301'])
    for (const name of [`monitor${one}`, `mon${one}itor`])
      for (const path of ['users', 'tokens']) {
        const { status } = await make(path, name);
        assert.ok(status === 400 || status === 409, `${path} ${JSON.stringify(name)}: ${status}`);
      }
  for (const name of ['Büro 3', '葛\u{e0100}城', 'Ops ❤\ufe0f', 'مكتب', 'ห้อง'])
    assert.is((await make('sites', name)).status, 201, name);
});

test('the name of an endpoint holds none, whoever gives it', async ({ collector }) => {
  for (const one of unseenOnes) {
    assert.is(nameFrom(`db${one}-1`), 'db-1');
    assert.not.ok(new RegExp(namePattern, 'u').test(`db${one}-1`));
  }
  const path = '/api/v1/endpoints/none';
  const answer = await collector.call(path, { method: 'PATCH', as: 'admin', body: { name: 'db\u3164' } });
  assert.is(answer.status, 400);
  assert.match((answer.body as { message: string }).message, 'name "db\\u{3164}" must be a name');
});

test('a comment with control characters is refused in words; line breaks and tabs stay', async ({ collector }) => {
  const made = await collector.call('/api/v1/tickets', { method: 'POST', as: 'admin', body: { title: 'a disk' } });
  const path = `/api/v1/tickets/${(made.body as { row: { id: number } }).row.id}/comment`;
  const say = (text: string) => collector.call(path, { method: 'POST', as: 'admin', body: { text } });
  const bell = await say('done\u0007');
  assert.is(bell.status, 400);
  assert.match((bell.body as { message: string }).message, /text "done\\u0007" must be .* without control characters/);
  const text = 'first\n\tsecond \u200f';
  const kept = await say(text);
  assert.is(kept.status, 200, kept.text);
  assert.match(kept.text, JSON.stringify(text).slice(1, -1));
});

test.run();
