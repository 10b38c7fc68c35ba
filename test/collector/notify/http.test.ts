import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ChannelBusy, waitIn } from '../../../collector/notify/http.ts';
import { createChannels } from '../../../collector/notify/route.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { createOutgoing } from '../../../shared/outgoing.ts';
import { loopback, notification, openReceiver } from './receiver.ts';
import { openVendor } from './vendors.ts';

const make = (kind: string, settings: Record<string, unknown>, outgoing = loopback) =>
  createChannels([{ name: 'ops', kind, settings }], outgoing)[0]?.channel;
async function failure(kind: string, settings: Record<string, unknown>, outgoing = loopback): Promise<EvenkeelError> {
  try {
    await make(kind, settings, outgoing)?.send(notification, AbortSignal.timeout(5000));
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) return thrown;
    throw thrown;
  }
  throw new Error('it was sent');
}

test('when to come again: seconds, a date, or in the answer as Telegram and Discord have it', () => {
  const now = Date.parse('2026-01-05T10:00:00Z');
  assert.is(waitIn('7', null, now), 7000);
  assert.is(waitIn('Mon, 05 Jan 2026 10:02:00 GMT', null, now), 120_000);
  assert.is(waitIn('Mon, 05 Jan 2026 09:00:00 GMT', null, now), 0);
  assert.is(waitIn('soon', null, now), null);
  assert.is(waitIn(undefined, { parameters: { retry_after: 7 } }, now), 7000);
  assert.is(waitIn(undefined, { retry_after: 6.5 }, now), 6500);
  assert.is(waitIn(undefined, {}, now), null);
});

test('a busy receiver says when; a refusal says why in its own words', async () => {
  await using busy = await openVendor('telegram', 'busy');
  const telegram = { token: '1234:abcdefgh', chat_id: '1' };
  const later = await failure('telegram', { ...telegram, url: busy.url });
  assert.instance(later, ChannelBusy);
  assert.is((later as ChannelBusy).retryAfterMs, 7000);
  await using refusing = await openVendor('telegram', 'refuses');
  assert.match(
    (await failure('telegram', { ...telegram, url: refusing.url })).message,
    /HTTP 400, Bad Request: chat not found\.$/,
  );
  await using slack = await openVendor('slack', 'refuses');
  assert.match((await failure('slack', { url: slack.url })).message, /HTTP 400, invalid_payload\.$/);
});

test('a receiver that repeats the token in its refusal does not bring it into the log', async () => {
  await using echo = await openReceiver((_, path) => [403, {}, JSON.stringify({ message: `no access to ${path}` })]);
  const { message } = await failure('telegram', { token: '1234:abcdefgh', chat_id: '1', url: echo.url });
  assert.match(message, /HTTP 403\.$/);
});

test('Apprise: nothing stored under the key is a refusal, a service that failed is not', async () => {
  await using empty = await openReceiver(() => [204]);
  assert.is((await failure('apprise', { url: empty.url, key: 'k' })).code, 'CHANNEL_REFUSED');
  await using partly = await openReceiver(() => [424]);
  assert.is((await failure('apprise', { url: partly.url, key: 'k' })).code, 'CHANNEL_FAILED');
});

test('a redirect to a private address is refused by every kind over HTTP, and nothing arrives there', async () => {
  await using inside = await openReceiver(() => [200]);
  // Only this one address may be reached.
  const [first] = ['127.0.0.2'];
  await using outside = await openReceiver(() => [307, { location: inside.url }]);
  const outgoing = createOutgoing(['127.0.0.1']);
  for (const kind of ['webhook', 'slack', 'teams', 'discord', 'http']) {
    const { code, message } = await failure(kind, { url: outside.url }, outgoing);
    assert.is(code, 'CHANNEL_REFUSED', kind);
    assert.match(message, /redirects to/);
  }
  assert.is((await failure('slack', { url: `http://${first}:9/x` }, outgoing)).code, 'CHANNEL_REFUSED');
  assert.is(inside.received.length, 0);
});

test.run();
