/** Messages about several alerts, as each kind of channel writes them: the list becomes shorter, never the count or a link. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MemberAlert, Notification } from '../../../collector/notify/channel.ts';
import { createChannels } from '../../../collector/notify/route.ts';
import { loopback, notification } from './receiver.ts';
import { openVendor, vendorOf } from './vendors.ts';

const member = (n: number): MemberAlert => ({
  ...{ alert: `a${n}`, key: `k${n}`, rule: { id: 'disk-space' }, severity: n === 0 ? 'critical' : 'warning' },
  endpoint: { id: `e${n}`, name: `<b>web-${n}</b>${'あ'.repeat(60)}`, kind: 'server', site: 'Köln' },
  ...{
    metric: 'disk.used_percent',
    tags: { path: '/'.padEnd(200, 'x') },
    value: 96,
    threshold: 95,
    unit: 'percent',
    since: 0,
  },
});
const list = Array.from({ length: 20 }, (_, n) => member(n));
const group: Notification = {
  ...notification,
  ...{ value: null, threshold: null, tags: {}, owner: 'Mia' },
  members: {
    count: 57,
    endpoints: 57,
    names: list.map(({ endpoint }) => endpoint.name),
    list,
    resolvedCount: 3,
    resolved: list.slice(0, 3),
  },
  links: { acknowledge: 'https://ek.example/act/acknowledge-token', silence: 'https://ek.example/act/silence-token' },
};

const settings: Record<string, Record<string, unknown>> = {
  slack: {},
  teams: {},
  discord: {},
  telegram: { token: '1234:abcdefgh', chat_id: '1' },
  ntfy: { topic: 'ops' },
  gotify: { token: 't' },
  pagerduty: { routing_key: 'k1234567' },
  apprise: { key: 'k' },
};

for (const [kind, own] of Object.entries(settings))
  test(`${kind}: 57 alerts in what its receiver takes, with the count and every link`, async () => {
    await using receiver = await openVendor(kind, 'takes');
    const [route] = createChannels([{ name: 'ops', kind, settings: { ...own, url: receiver.url } }], loopback);
    await route?.channel.send(group, AbortSignal.timeout(5000));
    assert.equal(receiver.faults, []);
    const text = vendorOf(kind)
      .read(receiver.received[0]?.body ?? '')
      .join('\n');
    assert.match(text, /\b57\b/);
    for (const url of [group.url, ...Object.values(group.links ?? {})]) assert.match(text, url);
    assert.match(text, 'Critical: <b>web-0</b>');
  });

test.run();
