/** Who reviews an article is asked once per date, by the way that reaches them. Collector, outbox and receivers are real; the time is ours. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ArticleDetail, ArticleList } from '../../../shared/knowledge.ts';
import { openCollector } from '../../support/collector.ts';
import { until } from '../../support/until.ts';
import { openMailServer, openReceiver } from '../notify/receiver.ts';

const test = suite('reminders of articles');
const day = 86_400_000;
/** Monday 2 November 2026, 08:00 UTC. */
const begin = Date.UTC(2026, 10, 2, 8);
const end = begin + 30 * day;

async function open() {
  const [receiver, mails] = await Promise.all([openReceiver(() => [200]), openMailServer()]);
  let now = begin;
  const clock = { now: () => now, monotonic: () => now - begin };
  const settings = `zone: UTC
outgoing: { allow: [127.0.0.1] }
channels:
  - { name: chat, kind: webhook, url: "${receiver.url}", language: ja }
  - { name: mail, kind: email, host: 127.0.0.1, port: ${mails.port}, from: ek@example.org, to: it@example.org }
`;
  let collector = await openCollector({ settings, clock });
  async function send<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body ? { body } : {}) });
    assert.ok(answer.status < 300, `${path}: ${answer.text}`);
    return answer.body as T;
  }
  return {
    receiver,
    mails,
    send,
    to: (time: number) => {
      now = time;
    },
    async user(name: string, content: object | null): Promise<string> {
      const body = { name, password: 'a sentence of its own', role: 'operator' };
      const { id } = await send<{ id: string }>('POST', 'users', body);
      if (content) await send('PUT', `on-call/people/${name}`, { content });
      return id;
    },
    async write(reviewer: string | null, more: object = {}): Promise<string> {
      const texts = [
        { language: 'en', title: `Guide of ${reviewer}`, body: 'x' },
        { language: 'ja', title: '手順書', body: 'x' },
      ];
      const body = { texts, keywords: '', reviewer, validUntil: end, state: 'published', ...more };
      return (await send<{ id: string }>('POST', 'articles', body)).id;
    },
    /** What was queued so far, and the articles that are to be reviewed. */
    queued: async () =>
      (await collector.state.selectFrom('deliveries').select(['about', 'channel']).orderBy('created_at').execute()).map(
        ({ about, channel }) => `${channel} ${about}`,
      ),
    listed: async () =>
      Object.fromEntries(
        (await send<ArticleList>('GET', 'articles?list=review')).items.map((row) => [
          row.reviewer ?? '',
          row.reviewerLack ?? (row.remindedAt === null ? 'waits' : 'told'),
        ]),
      ),
    async again() {
      await collector.stop();
      collector = await collector.again();
    },
    async [Symbol.asyncDispose]() {
      await collector.close();
      await Promise.all([receiver.close(), mails.close()]);
    },
  };
}

test('a reviewer is asked once per date, two weeks before it, in the language of the channel; also over a restart', async () => {
  await using d = await open();
  await d.user('mia', { ways: [{ channel: 'chat' }] });
  const id = await d.write('mia');
  await d.write('mia', { state: 'draft' });
  await d.write('mia', { validUntil: null });
  d.to(end - 14 * day - 1000);
  // Drafts, and what does not end yet, are passed over by the same look that takes this one.
  const past = await d.write('mia', { validUntil: begin + day });
  await until(async () => (await d.queued()).length > 0, 10_000, 'that of the article past its date');
  assert.equal(await d.queued(), [`chat article/${past}`]);
  d.to(end - 14 * day);
  await until(() => d.receiver.received.length === 2, 10_000, 'that of the one whose end is near');
  const [first, second] = d.receiver.received.map(({ body }) => JSON.parse(body) as { alerts: object[] });
  assert.match(JSON.stringify(first), '有効期限が過ぎています');
  const said = JSON.stringify(second);
  assert.match(said, '記事の見直しのお願い: 手順書');
  assert.match(said, '有効期限: 2026-12-02 08:00:00 UTC');
  assert.match(said, `/knowledge/${id}`);
  assert.not.match(said, '過ぎています');
  await d.again();
  d.to(end + day);
  await d.send('POST', `articles/${past}/review`, { validUntil: end + 10 * day });
  await until(async () => (await d.queued()).length === 3, 10_000, 'another date is another message');
  assert.equal((await d.queued())[2], `chat article/${past}`);
  const { row } = await d.send<ArticleDetail>('GET', `articles/${id}`);
  assert.equal([row.validity, row.remindedAt, row.reviewerLack], ['past', end - 14 * day, null]);
});

test('who cannot be reached stands on the list with why, and is asked once that changes', async () => {
  await using d = await open();
  const quiet = { zone: 'UTC', start: '22:00', end: '10:00' };
  const ways = [{ channel: 'chat' }];
  await d.user('mia', null);
  await d.user('ken', { ways, quiet });
  const left = await d.user('ann', { ways });
  await d.send('POST', `users/${left}/disable`);
  const near = { validUntil: begin + day };
  for (const who of [null, 'mia', 'ken', 'ann', 'bob@example.org']) await d.write(who, near);
  await until(() => d.mails.mails.length === 1, 10_000, 'the mail to the name that is an address');
  assert.match(d.mails.mails[0]?.to.join() ?? '', 'bob@example.org');
  assert.match(d.mails.mails[0]?.data ?? '', /Subject: \[Evenkeel\] Article to review: Guide of bob@example\.org/);
  const lacks = { '': 'nobody', mia: 'no_way', ken: 'quiet', ann: 'gone', 'bob@example.org': 'told' };
  assert.equal(await d.listed(), lacks);
  await d.send('PUT', 'on-call/people/mia', { content: { ways } });
  await until(async () => (await d.listed()).mia === 'told', 10_000, 'mia, by the way she has now');
  d.to(begin + 2 * 3_600_000 + 1000);
  await until(async () => (await d.listed()).ken === 'told', 10_000, 'ken, after the quiet hours');
  assert.equal((await d.queued()).map((one) => one.split(' ')[0]).sort(), ['chat', 'chat', 'mail']);
});

test('a library that was left alone does not fill a phone at once', async () => {
  await using d = await open();
  await d.user('mia', { ways: [{ channel: 'chat' }] });
  d.to(begin - 20 * day);
  for (let n = 0; n < 7; n++) await d.write('mia', { validUntil: begin });
  assert.equal(await d.queued(), []);
  d.to(begin);
  await until(async () => (await d.queued()).length === 5, 10_000, 'the first');
  d.to(begin + 599_000);
  await d.listed();
  assert.is((await d.queued()).length, 5);
  d.to(begin + 600_000);
  await until(async () => (await d.queued()).length === 7, 10_000, 'the rest');
});

test.run();
