/** A mirror on a real series store, and receivers that do everything wrong that one can do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MirrorSettings } from '../../../collector/mirrors/mirror.ts';
import { createMirrors, type Mirrors } from '../../../collector/mirrors/mirrors.ts';
import { snappyLiterals, varint } from '../../../collector/mirrors/snappy.ts';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import type { OpenedStore } from '../../../collector/series/store.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { epochOf } from '../../support/station.ts';
import { until } from '../../support/until.ts';

const test = suite('mirror');
type Serve = (body: string, response: ServerResponse, request: IncomingMessage) => void;
const closers: (() => unknown)[] = [];
test.after.each(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function receiver(serve: Serve): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => serve(Buffer.concat(chunks).toString(), response, request));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/write`;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-mirror-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(url: string, more: Partial<MirrorSettings> = {}, folder = newFolder()) {
  const settings = { name: 'one', kind: 'line_protocol', url, authorization: null, tenant: null, keepBytes: 1e6 };
  const mirrors = createMirrors({
    ...{ settings: [{ ...settings, ...more }], file: join(folder, 'mirrors.db'), clock: systemClock, log: silentLog },
    ownerOf: (id) => ({ id, name: `name of ${id}`, kind: 'server', site: null }),
    ...{ everyMs: 20, retryMs: [10, 40] as const, deadlineMs: 300 },
  });
  const store = await openEmbedded({ folder, clock: systemClock, log: silentLog, commitEveryMs: 1, tap: mirrors.tap });
  closers.push(() => store.close());
  return { store, mirrors };
}

let seq = 0;
/** One report with a value for each disk. */
async function report(store: OpenedStore, disks: readonly string[], endpoint = 'e1') {
  const at = Date.now();
  const metrics = disks.map((path) => ({
    ...{ name: 'disk', tags: { path }, fields: { used_percent: 50 }, timestamp: at },
  }));
  seq += 1;
  const made = { v: 1, epoch: epochOf(1), seq, at, interval_s: 10, metrics } as const;
  await store.append({ endpoint, receivedAt: at, report: made, digest: seq });
}
const view = (mirrors: Mirrors) => mirrors.view()[0] as ReturnType<Mirrors['view']>[number];
const troubled = (mirrors: Mirrors, words: RegExp) =>
  until(() => words.test(view(mirrors).trouble ?? ''), 5000, `trouble like ${words}, not ${view(mirrors).trouble}`);

test('what is wrong with the receiver or its address is said, and all of it waits until it is mended', async () => {
  let answer: Serve = (_, response) => response.writeHead(204).end();
  const taken: string[] = [];
  const url = await receiver((body, response, request) => answer(body, response, request));
  const { store, mirrors } = await opened(url, { authorization: 'Token abc' });
  const wrong: [serve: Serve, words: RegExp][] = [
    [(_, response) => response.writeHead(401).end('{"error":"authorization failed"}'), /refuses the log-in \(HTTP 401/],
    [
      (_, response) => response.writeHead(404).end('database not found'),
      /takes samples \(HTTP 404: database not found\)/,
    ],
    [
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      /it redirects to http:\/\/169/,
    ],
    [() => undefined, /no answer within 0.3 s/],
    [(_, response) => response.writeHead(503).end('later'), /HTTP 503: later/],
    [(_, response) => void response.writeHead(500, { 'content-length': 9 }).flushHeaders(), /no answer within 0.3 s/],
    [(_, response) => response.destroy(), /hang up|reset/],
  ];
  for (const [serve, words] of wrong) {
    answer = serve;
    await report(store, ['/']);
    await troubled(mirrors, words);
  }
  answer = (body, response, { headers }) => {
    assert.is(headers.authorization, 'Token abc');
    taken.push(body);
    response.writeHead(204).end();
  };
  await until(() => view(mirrors).waitingBytes === 0, 5000, 'all to be sent');
  assert.equal([view(mirrors).sent, view(mirrors).lost, view(mirrors).trouble], [wrong.length, {}, null]);
  const [line = ''] = taken.join('').split('\n');
  assert.match(line, /^disk,path=\/,host=name\\ of\\ e1,endpoint=e1 used_percent=50 \d{13}$/);
});

test('a sample that is refused is found by halves and counted, the others arrive; so with a request that is too large', async () => {
  const taken = new Set<string>();
  const url = await receiver((body, response) => {
    const lines = body.trim().split('\n');
    if (lines.length > 50) return response.writeHead(413).end();
    if (body.includes('bad')) return response.writeHead(400).end('unable to parse');
    for (const line of lines) taken.add(line);
    return response.writeHead(204).end();
  });
  const { store, mirrors } = await opened(url);
  const disks = Array.from({ length: 300 }, (_, n) => (n === 0 || n === 222 ? `/bad${n}` : `/d${n}`));
  for (let n = 0; n < disks.length; n += 30) await report(store, disks.slice(n, n + 30));
  await until(() => view(mirrors).waitingBytes === 0, 5000, 'all to be sent');
  assert.is(taken.size, 298);
  assert.equal([view(mirrors).sent, view(mirrors).lost], [298, { refused: 2 }]);
});

test('a partial write of InfluxDB counts what it says; one that refuses everything loses nothing', async () => {
  const partly = await receiver((_, response) =>
    response.writeHead(400).end('{"error":"partial write: points beyond retention policy dropped=1"}'),
  );
  const first = await opened(partly);
  await report(first.store, ['/a', '/b', '/c']);
  await until(() => view(first.mirrors).waitingBytes === 0, 5000, 'the answer');
  assert.equal([view(first.mirrors).sent, view(first.mirrors).lost], [2, { too_old: 1 }]);

  const nothing = await receiver((_, response) => response.writeHead(400).end('what is this?'));
  const second = await opened(nothing);
  await report(
    second.store,
    Array.from({ length: 100 }, (_, n) => `/d${n}`),
  );
  await troubled(second.mirrors, /it refuses all that it is sent \(HTTP 400: what is this\?\)/);
  assert.ok(view(second.mirrors).waitingBytes > 0);
});

test('where clouds hand out credentials nothing is sent, by name or number', async () => {
  const { store, mirrors } = await opened('http://169.254.169.254/write');
  await report(store, ['/']);
  await troubled(mirrors, /169\.254\.169\.254/);
  assert.is(view(mirrors).sent, 0);
});

test('one that is away holds nothing up: its oldest is given up, counted, and an alert begins and ends', async () => {
  let isAway = true;
  const url = await receiver((_, response) => response.writeHead(isAway ? 503 : 204).end());
  const { store, mirrors } = await opened(url, { keepBytes: 20_000 });
  const raised: [boolean, string][] = [];
  const alerts = {
    own: async (_: unknown, { mirror = '' }: Readonly<Record<string, string>>, isBad: boolean) =>
      void raised.push([isBad, mirror]),
    ownTags: () => [{ mirror: 'taken out of the settings' }],
  };
  const registry = new Registry();
  closers.push(mirrors.start({ registry, alerts: alerts as never, endpoints: () => [] }));
  await until(() => raised.length > 0, 5000, 'a look');
  assert.equal(raised.slice(0, 2), [
    [false, 'one'],
    [false, 'taken out of the settings'],
  ]);
  const disks = Array.from({ length: 50 }, (_, n) => `/d${n}`);
  for (let n = 0; n < 60; n++) await report(store, disks);
  await store.compact();
  await until(() => (view(mirrors).lost.full ?? 0) > 0, 5000, 'the bound');
  assert.ok(view(mirrors).waitingBytes <= 20_000);
  await until(() => raised.some(([isBad]) => isBad), 5000, 'the alert');
  const text = await registry.metrics();
  assert.match(text, /evenkeel_mirror_lost_samples_total\{mirror="one",reason="full"\} \d+/);
  assert.match(text, /evenkeel_mirror_trouble\{mirror="one"\} 1/);
  isAway = false;
  await until(() => view(mirrors).waitingBytes === 0, 5000, 'the rest');
  assert.is(view(mirrors).sent + (view(mirrors).lost.full ?? 0), 60 * 50);
});

test('what waits at the end of the collector is sent after its next start, once', async () => {
  let isAway = true;
  const taken: string[] = [];
  const url = await receiver((body, response) => {
    if (!isAway) taken.push(...body.trim().split('\n'));
    response.writeHead(isAway ? 503 : 204).end();
  });
  const folder = newFolder();
  const first = await opened(url, {}, folder);
  for (const path of ['/a', '/b', '/c']) await report(first.store, [path]);
  await troubled(first.mirrors, /503/);
  await first.store.close();
  isAway = false;
  const { store, mirrors } = await opened(url, {}, folder);
  await report(store, ['/d']);
  await until(() => taken.length >= 4 && view(mirrors).waitingBytes === 0, 5000, 'all four');
  assert.equal(
    taken.map((line) => /path=(.*?),/.exec(line)?.[1]),
    ['/a', '/b', '/c', '/d'],
  );
});

test('snappy: the length before, then literals of at most 64 KB with theirs', () => {
  assert.equal([...varint(0)], [0]);
  assert.equal([...varint(300)], [172, 2]);
  assert.equal([...varint(2 ** 40)], [128, 128, 128, 128, 128, 32]);
  const bytes = Buffer.alloc(70_000, 7);
  const packed = snappyLiterals(bytes);
  assert.equal([...packed.subarray(0, 6)], [...varint(70_000), 244, 255, 255]);
  assert.equal(
    [...packed.subarray(6 + 65_536, 9 + 65_536)],
    [244, (70_000 - 65_536 - 1) & 255, (70_000 - 65_536 - 1) >> 8],
  );
  assert.is(packed.length, 3 + 3 + 65_536 + 3 + (70_000 - 65_536));
});

test.run();
