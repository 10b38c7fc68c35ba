/** The knowledge base by its interface: who may, what is kept, what is found, and what helped. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUsers } from '../../../collector/accounts/users.ts';
import type { Role, SiteRow, TicketDetail } from '../../../shared/api.ts';
import type { ArticleDetail, ArticleList, HelpAtHand, SearchAnswer } from '../../../shared/knowledge.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/until.ts';

const test = suite('knowledge');
let collector: InProcess;
test.before(async () => {
  collector = await openCollector();
});
test.after(() => collector.close());

async function send<T>(
  method: string,
  path: string,
  body?: object,
  as: Role = 'operator',
  status?: number,
): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, { method, as, ...(body ? { body } : {}) });
  assert.is(
    answer.status,
    status ?? (method === 'POST' && !/\/\w+$/.test(path.replace(/^articles$/, '')) ? 201 : 200),
    answer.text,
  );
  return answer.body as T;
}
const text = (language: string, title: string, body: string) => ({ language, title, body });
async function write(texts: object[], more: object = {}): Promise<string> {
  const body = { texts, keywords: '', reviewer: 'mia', validUntil: null, state: 'published', ...more };
  return (await send<{ id: string }>('POST', 'articles', body, 'operator', 201)).id;
}
const find = async (q: string, as: Role = 'viewer', more = '') =>
  (await send<SearchAnswer>('GET', `search?q=${encodeURIComponent(q)}${more}`, undefined, as)).items.map(
    ({ kind, id }) => `${kind} ${id}`,
  );
async function ticket(title: string, said: string, solution: string | null): Promise<number> {
  const made = await send<TicketDetail>('POST', 'tickets', { title, text: said }, 'operator', 201);
  const { id } = made.row;
  if (solution !== null) await send('POST', `tickets/${id}/resolve`, { text: solution }, 'operator', 200);
  return id;
}

test('an article is found in both languages, mistyped and by other words; going back finds the old text again', async () => {
  const id = await write([
    text('en', 'Printer shows a paper jam', '## Steps\n\nOpen the *tray*.'),
    text('ja', 'プリンターの紙詰まり', 'トレイを開けます。'),
  ]);
  assert.is(id, 'printer-shows-a-paper-jam');
  for (const q of ['pritner', 'paper jam', 'ﾌﾟﾘﾝﾀ 紙づまり', 'ぷりんた', 'tray', 'トレイ'])
    assert.equal(await find(q), [`article ${id}`], q);
  const change = { texts: [text('en', 'Scanner is slow', 'Clean the glass.')], reason: 'another device' };
  const changed = await send<ArticleDetail>('PATCH', `articles/${id}`, change);
  assert.equal([changed.row.version, changed.versions.map(({ reason }) => reason)], [2, ['another device', '']]);
  assert.equal(await find('tray'), []);
  assert.equal(await find('glass'), [`article ${id}`]);
  const back = await send<ArticleDetail>(
    'POST',
    `articles/${id}/restore`,
    { version: 1, reason: 'as it was' },
    'operator',
    200,
  );
  assert.equal([back.row.version, back.texts.length, back.texts[1]?.title], [3, 2, 'プリンターの紙詰まり']);
  assert.equal(await find('tray'), [`article ${id}`]);
  await send('PATCH', `articles/${id}`, { state: 'archived', reason: 'gone' });
  assert.equal(await find('tray'), []);
});

test('drafts are for those who write; a viewer neither finds nor opens them', async () => {
  const id = await write([text('en', 'Secret zebra procedure', 'x')], { state: 'draft' });
  assert.equal(await find('zebra', 'viewer'), []);
  assert.equal(await find('zebra', 'operator'), [`article ${id}`]);
  await send('GET', `articles/${id}`, undefined, 'viewer', 404);
  await send('GET', `articles/${id}/versions/1`, undefined, 'viewer', 404);
  const lists = await send<ArticleList>('GET', 'articles?list=draft', undefined, 'viewer');
  assert.equal([lists.items, lists.counts.draft], [[], 0]);
});

test('what is wrong with an article is said with the reason', async () => {
  const one = text('en', 'A', 'b');
  for (const [texts, why] of [
    [[], 'article_empty'],
    [[one, one], 'article_twice'],
    [[text('en', '  ', 'b')], 'article_title'],
    [[text('xx', 'A', 'b')], 'article_language'],
    [[text('en', 'A', 'x'.repeat(40_001))], 'article_long'],
  ] as const) {
    const body = { texts, keywords: '', reviewer: null, validUntil: null, state: 'draft' };
    const answer = await collector.call('/api/v1/articles', { method: 'POST', as: 'operator', body });
    assert.is(answer.status, 400);
    assert.match(answer.text, why);
  }
});

test('a resolved ticket becomes a draft, once; an open one does not', async () => {
  const open = await ticket('Coffee machine beeps', 'It beeps.', null);
  await send('POST', 'articles/draft', { ticket: open, language: 'en' }, 'operator', 400);
  const done = await ticket('Badge reader is dark', 'No light at the door.', 'Pulled the fuse out and in again.');
  const { id } = await send<{ id: string }>(
    'POST',
    'articles/draft',
    { ticket: done, language: 'ja' },
    'operator',
    201,
  );
  const again = await send<{ id: string }>('POST', 'articles/draft', { ticket: done, language: 'ja' }, 'operator', 201);
  assert.is(again.id, id);
  const { row, texts } = await send<ArticleDetail>('GET', `articles/${id}`);
  assert.equal([row.state, row.fromTicket, texts[0]?.title], ['draft', done, 'Badge reader is dark']);
  assert.match(texts[0]?.body ?? '', /^## 症状\n\nNo light at the door\.\n\n## 解決方法\n\nPulled the fuse/);
  const help = await send<HelpAtHand>('GET', `tickets/${done}/help`);
  assert.is(help.draft, id);
});

test('beside a new ticket stand earlier ones with what solved them, and articles; the ticket itself does not', async () => {
  const article = await write([text('en', 'Teleporter drops packets', 'Realign the dish.')]);
  const earlier = await ticket('Teleporter loses packets', 'Again.', 'Realigned the dish by two degrees.');
  const now = await ticket('The teleporter drops a packet', 'Since Monday.', null);
  const read = () => send<HelpAtHand>('GET', `tickets/${now}/help`);
  await until(async () => (await read()).tickets.length > 0, 5000, 'the index of tickets');
  const help = await read();
  assert.equal(help.articles[0]?.id, article);
  assert.equal(
    [help.tickets[0]?.id, help.tickets[0]?.solution],
    [String(earlier), 'Realigned the dish by two degrees.'],
  );
  assert.not(help.tickets.some(({ id }) => id === String(now)));
  // The same title, solved the same way: said once, as the newest of them.
  const again = await ticket('Teleporter loses packets', 'And again.', 'Realigned the dish by two degrees.');
  const other = await ticket('Teleporter loses packets', 'Once more.', 'Bought a new dish.');
  const solutions = async () => (await read()).tickets.map(({ id, solution }) => `${id} ${solution}`).sort();
  const wanted = [`${again} Realigned the dish by two degrees.`, `${other} Bought a new dish.`].sort();
  await until(async () => (await solutions()).join() === wanted.join(), 5000, 'each solution once');
  assert.equal((await find(`#${now}`))[0], `ticket ${now}`);
});

test('what ended a request by itself is counted once, whoever presses twice; what was said last holds', async () => {
  const id = await write([text('en', 'Request a keyboard', 'Take one from the shelf.')]);
  const before = (await send<ArticleList>('GET', 'articles')).ended;
  const say = (solved: boolean, place: string) =>
    send<ArticleDetail>('POST', `articles/${id}/outcome`, { solved, place }, 'viewer', 200);
  await say(false, 'request');
  await say(true, 'request');
  const { row } = await say(true, 'request');
  assert.equal([row.solved, row.notSolved], [1, 0]);
  await say(true, 'page');
  const after = (await send<ArticleList>('GET', 'articles')).ended;
  assert.equal([after.solved - before.solved, after.asked - before.asked], [1, 1], 'only what was no ticket');
});

test('an end that is near or past is listed for a review; who confirms it says until when', async () => {
  const day = 86_400_000;
  const id = await write([text('en', 'Old guide', 'x')], { validUntil: Date.now() + 3 * day });
  const due = await send<ArticleList>('GET', 'articles?list=review');
  assert.equal(
    due.items.map((row) => [row.id, row.validity]),
    [[id, 'near']],
  );
  const { row } = await send<ArticleDetail>(
    'POST',
    `articles/${id}/review`,
    { validUntil: Date.now() + 400 * day },
    'operator',
    200,
  );
  assert.equal([row.validity, row.version, row.reviewedAt !== null], ['valid', 1, true]);
  assert.equal((await send<ArticleList>('GET', 'articles?list=review')).items, []);
});

test('two people with the same article open: the later save is refused, with who was first', async () => {
  const id = await write([text('en', 'Shared article', 'x')]);
  const read = await collector.call(`/api/v1/articles/${id}`, { as: 'operator' });
  const headers = { 'evenkeel-base': String(read.headers.get('evenkeel-version')) };
  const save = (keywords: string) =>
    collector.call(`/api/v1/articles/${id}`, {
      method: 'PATCH',
      as: 'operator',
      headers,
      body: { keywords, reason: 'x' },
    });
  assert.is((await save('one')).status, 200);
  const late = await save('two');
  assert.is(late.status, 409, late.text);
  assert.match(late.text, 'CHANGED_SINCE');
});

test('who is limited to some sites finds tickets of these alone, and writes no articles', async () => {
  const site = await send<SiteRow>('POST', 'sites', { name: 'Oslo' }, 'admin', 201);
  await createUsers(collector.state, Date.now, () => undefined).create({
    ...{ name: 'omar', password: 'correct horse battery', role: 'operator', sites: [site.id] },
  });
  const body = { user: 'omar', password: 'correct horse battery' };
  const logIn = await collector.call('/api/v1/login', { method: 'POST', body });
  const headers = { cookie: String(logIn.headers.get('set-cookie')).split(';')[0] as string };
  const hidden = await ticket('Submarine periscope is foggy', 'x', null);
  await until(async () => (await find('periscope', 'viewer')).includes(`ticket ${hidden}`), 5000, 'the ticket');
  const seen = await collector.call('/api/v1/search?q=periscope', { headers });
  assert.equal((seen.body as SearchAnswer).items, []);
  const article = await write([text('en', 'Periscope care', 'x')]);
  const more = await collector.call('/api/v1/search?q=periscope', { headers });
  assert.equal(
    (more.body as SearchAnswer).items.map(({ id }) => id),
    [article],
  );
  const patch = { method: 'PATCH', headers, body: { keywords: 'x', reason: 'x' } };
  assert.is((await collector.call(`/api/v1/articles/${article}`, patch)).status, 403);
});

test.run();
