import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { channelTypes } from '../../../collector/notify/channels/index.ts';
import { expanded } from '../../../collector/notify/forms.ts';
import { createChannels, faultsOfChannels } from '../../../collector/notify/route.ts';
import { loopback } from './receiver.ts';

const read = (url: string, more: object = {}) => expanded(channelTypes, { name: 'ops', url, ...more });
const faultOf = (url: string, more: object = {}) =>
  faultsOfChannels([{ name: 'ops', url, ...more }])
    .map(({ problem }) => problem)
    .join('; ');

test('each form of Apprise becomes the settings of its kind', () => {
  const cases: [url: string, settings: object][] = [
    ['slack://T1AB/B2CD/c3Ef', { kind: 'slack', url: 'https://hooks.slack.com/services/T1AB/B2CD/c3Ef' }],
    ['discord://123456789/tok-en_1', { kind: 'discord', url: 'https://discord.com/api/webhooks/123456789/tok-en_1' }],
    [
      'tgram://123456:ABC-DEF_g/-100123:7',
      { kind: 'telegram', token: '123456:ABC-DEF_g', chat_id: '-100123', thread: 7 },
    ],
    ['tgram://123456:ABC-DEF_g/@ops', { kind: 'telegram', token: '123456:ABC-DEF_g', chat_id: '@ops' }],
    ['ntfy://alerts', { kind: 'ntfy', topic: 'alerts' }],
    ['ntfy://ntfy.lan:8080/alerts', { kind: 'ntfy', topic: 'alerts', url: 'http://ntfy.lan:8080' }],
    [
      'ntfys://tk_1@ntfy.example.org/alerts',
      { kind: 'ntfy', topic: 'alerts', url: 'https://ntfy.example.org', token: 'tk_1' },
    ],
    [
      'ntfys://ada:p%40ss@ntfy.example.org/alerts',
      { kind: 'ntfy', topic: 'alerts', url: 'https://ntfy.example.org', user: 'ada', password: 'p@ss' },
    ],
    ['gotifys://push.example.org/sub/Atok', { kind: 'gotify', url: 'https://push.example.org/sub', token: 'Atok' }],
    ['pagerduty://R0UTINGKEY', { kind: 'pagerduty', routing_key: 'R0UTINGKEY' }],
    [
      'pagerduty://R0UTINGKEY@api?region=eu',
      { kind: 'pagerduty', routing_key: 'R0UTINGKEY', url: 'https://events.eu.pagerduty.com/v2/enqueue' },
    ],
    ['alertmanagers://am.example.org:9093', { kind: 'alertmanager', url: 'https://am.example.org:9093' }],
    [
      'apprise://apprise.lan:8000/key1?tag=ops',
      { kind: 'apprise', url: 'http://apprise.lan:8000', key: 'key1', tag: 'ops' },
    ],
    ['jsons://hook.example.org/a', { kind: 'http', url: 'https://hook.example.org/a', format: 'json' }],
    ['push://it@example.org', { kind: 'push', subject: 'it@example.org' }],
    ['webhooks://hook.example.org/a', { kind: 'webhook', url: 'https://hook.example.org/a' }],
    [
      'mailto://ek:p%40ss@example.org?to=it@example.org',
      {
        kind: 'email',
        host: 'example.org',
        user: 'ek',
        password: 'p@ss',
        from: 'ek@example.org',
        to: ['it@example.org'],
      },
    ],
    [
      'mailtos://mail.example.org:465?from=a@b.c&to=d@e.f,g@h.i',
      { kind: 'email', host: 'mail.example.org', port: 465, secure: true, from: 'a@b.c', to: ['d@e.f', 'g@h.i'] },
    ],
    [
      'workflows://prod.westus.logic.azure.com:443/643e/iXrm',
      {
        kind: 'teams',
        url: 'https://prod.westus.logic.azure.com/workflows/643e/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=iXrm',
      },
    ],
    ['https://hooks.slack.com/services/a/b/c', { kind: 'slack', url: 'https://hooks.slack.com/services/a/b/c' }],
    ['https://discord.com/api/webhooks/1/x', { kind: 'discord', url: 'https://discord.com/api/webhooks/1/x' }],
  ];
  for (const [url, settings] of cases) {
    const { channel, faults } = read(url);
    assert.equal([channel, faults], [{ name: 'ops', ...settings }, []], url);
    assert.equal(faultsOfChannels([channel]), [], url);
  }
  const kinds = new Set(cases.map(([, settings]) => (settings as { kind: string }).kind));
  assert.equal(
    channelTypes.map(({ kind }) => kind).filter((kind) => !kinds.has(kind)),
    [],
    'every kind has a form',
  );
});

test('what is given beside the address stands over it, and a channel is made of both', () => {
  assert.equal(read('ntfy://alerts', { topic: 'other', zone: 'Asia/Tokyo' }).channel, {
    ...{ name: 'ops', kind: 'ntfy', topic: 'other', zone: 'Asia/Tokyo' },
  });
  const [route] = createChannels([{ name: 'ops', kind: 'ntfy', settings: { url: 'ntfy://alerts' } }], loopback);
  assert.is(route?.channel.kind, 'ntfy');
});

test('a typo is answered with the nearest scheme and its form, and repeats no secret', () => {
  const secret = 'h4nter2secret';
  const cases: [url: string, words: RegExp][] = [
    [`slak://${secret}/b/c`, /begins with slak:\/\/.*did you mean slack:\/\/.*slack:\/\/TokenA\/TokenB\/TokenC/],
    [`slack://${secret}/b`, /is not complete; write it like slack:\/\/TokenA\/TokenB\/TokenC$/],
    [`tgrm://123:${secret}/1`, /did you mean tgram:\/\//],
    [`tgram://${secret}/1`, /write it like tgram:\/\/BOTTOKEN\/CHAT_ID/],
    [`gotify://${secret}`, /gotifys:\/\/HOST\/TOKEN/],
    [`mailto://${secret}`, /mailto:\/\/USER:PASSWORD@SERVER/],
    [`zzzzzzz://${secret}`, /no channel has; known are webhooks:\/\/, mailto:\/\//],
    [`ntfy://%zz${secret}`, /is not complete/],
    [`${secret}`, /is no address/],
  ];
  for (const [url, words] of cases) {
    const said = faultOf(url);
    assert.match(said, words, url);
    assert.not.match(said, secret, url);
  }
  assert.match(faultOf('ntfy://alerts', { kind: 'slack' }), /kind ntfy, and kind says slack/);
  assert.match(faultOf('https://x.webhook.office.com/webhookb2/a', { kind: 'teams' }), /make a workflow/);
  assert.match(faultOf('https://example.org/hook'), /lacks "kind"/);
});

test.run();
