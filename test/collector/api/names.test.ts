/** Names, titles and all that stands in a list take no line break and no control character: at every route that takes text. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { disturbers } from '../../support/disturbers.ts';

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
const prose = new Set(['reason', 'note', 'words', 'comment', 'intro']);
/** Whatever is in it stays text (a comment may quote the output of a program); shown as text only. */
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
/** Never shown, or with a check of their own: of each cell, of a host name from which a name is made, of `shared/place-name.ts`. */
const own = new Set(['password', 'current', 'next', 'csv', 'hostname', 'kind_why']);
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
        if ([free, own, byRoom].some((list) => list.has(key)) || (shape.maxLength ?? Infinity) <= 10) continue;
        const takes = (text: string) => shape.pattern === undefined || new RegExp(shape.pattern, 'u').test(text);
        const bad = disturbers.filter((one) => !(prose.has(key) && /^[\t\r\n\u061c\u200e\u200f]+$/.test(one)));
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
    for (const one of disturbers) {
      const answer = await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body: bodyOf(`a${one}b`) });
      assert.is(answer.status, 400, JSON.stringify([one, answer.text]));
      assert.not.ok((answer.body as { message: string }).message.includes(one), answer.text);
    }
  });

test('the site of a join code, which is made with it, is named by the same rules', async ({ collector }) => {
  for (const one of disturbers) {
    const site = `a${one}b`;
    const answer = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body: { site } });
    assert.is(answer.status, 400, JSON.stringify(one));
  }
});

test.run();
