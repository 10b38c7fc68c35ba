/** What a request must not hold is refused in words: the field, the value that was sent, and what is allowed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('refused fields');
let collector: InProcess;
test.before(async () => {
  collector = await openCollector();
});
test.after(() => collector.close());

interface Refusal {
  message: string;
  hint: string;
}

const table: [method: string, path: string, body: unknown, words: RegExp][] = [
  ['POST', 'reports', { period: '2026-13' }, /period "2026-13" must be a month such as 2026-11/],
  ['POST', 'reports', { period: '2026-W54' }, /period "2026-W54" must be .*a week such as 2026-W48/],
  ['POST', 'reports', { period: '1000-01' }, /period "1000-01" must be .*from the year 2000/],
  ['GET', 'stability?period=1900-01', undefined, /period "1900-01" must be .*from the year 2000/],
  ['POST', 'reports', { period: '2026-10', language: 'xx' }, /language "xx" must be one of en, ja/],
  ['GET', 'kpis/mttr?period=2026-W54', undefined, /period "2026-W54" must be/],
  [
    'POST',
    'users',
    { name: 'v!/', password: 'a fresh sentence', role: 'viewer' },
    /name "v!\/" must be a name of 1 to 64 letters/,
  ],
  [
    'POST',
    'users',
    { name: 'vera', password: 'a fresh sentence', role: 'vewer' },
    /role "vewer" must be one of viewer.*did you mean "viewer"/,
  ],
  ['POST', 'users', { name: 'vera', password: 12_345, role: 'viewer' }, /password must be a text/],
  ['POST', 'tickets', { title: '' }, /title "" must be a text of 1 to \d+ characters/],
  ['POST', 'tickets', { title: ' \t ' }, /title .* must be a text of 1 to 200 characters, on one line/],
  ['POST', 'tickets', { title: 'a\u202etxt' }, /title .* must be a text of 1 to \d+ characters, on one line/],
  ['POST', 'tickets', { title: 'two\nlines' }, /title .* must be a text of 1 to \d+ characters, on one line/],
  [
    'POST',
    'tickets/1/comment',
    { text: '  \n ' },
    /text .* must be a text of 1 to \d+ characters, without control characters, not blank/,
  ],
  [
    'POST',
    'tokens',
    { name: 'two\nlines', role: 'viewer' },
    /name .* must be a text of 1 to \d+ characters, on one line/,
  ],
  ['POST', 'tickets', { title: 'printer', impact: 4 }, /impact 4 must be one of 1, 2, 3/],
  ['POST', 'tickets', {}, /the body lacks "title": a text/],
  ['POST', 'tickets', { titel: 'printer' }, /the body has an unknown key "titel"; did you mean "title"\?/],
  ['POST', 'tickets', ['printer'], /the body \(a list\) must be a section/],
  ['GET', 'tickets/zzz', undefined, /id "zzz" must be the number of a ticket/],
  ['GET', 'tickets/0', undefined, /id 0 must be the number of a ticket/],
  ['GET', 'changes/zzz', undefined, /id "zzz" must be the number of a change/],
  ['GET', 'endpoints?limit=-1', undefined, /limit -1 must be a whole number from 1/],
  ['GET', 'endpoints?limit=many', undefined, /limit "many" must be a whole number from 1/],
  ['GET', 'reports?page=x', undefined, /page "x" must be the `next` of a page/],
  ['GET', 'costs?limit=-1', undefined, /the query has an unknown key "limit"; none is taken here/],
  ['GET', 'users?lmit=1', undefined, /the query has an unknown key "lmit"/],
  ['DELETE', 'calendars/none?force=1', undefined, /the query has an unknown key "force"/],
  ['DELETE', 'calendars/none', { reason: 'old' }, /the body has an unknown key "reason"; none is taken here/],
  ['PATCH', 'costs/none', { reason: 'nothing else' }, /the body changes nothing: give one of .*cents/],
];

for (const [method, path, body, words] of table) {
  test(`${method} ${path} ${JSON.stringify(body)}`, async () => {
    const { status, body: refused } = await collector.call(`/api/v1/${path}`, { method, as: 'admin', body });
    const { message } = refused as Refusal;
    assert.is(status, 400, message);
    assert.match(message, words);
    assert.not.match(message, /\\[pdsS]|\(\?|\[\^|12345/);
  });
}

test('a long value is cut, and of many faults some are named', async () => {
  const many = Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`k${n}`, 1]));
  for (const body of [{ title: 'x'.repeat(50_000) }, { title: 'x', ...many }]) {
    const { status, body: refused } = await collector.call('/api/v1/tickets', { method: 'POST', as: 'admin', body });
    assert.is(status, 400);
    assert.ok((refused as Refusal).message.length < 1500);
  }
});

test('every pattern of the interface has words for what it takes', async () => {
  const { body } = await collector.call('/openapi.json');
  const bare: string[] = [];
  const look = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { pattern, want } = value as Record<string, unknown>;
    if (typeof pattern === 'string' && want === undefined) bare.push(place);
    for (const [key, inner] of Object.entries(value)) if (key !== 'responses') look(inner, `${place} ${key}`);
  };
  look((body as { paths: unknown }).paths, '');
  assert.equal(bare, []);
});

test.run();
