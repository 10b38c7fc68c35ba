/**
 * Tickets notify people: marks of their clocks and dates of holds go to the channels once, and whoever asked for a
 * ticket gets the link for rating by mail. The collector, its outbox and the mail server are real; the time is ours.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addressIn } from '../../../collector/notify/address-in.ts';
import type { TicketDetail } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/processes.ts';
import { openMailServer, openReceiver } from './receiver.ts';

const test = suite('notifications about tickets');
const [minute, hour] = [60_000, 3_600_000];
/** Monday 2 November 2026, 09:00 in Berlin, where the desk opens. */
const monday = Date.UTC(2026, 10, 2, 8);
const zone = 'Europe/Berlin';

async function desk(channels: string) {
  let now = monday;
  const clock = { now: () => now, monotonic: () => now - monday };
  const settings = `zone: ${zone}\noutgoing: { allow: [127.0.0.1] }\nchannels:\n${channels}`;
  const collector = await openCollector({ settings, clock });
  const wrap = (one: InProcess) => ({
    collector: one,
    at(time: number) {
      now = time;
    },
    async do(path: string, body?: unknown): Promise<TicketDetail> {
      const options = body === undefined ? {} : { method: 'POST', body };
      const answer = await one.call(`/api/v1/${path}`, { as: 'operator', ...options });
      assert.ok(answer.status < 300, answer.text);
      return answer.body as TicketDetail;
    },
    open: async (more: object = {}) =>
      ((await wrap(one).do('tickets', { title: 'Printer is slow', channel: 'phone', ...more })) as TicketDetail).row.id,
    queued: async () =>
      (
        await one.state
          .selectFrom('deliveries')
          .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
          .select(['event', 'channel', 'severity', 'facts'])
          .orderBy('notification')
          .orderBy('channel')
          .execute()
      ).map(({ event, channel, severity, facts }) => `${channel} ${severity} ${event} ${JSON.parse(facts).why}`),
    async again() {
      await one.stop();
      return wrap(await one.again());
    },
    close: () => one.close(),
  });
  return wrap(collector);
}

/** The text of a mail, however it is encoded. */
function textOf(data: string): string {
  const [head = '', ...rest] = data.replaceAll('\r\n', '\n').split('\n\n');
  const body = rest.join('\n\n');
  if (/^content-transfer-encoding: base64$/im.test(head)) return Buffer.from(body, 'base64').toString();
  if (!/^content-transfer-encoding: quoted-printable$/im.test(head)) return body;
  const bytes = body
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

const ops = (url: string) =>
  `  - { name: ops, kind: webhook, url: ${url}, language: ja }\n  - { name: pager, kind: webhook, url: ${url}, severities: [critical] }\n`;

/** Beside the helpers that P1 and P2 call when they are opened. */
const clocks = async (d: Awaited<ReturnType<typeof desk>>) =>
  (await d.queued()).filter((one) => !one.includes(' swarm '));

test('marks of a clock notify once each, also over a restart; the channel takes its severities', async () => {
  await using receiver = await openReceiver(() => [200]);
  let d = await desk(ops(receiver.url));
  // Priority 1: an answer in 15 minutes, resolved in four hours, day and night.
  const id = await d.open({ impact: 1, urgency: 1 });
  d.at(monday + 8 * minute);
  await until(async () => (await clocks(d)).length === 1, 10_000, 'it');
  d = await d.again();
  d.at(monday + 12 * minute);
  await until(async () => (await clocks(d)).length === 2, 10_000, 'it');
  d.at(monday + 16 * minute);
  await until(async () => (await clocks(d)).length === 4, 10_000, 'it');
  assert.equal(await clocks(d), [
    'ops warning sla response_50',
    'ops warning sla response_80',
    'ops critical sla response_100',
    'pager critical sla response_100',
  ]);
  await until(() => receiver.received.length === 6, 10_000, 'it');
  const said = receiver.received
    .map(({ body }) => JSON.parse(body).alerts[0].annotations.summary)
    .filter((text) => !/Helpers|応援/.test(text));
  assert.is(said[0], `回答までの時間の 50 % を経過: #${id} Printer is slow`);
  assert.is(said.filter((text) => text === `Answer overdue: #${id} Printer is slow`).length, 1, said.join('\n'));
  assert.match(JSON.parse(receiver.received[0]?.body ?? '').alerts[0].generatorURL, new RegExp(`/tickets/${id}$`));
  const shown = (await d.do(`tickets/${id}`)).notifications.map(({ event, state }) => `${event} ${state}`);
  assert.equal([...new Set(shown)].sort(), ['sla sent', 'swarm sent']);
  await d.close();
});

test('what became due while no collector ran is said once, by its last mark', async () => {
  await using receiver = await openReceiver(() => [200]);
  let d = await desk(ops(receiver.url));
  await d.open({ impact: 1, urgency: 2 });
  await d.collector.stop();
  d.at(monday + 7 * hour);
  d = await d.again();
  await until(async () => (await clocks(d)).length === 3, 10_000, 'both clocks');
  d = await d.again();
  d.at(monday + 7.5 * hour);
  await until(() => receiver.received.length === 5, 10_000, 'all sent');
  assert.equal(await clocks(d), [
    'ops critical sla response_100',
    'pager critical sla response_100',
    'ops warning sla resolution_80',
  ]);
  await d.close();
});

test('a swarm tells the channels and whoever is named or helps, once, whoever calls it; nobody twice', async () => {
  await using receiver = await openReceiver(() => [200]);
  await using mails = await openMailServer();
  const mail = `{ name: mail, kind: email, host: 127.0.0.1, port: ${mails.port}, from: ek@example.org, to: it@example.org, severities: [info] }`;
  const d = await desk(`${ops(receiver.url)}  - ${mail}\n`);
  for (const name of ['mia@example.org', 'ken@example.org', 'Bob']) {
    const body = { name, password: 'a sentence of its own', role: 'operator' };
    const made = await d.collector.call('/api/v1/users', { method: 'POST', as: 'admin', body });
    assert.ok(made.status < 300, made.text);
  }
  const id = await d.open();
  await d.do(`tickets/${id}/participants/join`, { kind: 'local', person: 'ken@example.org' });
  const called = await d.do(`tickets/${id}/swarm`, {
    kind: 'local',
    people: ['mia@example.org', 'Bob', 'ken@example.org'],
  });
  assert.equal(called.events.at(-1)?.data, {
    ...{ kind: 'local', people: ['mia@example.org', 'Bob', 'ken@example.org'] },
    mailed: ['mia@example.org', 'ken@example.org'],
  });
  assert.equal(await d.queued(), ['ops warning swarm local', 'mail warning swarm local', 'mail warning swarm local']);
  await until(() => mails.mails.length === 2 && receiver.received.length === 1, 10_000, 'all of them');
  assert.equal(
    mails.mails.map(({ to }) => to.join()),
    ['RCPT TO:<mia@example.org>', 'RCPT TO:<ken@example.org>'],
  );
  const text = textOf(mails.mails[0]?.data ?? '');
  assert.match(text, `Helpers are called: #${id} Printer is slow`);
  assert.match(text, 'Called by: a operator');
  assert.match(text, 'Local swarm');
  const unknown = await d.collector.call(`/api/v1/tickets/${id}/swarm`, {
    ...{ method: 'POST', as: 'operator', body: { kind: 'local', people: ['mia@example.com'] } },
  });
  assert.equal([unknown.status, (unknown.body as { code: string }).code], [404, 'NOT_FOUND']);
  // Raised to P1, helpers are called by the collector itself: who helps already is told, by the same way.
  d.at(monday + minute);
  const raised = await d.do(`tickets/${id}/priority`, { impact: 1, urgency: 1, reason: 'all of Berlin' });
  const [event] = raised.events.filter(({ kind, actor }) => kind === 'swarm' && actor === 'monitor');
  assert.equal(event?.data, { kind: 'severity', mailed: ['ken@example.org'] });
  await until(() => mails.mails.length === 3, 10_000, 'the third');
  const late = (await d.queued()).filter((one) => one.endsWith('swarm severity'));
  assert.equal(late, ['ops critical swarm severity', 'pager critical swarm severity', 'mail critical swarm severity']);
  await d.close();
});

test('a hold reminds on its date, with for whom it waits, and not when it was ended before', async () => {
  await using mails = await openMailServer();
  const d = await desk(
    `  - { name: mail, kind: email, host: 127.0.0.1, port: ${mails.port}, from: ek@example.org, to: it@example.org }\n`,
  );
  const [held, ended] = [await d.open(), await d.open()];
  for (const id of [held, ended])
    await d.do(`tickets/${id}/state`, { state: 'on_hold', reason: 'awaiting_requester', until: monday + 2 * hour });
  await d.do(`tickets/${ended}/state`, { state: 'in_progress' });
  d.at(monday + 3 * hour);
  await until(() => mails.mails.length > 0, 10_000, 'it');
  await until(async () => (await d.queued()).filter((one) => one.includes('hold')).length === 1, 5000, 'it');
  const [mail] = mails.mails.filter(({ data }) => data.includes('hold has come'));
  assert.match(
    mail?.data ?? '',
    new RegExp(`Subject: \\[Evenkeel\\] The date of the hold has come: #${held} Printer is`),
  );
  assert.match(mail?.data ?? '', /Awaiting requester/);
  assert.match(mail?.data ?? '', /Assigned to: Unassigned/);
  await d.close();
});

test('the link for rating reaches whoever asked, once per resolution; no secret waits in the outbox', async () => {
  await using mails = await openMailServer();
  const d = await desk(
    `  - { name: mail, kind: email, host: 127.0.0.1, port: ${mails.port}, from: ek@example.org, to: it@example.org, language: ja }\n`,
  );
  const id = await d.open({ requester: 'Mia Abe <mia@example.org>' });
  assert.is((await d.do(`tickets/${id}/resolve`, {})).ratingToken, null, 'the mail has it');
  await until(() => mails.mails.length === 1, 10_000, 'it');
  const [mail] = mails.mails;
  assert.match(mail?.to.join() ?? '', /^RCPT TO:<mia@example\.org>$/);
  const body = Buffer.from(mail?.data.split('\n\n')[1] ?? '', 'base64').toString();
  assert.match(body, /お問い合わせのチケットを解決しました: #1 Printer is slow/);
  const link = /\/rate\/([\w-]{43})\s/.exec(body)?.[1] ?? '';
  assert.is.not(link, '', body);
  for (const table of ['ratings', 'notifications', 'deliveries'] as const)
    assert.not.match(JSON.stringify(await d.collector.state.selectFrom(table).selectAll().execute()), new RegExp(link));
  const rate = (token: string, rating: number) =>
    d.collector.call(`/api/v1/rate/${token}`, { method: 'POST', body: { rating } });
  assert.is((await rate(link, 2)).status, 200);
  assert.is((await rate(link, 5)).status, 200);
  assert.is((await d.do(`tickets/${id}`)).rating.rating, 5, 'the last answer');
  d.at(monday + hour);
  await d.do(`tickets/${id}/reopen`, { text: 'again' });
  await d.do(`tickets/${id}/resolve`, {});
  await until(() => mails.mails.length === 2, 10_000, 'it');
  d.at(monday + 31 * 24 * hour);
  assert.is((await rate(link, 1)).status, 410);
  // A name without an address, and nobody: the page shows the link, or nobody is asked.
  const named = await d.open({ requester: 'Mia' });
  assert.match((await d.do(`tickets/${named}/resolve`, {})).ratingToken ?? '', /^[\w-]{43}$/);
  assert.equal((await d.queued()).filter((one) => one.includes('rating')).length, 2);
  await d.close();
});

for (const [language, news, how] of [
  ['en', 'News about your ticket', 'To answer, contact the service desk'],
  ['ja', 'お問い合わせのチケットについてのお知らせ', '返信は、チケット番号を添えて'],
] as const)
  test(`a public comment reaches whoever asked, with nothing internal in it, in ${language}`, async () => {
    await using mails = await openMailServer();
    await using receiver = await openReceiver(() => [200]);
    const mail = `{ name: mail, kind: email, host: 127.0.0.1, port: ${mails.port}, from: ek@example.org, to: it@example.org, language: ${language} }`;
    const d = await desk(`${ops(receiver.url)}  - ${mail}\n`);
    const id = await d.open({ requester: 'Mia Abe <mia@example.org>' });
    const say = (on: number, body: object) => d.do(`tickets/${on}/comment`, body);
    assert.is((await d.do(`tickets/${id}`)).requesterIsMailed, true);
    await say(id, { text: 'She is a difficult customer' });
    await say(id, { text: 'It works again', fromRequester: true });
    // Two in one instant of the clock, the first with what a mail program could take for something else.
    await say(id, { text: 'First line\r\n<b>second</b>\u202e\n.\nBcc: x@example.org', public: true });
    const shown = await say(id, { text: 'New cable is here', public: true });
    await until(() => mails.mails.length === 2, 10_000, 'both');
    const texts = mails.mails.map(({ to, data }) => {
      assert.match(to.join(), /^RCPT TO:<mia@example\.org>$/);
      assert.not.match(data.replaceAll('\r\n', '\n').split('\n\n')[0] ?? '', /bcc/i);
      return textOf(data);
    });
    assert.match(
      texts[0] ?? '',
      `${news}: #1 Printer is slow\n\nFirst line\n<b>second</b>\\u202e\n.\nBcc: x@example.org\n\n${how}`,
    );
    assert.match(texts[1] ?? '', '\n\nNew cable is here\n\n');
    for (const text of texts) assert.not.match(text, /difficult|works again|operator|http|127\.0\.0\.1/);
    assert.not.match(
      JSON.stringify(await d.collector.state.selectFrom('notifications').selectAll().execute()),
      /cable/,
    );
    assert.equal(await d.queued(), ['mail info comment null', 'mail info comment null']);
    assert.is(receiver.received.length, 0, 'no other channel');
    assert.is(shown.notifications.length, 2, 'the page of the ticket shows them');
    // Without an address nobody is told, and the answer says so.
    for (const requester of ['Mia', 'operator']) {
      const named = await d.open({ requester });
      assert.is((await say(named, { text: 'Hello', public: true })).requesterIsMailed, false);
    }
    assert.is((await d.queued()).length, 2);
    await d.close();
  });

test('a public comment that is gone before its mail could go is not sent; without a channel for mail nobody is told', async () => {
  await using mails = await openMailServer({ MAIL: '451 come back later' });
  const d = await desk(
    `  - { name: mail, kind: email, host: 127.0.0.1, port: ${mails.port}, from: ek@example.org, to: it@example.org }\n`,
  );
  const id = await d.open({ requester: 'mia@example.org' });
  await d.do(`tickets/${id}/comment`, { text: 'A secret by mistake', public: true });
  const delivery = async () => (await d.collector.state.selectFrom('deliveries').selectAll().execute())[0];
  await until(async () => (await delivery())?.last_error !== null, 10_000, 'it');
  await d.collector.state.updateTable('ticket_events').set({ text: null }).where('kind', '=', 'comment').execute();
  d.at(monday + 2 * hour);
  await until(async () => (await delivery())?.state === 'dead', 15_000, 'it');
  assert.match((await delivery())?.last_error ?? '', /the comment that it would bring is no longer there/);
  await d.close();
  await using receiver = await openReceiver(() => [200]);
  const silent = await desk(ops(receiver.url));
  const other = await silent.open({ requester: 'mia@example.org' });
  const answer = await silent.do(`tickets/${other}/comment`, { text: 'Hello', public: true });
  assert.is(answer.requesterIsMailed, false);
  assert.equal(await silent.queued(), []);
  await silent.close();
});

test('without a channel for mail the link is in the answer; a link made by hand ends one that waits', async () => {
  await using receiver = await openReceiver(() => [200]);
  const d = await desk(ops(receiver.url));
  const id = await d.open({ requester: 'mia@example.org' });
  assert.match((await d.do(`tickets/${id}/resolve`, {})).ratingToken ?? '', /^[\w-]{43}$/);
  assert.equal(await d.queued(), []);
  await d.close();
  await using mails = await openMailServer({ MAIL: '451 come back later' });
  const slow = await desk(
    `  - { name: mail, kind: email, host: 127.0.0.1, port: ${mails.port}, from: ek@example.org, to: it@example.org }\n`,
  );
  const waiting = await slow.open({ requester: 'mia@example.org' });
  assert.is((await slow.do(`tickets/${waiting}/resolve`, {})).ratingToken, null);
  const attempts = async () => (await slow.collector.state.selectFrom('deliveries').selectAll().execute())[0];
  await until(async () => (await attempts())?.last_error !== null, 10_000, 'it');
  const { ratingToken } = await slow.do(`tickets/${waiting}/rating-link`, {});
  slow.at(monday + 2 * hour);
  await until(async () => (await attempts())?.state === 'dead', 15_000, 'it');
  assert.match((await attempts())?.last_error ?? '', /another link has taken its place/);
  assert.is((await slow.collector.call(`/api/v1/rate/${ratingToken}`)).status, 200);
  await slow.close();
});

test('an address is taken from a requester only where there is exactly one', () => {
  for (const [text, address] of [
    ['mia@example.org', 'mia@example.org'],
    [' Mia Abe <mia.abe+it@mail.example.org> ', 'mia.abe+it@mail.example.org'],
    ['Mia', null],
    ['mia@', null],
    ['@example.org', null],
    ['mia@example.org, bo@example.org', null],
    ['a@b@c', null],
    ['mia@example.org\nbcc: x@example.org', null],
    ['Mia <mia@example.org> <bo@example.org>', null],
    [`${'a'.repeat(100_000)}@`, null],
    ['mia@-example.org', null],
  ] as const)
    assert.is(addressIn(text), address, text.slice(0, 40));
});

test.run();
