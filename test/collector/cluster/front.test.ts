/** The web server of a collector whose leader is here, at another, gone, or on its way: what a person and a program get. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openFront } from '../../../collector/cluster/front.ts';
import type { Leader } from '../../../collector/cluster/holdings.ts';
import { noLeaderPage } from '../../../collector/cluster/no-leader.ts';
import { openPeers, type Peers } from '../../../collector/cluster/peers.ts';
import { silentLog } from '../../../shared/log.ts';
import { languages } from '../../../shared/words/index.ts';
import { browserMissing, openBrowser } from '../../support/browser.ts';
import { until } from '../../support/processes.ts';

interface Scene {
  /** The leader's own web server, and what it was asked for. */
  leader: Server;
  got: string[];
  onRequest: (asked: IncomingMessage, answer: ServerResponse) => void;
  peers: Peers[];
  front: Awaited<ReturnType<typeof openFront>>;
  now: { ms: number };
  leaderPort: number | null;
  /** The leader is at another collector from here on, at this one, or nowhere. */
  move(to: 'here' | 'there' | null): void;
}
const test = suite<Scene>('cluster: front', {} as Scene);

test.before.each(async (scene) => {
  scene.got = [];
  scene.onRequest = (_, answer) => void answer.end('{"ok":true}');
  scene.leader = createServer((asked, answer) => {
    scene.got.push(`${asked.method} ${asked.url}`);
    scene.onRequest(asked, answer);
  });
  await new Promise<void>((resolve) => scene.leader.listen(0, '127.0.0.1', resolve));
  scene.leaderPort = (scene.leader.address() as AddressInfo).port;
  scene.now = { ms: Date.UTC(2026, 10, 29, 9, 0, 0) };
  const open = (instance: string, leaderPort: () => number | null) =>
    openPeers({
      ...{ host: '127.0.0.1', port: 0, name: null, instance, now: Date.now(), leaderPort, log: silentLog },
      onRelay: () => undefined,
    });
  let where: 'here' | 'there' | null = null;
  const here = await open('here', () => (where === 'here' ? scene.leaderPort : null));
  const there = await open('there', () => scene.leaderPort);
  scene.peers = [here, there];
  const listeners = new Set<(leader: Leader | null) => void>();
  let token = 0;
  let current: Leader | null = null;
  scene.move = (to) => {
    where = to;
    const { known } = to === 'here' ? here : there;
    const member = { name: String(to), instance: String(to), version: '0', ...known };
    current = to === null ? null : { member, token: ++token, isMine: to === 'here' };
    for (const listener of listeners) listener(current);
  };
  scene.front = await openFront({
    ...{ host: '127.0.0.1', port: 0, peers: here, zone: 'Asia/Tokyo', log: silentLog },
    tls: { current: () => null, onChange: () => undefined },
    clock: { now: () => scene.now.ms, monotonic: () => performance.now() },
    isTrusted: () => false,
    metrics: { contentType: 'text/plain', metrics: async () => 'evenkeel_collector_buckets 256\n' },
    mayRead: async (secret) => secret === 'right',
    holdings: {
      leader: () => current,
      onLeader(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  });
});
test.after.each(async ({ leader, peers, front }) => {
  await front.close();
  for (const one of peers) await one.close();
  leader.closeAllConnections();
  await new Promise((resolve) => leader.close(resolve));
});

interface Answered {
  status: number;
  type: string;
  text: string;
  code: string | undefined;
}
/** Without what a client adds by itself: a request is one request. */
const ask = ({ front }: Scene, method: string, path: string, headers: Record<string, string> = {}) =>
  new Promise<Answered>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: front.port, method, path, headers, agent: false }, (given) => {
      let text = '';
      given.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      given.on('error', reject);
      given.on('end', () => {
        const type = String(given.headers['content-type']);
        const code = type.startsWith('application/json') && text.includes('"code"') ? JSON.parse(text).code : undefined;
        resolve({ status: given.statusCode ?? 0, type, text, code });
      });
    });
    sent.on('error', reject);
    sent.end(method === 'POST' ? '{"a":1}' : undefined);
  });
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('without a leader a browser gets a page in its language, and a program the error', async (scene) => {
  const english = await ask(scene, 'GET', '/fleet', browser);
  assert.is(english.status, 503);
  assert.match(english.type, 'text/html');
  assert.match(english.text, 'another takes over');
  assert.match(english.text, /<meta http-equiv="refresh" content="3">/);
  assert.match(english.text, 'Since 18:00:00 (Asia/Tokyo)');
  scene.now.ms += 61_000;
  const japanese = await ask(scene, 'GET', '/fleet', { ...browser, 'accept-language': 'ja-JP,en;q=0.5' });
  assert.match(japanese.text, '<html lang="ja">');
  assert.match(japanese.text, '別のコレクターが引き継いでいます');
  assert.match(japanese.text, '18:00:00');
  assert.match(japanese.text, '通常より時間がかかっています', 'after a minute it says whom to ask');
  for (const headers of [{ accept: 'application/json' }, { accept: '*/*' }, {}] as Record<string, string>[])
    assert.is((await ask(scene, 'GET', '/api/v1/endpoints', headers)).code, 'NO_LEADER');
  assert.is((await ask(scene, 'GET', '/api/v1/endpoints', browser)).code, 'NO_LEADER');
  assert.is((await ask(scene, 'POST', '/api/v1/tickets')).code, 'NO_LEADER');
  // Whoever is answered again starts afresh.
  scene.move('here');
  assert.is((await ask(scene, 'GET', '/fleet', browser)).status, 200);
  scene.now.ms += 3_600_000;
  scene.move(null);
  assert.match((await ask(scene, 'GET', '/fleet', browser)).text, 'Since 19:01:01');
});

for (const where of ['here', 'there'] as const) {
  test(`a change is done once, or it is said that nobody knows: the leader is ${where}`, async (scene) => {
    scene.move(where);
    assert.is((await ask(scene, 'POST', '/api/v1/tickets')).status, 200);
    assert.equal(scene.got, ['POST /api/v1/tickets']);
    // It was read, and perhaps done, when the connection broke.
    scene.onRequest = (asked) => void asked.socket.destroy();
    assert.is((await ask(scene, 'POST', '/api/v1/tickets')).code, 'CHANGE_UNKNOWN');
    assert.is(scene.got.length, 2, 'it is not sent again by itself');
    assert.is((await ask(scene, 'GET', '/api/v1/tickets')).code, 'NO_LEADER');
    const form = await ask(scene, 'POST', '/act/abc', browser);
    assert.is(form.status, 504);
    assert.match(form.text, 'It is not known whether this was saved');
    // Nobody listens there any more: it never came.
    const before = scene.got.length;
    scene.leader.closeAllConnections();
    await new Promise((resolve) => scene.leader.close(resolve));
    assert.is((await ask(scene, 'POST', '/api/v1/tickets')).code, 'NO_LEADER');
    scene.leaderPort = null;
    assert.is((await ask(scene, 'POST', '/api/v1/tickets')).code, 'NO_LEADER');
    assert.is(scene.got.length, before);
  });

  test(`a leader that stands still is left when it moves: it was ${where}`, async (scene) => {
    scene.move(where);
    scene.onRequest = () => undefined;
    const waiting = [ask(scene, 'POST', '/api/v1/tickets'), ask(scene, 'GET', '/api/v1/endpoints')] as const;
    await until(() => scene.got.length === 2, 5000, 'both at the leader');
    scene.move(where === 'here' ? 'there' : 'here');
    assert.equal(
      (await Promise.all(waiting)).map(({ code }) => code),
      ['CHANGE_UNKNOWN', 'NO_LEADER'],
    );
  });
}

test('its own metrics are there without a leader, for whoever has a token', async (scene) => {
  assert.is((await ask(scene, 'GET', '/metrics/collector')).code, 'NOT_LOGGED_IN');
  assert.is((await ask(scene, 'GET', '/metrics/collector', { authorization: 'Bearer wrong' })).status, 401);
  const { status, text } = await ask(scene, 'GET', '/metrics/collector', { authorization: 'Bearer right' });
  assert.equal([status, text], [200, 'evenkeel_collector_buckets 256\n']);
});

test('a stream of changes ends with its leader, so that the page asks the next one', async (scene) => {
  scene.move('there');
  scene.onRequest = (_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    answer.write('data: {}\n\n');
  };
  const stream = ask(scene, 'GET', '/api/v1/events').then(
    () => 'ended',
    () => 'cut',
  );
  await until(() => scene.got.length === 1, 5000, 'the stream');
  scene.move('here');
  assert.is(await stream, 'cut');
});

const shots = process.env.EVENKEEL_TEST_PICTURES;
const missing = browserMissing();
if (missing) console.log(`\nSKIP chromium: ${missing}`);
(missing ? test.skip : test)(
  'the page asks again by itself, and gives way to the page that was wanted',
  async (scene) => {
    const { page, close } = await openBrowser();
    try {
      for (const [language, colorScheme, width] of [
        ['en', 'light', 1280],
        ['ja', 'dark', 390],
      ] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await page.goto(`http://127.0.0.1:${scene.front.port}/fleet`);
        // As the web app keeps it; the page then asks again by itself.
        await page.evaluate((chosen) => localStorage.setItem('evenkeel.language', chosen), language);
        await page.locator(`main[lang=${language}] h1`).waitFor();
        assert.is(await page.locator('h1:visible').count(), 1);
        if (shots) await page.screenshot({ path: `${shots}/no-leader-${language}-${width}-${colorScheme}.png` });
        assert.is(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
      }
      scene.onRequest = (_, answer) => void answer.setHeader('content-type', 'text/html').end('<h1>Fleet</h1>');
      scene.move('here');
      await page.waitForSelector('text=Fleet');
      assert.match(page.url(), /\/fleet$/);
    } finally {
      await close();
    }
  },
);

test('every language has the whole page', () => {
  for (const language of languages) {
    const page = noLeaderPage('NO_LEADER', language, { since: 0, now: 0, zone: 'UTC' });
    assert.not.match(page, /noLeader\.|problem\.|\{\{/);
  }
});

test.run();
