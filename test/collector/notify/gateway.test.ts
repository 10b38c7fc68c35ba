import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChannels, faultsOfChannels } from '../../../collector/notify/route.ts';
import { loopback, notification, openReceiver } from './receiver.ts';

const send = (settings: Record<string, unknown>, one = notification) =>
  createChannels([{ name: 'sms', kind: 'http', settings }], loopback)[0]?.channel.send(one, AbortSignal.timeout(5000));
const faultOf = (settings: object) =>
  faultsOfChannels([{ name: 'sms', kind: 'http', url: 'https://x.example', ...settings }])
    .map(({ path, problem }) => `${path.slice(1).join('.')} ${problem}`)
    .join('; ');

const evil = { ...notification, endpoint: { ...notification.endpoint, name: 'a"},{"b&c={url}\r\nX: y' } };

test('an SMS gateway: values in the address, headers and a form, each escaped for its place and never read again', async () => {
  await using receiver = await openReceiver(() => [200]);
  await send(
    {
      url: `${receiver.url}/send?to={recipient}&from={host}`,
      headers: ['X-Api-Key: k1', 'X-Host: {host}'],
      format: 'form',
      body: 'text={host}&n={value|number}',
      to: '+49 30 1',
    },
    evil,
  );
  const [got] = receiver.received;
  const name = 'a"},{"b&c={url}  X: y';
  assert.is(got?.path, `/send?to=${encodeURIComponent('+49 30 1')}&from=${encodeURIComponent(name)}`);
  assert.is(got?.headers['x-api-key'], 'k1');
  assert.is(got?.headers['x-host'], name);
  assert.is(got?.headers.x, undefined);
  assert.equal(Object.fromEntries(new URLSearchParams(got?.body)), { text: name, n: '96.24' });
});

test('a body of JSON stays what it was, whatever a machine calls itself; GET sends none; a text message has an end', async () => {
  await using receiver = await openReceiver(() => [200]);
  await send(
    { url: receiver.url, method: 'PUT', body: '{"to": ["{recipient}"], "a": {"b": "{host} {limit|unit}"}}' },
    evil,
  );
  await send(
    { url: `${receiver.url}/?q={sms}`, method: 'GET' },
    { ...evil, endpoint: { ...evil.endpoint, name: 'ä'.repeat(400) }, tags: { path: 'ö'.repeat(400) } },
  );
  const [put, get] = receiver.received;
  assert.equal(JSON.parse(put?.body ?? ''), { to: [''], a: { b: 'a"},{"b&c={url}  X: y 95%' } });
  assert.is(get?.body, '');
  const sms = new URL(get?.path ?? '', receiver.url).searchParams.get('q') ?? '';
  assert.ok([...sms].length <= 300, String(sms.length));
  assert.ok(sms.endsWith(`… ${notification.url}`), sms);
});

test('an unknown value, a filter that is none, and a host that a value chooses are refused by name', () => {
  assert.is(faultOf({ body: '{"t": "{title}"}' }), '');
  assert.match(
    faultOf({ body: '{"t": "{titel}"}' }),
    /body.* has \{titel\}, which is no value; did you mean "title"\? There are: /,
  );
  assert.match(faultOf({ body: '{"t": "{value|euro}"}' }), /value takes unit or number/);
  for (const value of ['title', 'host', 'value|number', 'ticket'])
    assert.match(faultOf({ body: `{"t": {${value}}}` }), /body is no JSON with values in place/, value);
  assert.is(faultOf({ body: '{"t": "{ since | duration }", "n": {count}, "none": {}}' }), '');
  for (const slip of ['{Host}', '{HOST}', '{hosts}'])
    assert.match(
      faultOf({ body: `{"t": "${slip}"}` }),
      `has ${slip}, which is no value; did you mean "host"? There are: `,
    );
  assert.match(faultOf({ body: '{"t": "{value|Unit}"}' }), /value takes unit or number/);
  assert.match(faultOf({ body: '{"t": "{value|unit|number}"}' }), /one filter is allowed/);
  assert.match(faultOf({ format: 'text', body: '{constructor}' }), /is no value/);
  assert.match(faultOf({ body: '{"t": "{title}"' }), /body is no JSON/);
  const chosen = ['https://{host}/x', 'https:/{host}/x', 'https:{host}/x', String.raw`https:\\{host}/x`];
  for (const url of [...chosen, 'https:///{host}/x'])
    assert.match(faultOf({ url }), /url has a value in the name of its host/, url);
  for (const url of ['https://x.example:{count}/', 'https://{host}@x.example/'])
    assert.match(faultOf({ url }), /^url ./, url);
  assert.is(faultOf({ url: 'https://x.example/{host}?to={recipient}' }), '');
  assert.match(faultOf({ headers: ['no header'] }), /headers\.0 is not a header/);
  assert.match(faultOf({ method: 'GET', body: 'x' }), /GET sends none/);
});

test.run();
