/** Messages about real targets: what was seen, where, by how many, and which services are down by it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyText, headline } from '../../../collector/notify/notification-text.ts';
import type { Alert } from '../../../shared/api.ts';
import type { TargetFinding } from '../../../shared/finding.ts';
import type { AlertAnswer } from '../../../shared/suppression.ts';
import type { ServiceRow, TargetRow } from '../../../shared/target-api.ts';
import { findingText, seenText, votesText } from '../../../shared/words/finding.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/until.ts';
import { notification, openReceiver } from '../notify/receiver.ts';

const test = suite('messages about targets');

async function open(status: () => number): Promise<Server & { port: number } & AsyncDisposable> {
  const server = createServer((_, answer) => answer.writeHead(status()).end('fine'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(server, { port, [Symbol.asyncDispose]: () => close(server) });
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}

async function add<T>(collector: InProcess, path: string, body: object): Promise<T> {
  const made = await collector.call(`/api/v1/${path}`, { method: 'POST', body, as: 'operator' });
  assert.is(made.status, 201, made.text);
  return made.body as T;
}

const settingsFor = (url: string) =>
  [
    'targets: { allow: [127.0.0.1] }',
    'outgoing: { allow: [127.0.0.1] }',
    // Longer than services take to follow their parts.
    'notify: { wait: 8s }',
    'channels:',
    `  - { name: en, kind: http, url: "${url}/en", format: text, body: "{title} ::: {text}" }`,
    `  - { name: ja, kind: http, url: "${url}/ja", format: text, body: "{title} ::: {text}", language: ja }`,
    '',
  ].join('\n');

test('two targets of a site and a service that needs one of them', async () => {
  await using receiver = await openReceiver(() => [204]);
  await using collector = await openCollector({ settings: settingsFor(receiver.url) });
  let status = 200;
  await using shop = await open(() => status);
  await using port = await open(() => 200);
  const common = { intervalS: 10, timeoutS: 2, site: 'Berlin' };
  const web = await add<TargetRow>(collector, 'targets', {
    ...{ name: 'web', kind: 'http', ...common },
    settings: { url: `http://127.0.0.1:${shop.port}/pay?token=geheim`, status: '200' },
  });
  const tcp = { name: 'port', kind: 'tcp', settings: { host: '127.0.0.1', port: port.port }, ...common };
  const other = await add<TargetRow>(collector, 'targets', tcp);
  const service = await add<ServiceRow>(collector, 'services', {
    ...{ name: 'Shop', note: '', parts: [web.id, other.id], need: 2 },
  });
  for (const name of ['mail', 'relay']) await add(collector, 'targets', { ...tcp, name, site: 'Osaka' });
  const rows = async () =>
    ((await collector.call('/api/v1/targets', { as: 'viewer' })).body as { items: TargetRow[] }).items;
  await until(async () => (await rows()).every(({ state }) => state === 'up'), 8000, 'both to be up');
  status = 503;
  await close(port);
  const said = (path: string) => receiver.received.filter((one) => one.path === path).map(({ body }) => body);
  const isSaid = (path: string) => ['503', 'relay'].every((what) => said(path).some((text) => text.includes(what)));
  await until(() => isSaid('/en') && isSaid('/ja'), 30_000, 'the messages');
  const all = said('/en').join('\n');
  // Of the service the parts; of the two that belong to none both, as targets.
  const address = `127.0.0.1:${port.port}`;
  const ofShop = said('/en').find((text) => text.includes('503')) ?? '';
  assert.match(ofShop, 'Critical: Shop – Service does not work for its users: Down: ');
  assert.match(ofShop, `web (HTTP 503, expected 200, http://127.0.0.1:${shop.port}/pay?…)`);
  assert.match(ofShop, `port (Connection refused, ${address})`);
  assert.match(ofShop, 'Works while: 2 of 2 parts work');
  const ofSite = said('/en').find((text) => text.includes('relay')) ?? '';
  assert.match(ofSite, 'Target does not answer as it should: 2 targets (');
  assert.match(ofSite, 'Site: Osaka');
  const seen = (name: string) =>
    `Critical: ${name} – Target does not answer as it should: Connection refused (${address}, its only watcher says so)`;
  for (const name of ['mail', 'relay']) assert.match(ofSite, seen(name));
  assert.not.match(all, 'Yes');
  assert.not.match(all, 'geheim');
  assert.not.match(all, /\d endpoints?\b/);
  const japanese = said('/ja').join('\n');
  assert.match(japanese, 'HTTP 503 (期待値 200)');
  assert.match(japanese, /監視対象\s2\s件/);

  const alerts = async () =>
    ((await collector.call('/api/v1/alerts', { as: 'viewer' })).body as { items: Alert[] }).items;
  const page = async (endpoint: string) => {
    const one = (await alerts()).find((alert) => alert.endpoint.id === endpoint);
    return (await collector.call(`/api/v1/alerts/${one?.id}`, { as: 'viewer' })).body as AlertAnswer;
  };
  const { finding } = await page(web.id);
  assert.equal(finding, {
    ...{ of: 'target', kind: 'http', address: `http://127.0.0.1:${shop.port}/pay?…`, result: 'wrong_status' },
    ...{ status: 503, expected: '200', votes: 1, down: 1, services: ['Shop'] },
  });
  const ofService = (await page(service.id)).finding;
  assert.equal(
    ofService?.of === 'service' && ofService.down.map(({ name, finding: of }) => [name, of?.result]).sort(),
    [
      ['port', 'refused'],
      ['web', 'wrong_status'],
    ],
  );

  // Back: what it was is still said on the page of the alert.
  status = 200;
  await until(
    async () => (await alerts()).some((one) => one.endpoint.id === web.id && one.state === 'resolved'),
    20_000,
    'the end',
  );
  const was = (await page(web.id)).finding;
  assert.equal(was?.of === 'target' && [was.result, was.status, was.votes, was.down], ['wrong_status', 503, 1, 1]);
});

const finding: TargetFinding = {
  ...{ of: 'target', kind: 'tcp', address: 'db.example.org:5432', result: 'refused' },
  ...{ votes: 3, down: 2, services: ['Shop', 'Mail'] },
};
const ofTarget = {
  ...notification,
  ...{ rule: { id: 'target-down' }, metric: 'target.down', unit: 'bool', value: 1, threshold: 1, tags: {}, finding },
  endpoint: { id: 't1', name: 'db', kind: 'target', site: 'Köln' },
};

test('one target: what, where, by how many, and what is down by it', () => {
  assert.is(headline(ofTarget, 'en'), 'Critical: db – Target does not answer as it should: Connection refused');
  const lines = bodyText(ofTarget, 'en').split('\n');
  assert.equal(lines.slice(2, 8), [
    'Target: db (TCP port)',
    'Site: Köln',
    'What: Target does not answer as it should',
    'Seen: Connection refused (2 of 3 watchers say so)',
    'Address: db.example.org:5432',
    'Services down by it: Shop, Mail',
  ]);
  assert.not.match(lines.join('\n'), /Value|Endpoint/);
  const japanese = bodyText(ofTarget, 'ja');
  for (const text of ['\n監視対象: db', 'か所がそう判定', '\nこれにより停止中のサービス: Shop'])
    assert.match(japanese, text);
});

test('when it has ended, it is not said to be what is seen now', () => {
  const over = { ...ofTarget, event: 'resolved' as const, endedAt: ofTarget.startedAt + 60_000 };
  assert.is(headline(over, 'en'), 'Resolved: db – Target does not answer as it should');
  assert.not.match(bodyText(over, 'en'), /Seen|refused|down by it/);
  assert.match(bodyText(over, 'en'), 'Address: db.example.org:5432');
});

test('words, certificates, votes', () => {
  const seen = (more: Partial<TargetFinding>) => seenText('en', { ...finding, ...more });
  assert.is(seen({ result: 'wrong_status', status: 503, expected: '200-299' }), 'HTTP 503, expected 200-299');
  assert.is(seen({ result: 'words_missing', expected: 'Welcome' }), 'Expected words are missing: “Welcome”');
  assert.is(
    seen({ result: 'bad_certificate', daysLeft: -3.2 }),
    'Certificate is not valid (certificate expired 3 days ago)',
  );
  const certificate = (daysLeft: number) => findingText('en', 'target.certificate_days', { ...finding, daysLeft });
  assert.is(certificate(3.9), 'certificate expires in 3 days');
  assert.is(certificate(0.4), 'certificate expires within a day');
  assert.is(findingText('en', 'target.time_ms', finding), null, 'its value says more');
  assert.is(votesText('en', { votes: 1, down: 1 }), 'its only watcher says so');
});

test('targets and services are counted as what they are', () => {
  const members = (counts: object) =>
    headline(
      {
        ...ofTarget,
        ...{ value: null, endpoint: { id: '', name: 'Köln', kind: 'site', site: 'Köln' } },
        members: {
          count: 3,
          endpoints: 3,
          names: ['a', 'b', 'c'],
          list: [],
          resolvedCount: 0,
          resolved: [],
          ...counts,
        },
      },
      'en',
    );
  assert.match(members({ targets: 3 }), ': 3 targets (a, b, c)');
  assert.match(members({ targets: 1, services: 1 }), ': 1 endpoint, 1 target, 1 service (a, b, c)');
  assert.match(members({}), ': 3 endpoints (a, b, c)');
});

test.run();
