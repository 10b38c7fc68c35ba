/** What InfluxDB does not take as it came: names and values made fit for it, and points that are put aside with a reason. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { safeTags, safeValue } from '../../../collector/series/influx/points.ts';
import { arrival, clockAt, cpu, hour, metric, minute, noon } from '../../contract/series.ts';
import { influxSuite } from '../../support/influx-store.ts';
import { until } from '../../support/until.ts';

const { test, onServer, used } = influxSuite('influx: refused');
const { open, rows, counted, admin } = used;

let proxy: Server | null = null;
test.after.each(() => void proxy?.close());

/** Somebody else's points in the raw policy, as line protocol. */
async function writeLines(lines: string): Promise<void> {
  const { status } = await fetch(`${used.server.url}/write?db=${used.database}&rp=evenkeel_raw&precision=ms`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}` },
    body: lines,
  });
  assert.is(status, 204);
}

/** In front of the real server: takes bodies up to so many bytes, as proxies do. Counts what goes through. */
async function listen(maxBytes = Number.POSITIVE_INFINITY) {
  const seen = { writes: 0, tooLarge: 0 };
  const target = new URL(used.server.url);
  proxy = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      if (body.length > maxBytes) {
        seen.tooLarge += 1;
        answer.writeHead(413, { 'content-type': 'text/html' }).end('<html>413 Request Entity Too Large</html>');
        return;
      }
      if (incoming.url?.startsWith('/write')) seen.writes += 1;
      const { method, url: path, headers } = incoming;
      request({ host: target.hostname, port: target.port, method, path, headers }, (real) => {
        answer.writeHead(real.statusCode ?? 500, real.headers);
        real.pipe(answer);
      }).end(body);
    });
  });
  await new Promise<void>((resolve) => proxy?.listen(0, '127.0.0.1', resolve));
  return { seen, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
}

const aside = () => {
  const file = join(used.folder, 'quarantine', 'influx.ndjson');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return lines.map((line) => JSON.parse(line) as Record<string, unknown> & { reason: string; tags: { host: string } });
};

onServer('a field that is text there already: its values are put aside, all other fields are stored', async () => {
  const { url, seen } = await listen();
  const opened = await open({ url });
  await opened.append(cpu('one', 1, 1, noon - minute));
  assert.is(await counted(opened), 1);
  await writeLines(`disk,endpoint=one,host=one used_percent="full" ${noon}`);
  seen.writes = 0;
  for (let seq = 2; seq <= 400; seq++) {
    const at = noon - seq * minute;
    const report = arrival('one', seq, [
      metric('cpu', { usage_active: seq }, at, { cpu: 'cpu-total' }),
      metric('disk', { used_percent: seq, used: seq }, at, { path: '/' }),
    ]);
    void opened.append(report);
  }
  await opened.append(arrival('one', 401, [metric('disk', { used_percent: 5 }, noon - minute, { path: '/' })]));
  assert.is(await counted(opened), 400);
  assert.equal(opened.stats().trouble, null);
  const [[, stored] = []] = await rows(`select count(used) from ${used.database}.evenkeel_raw.disk`);
  assert.is(stored, 399);
  assert.is(opened.stats().quarantined, 400);
  const put = aside();
  assert.is(put.length, 400);
  assert.match(put[0]?.reason ?? '', /field type conflict.*used_percent.*already exists as type string/);
  assert.equal([put[0]?.measurement, put[0]?.fields, put[0]?.tags.host], ['disk', { used_percent: 2 }, 'one']);
  assert.is(put[0]?.time, new Date(noon - 2 * minute).toISOString());
  // Not two for each bad point.
  assert.ok(seen.writes < 100, `${seen.writes} requests`);
});

onServer('two fields at odds in one batch: each is found, and nothing else is put aside', async () => {
  const opened = await open();
  await opened.append(cpu('one', 1, 1, noon - minute));
  assert.is(await counted(opened), 1);
  await writeLines(`disk,endpoint=one used_percent="full" ${noon}\nmem,endpoint=one used=true ${noon}`);
  for (let seq = 2; seq <= 61; seq++) {
    const at = noon - seq * minute;
    const odd = seq % 3 === 0 ? [metric('mem', { used: seq, free: seq }, at)] : [];
    const report = [metric('cpu', { usage_active: seq }, at), metric('disk', { used_percent: seq }, at), ...odd];
    void opened.append(arrival('one', seq, report));
  }
  await opened.append(cpu('one', 62, 1, noon - 62 * minute));
  assert.is(await counted(opened), 62);
  const [[, free] = []] = await rows(`select count(free) from ${used.database}.evenkeel_raw.mem`);
  assert.is(free, 20);
  assert.is(opened.stats().quarantined, 80);
  assert.equal(new Set(aside().map(({ measurement }) => measurement)), new Set(['disk', 'mem']));
});

onServer('older than InfluxDB keeps by its own clock: put aside by their time, the newer ones are stored', async () => {
  // The collector's clock is ten days behind that of InfluxDB.
  const day = 24 * hour;
  const keeps = 30 * day;
  const now = Date.now();
  const opened = await open({ retention: { raw: keeps, '5m': 3 * keeps, '1h': 3 * keeps } }, clockAt(now - 10 * day));
  // It takes older ones into a shard that is there already: a day is one.
  for (let seq = 1; seq <= 10; seq++)
    void opened.append(cpu('one', seq, seq, now - keeps + (seq - 5.5) * day + Math.sign(seq - 5.5) * day));
  await opened.append(cpu('one', 11, 11, now - 11 * day));
  await until(() => opened.stats().quarantined === 5, 10_000, 'what it refuses');
  const { quarantined } = opened.stats();
  const [[, stored] = []] = await rows(`select count(usage_active) from ${used.database}.evenkeel_raw.cpu`);
  assert.equal([stored, quarantined], [6, 5]);
  assert.equal(
    aside().map(({ fields }) => fields),
    [1, 2, 3, 4, 5].map((n) => ({ usage_active: n })),
  );
});

onServer('a proxy that takes small requests only: everything is stored, in smaller ones', async () => {
  const { url, seen } = await listen(10_000);
  const opened = await open({ url });
  for (let seq = 1; seq < 300; seq++) void opened.append(cpu('one', seq, seq, noon - seq * minute));
  await opened.append(cpu('one', 300, 300, noon - 300 * minute));
  assert.is(await counted(opened), 300);
  assert.ok(seen.tooLarge > 0);
  assert.is(opened.stats().quarantined, 0);
});

onServer('a proxy that takes none: said in words, and all there once it is put right', async () => {
  const { url } = await listen(150);
  const opened = await open({ url });
  const report = arrival('one', 1, [metric('cpu', { usage_active: 1 }, noon - minute, { cpu: 'c'.repeat(200) })]);
  await opened.append(report);
  await until(() => opened.stats().trouble !== null, 10_000, 'the trouble');
  assert.match(String(opened.stats().trouble), /no request of this size/);
  assert.is(opened.stats().quarantined, 0);
  assert.is(await counted(await used.again()), 1);
});

onServer('whatever a tag holds, no line is refused, none forges another, and charts show it as it came', async () => {
  const opened = await open();
  const alphabet = ['\\', "'", ',', ' ', '=', '"', 'a', '\n'];
  const pairs = alphabet.flatMap((first) => ['', ...alphabet].map((second) => first + second));
  const triples = alphabet.flatMap((last) => [`\\'${last}`, `\\ ${last}`, `"\\${last}`]);
  const nasty = ['x\ny v=1', '\ud800', '\u007f\t', '日本語', '\\\\n\\', 'C:\\Mail\'s, "new" =\\', ...pairs, ...triples];
  const bySafe = new Map(nasty.map((path) => [safeValue(path), path]));
  // The last of those that become the same is the one that is sent.
  const sent = [...bySafe.values()];
  const metrics = sent.map((path, i) => metric('disk', { used_percent: i }, noon - minute, { path, host: path }));
  await opened.append(arrival('one', 1, metrics));
  const ask = { endpoint: 'one', metrics: ['disk.used_percent'], from: noon - hour, to: noon, agg: 'max' as const };
  const { series } = await opened.query(ask);
  assert.is(opened.stats().quarantined, 0);
  assert.equal(series.map(({ tags }) => tags.path).sort(), sent.toSorted());
  assert.equal(await rows(`show measurements on ${used.database}`), [['disk']]);
  for (const path of sent.filter((one) => one.length > 2)) {
    const one = (await opened.query({ ...ask, tags: { path } })).series;
    assert.equal(
      one.map(({ tags }) => tags.path),
      [path],
    );
  }
});

test('tags: what is left of them', () => {
  assert.equal(safeTags({ a: 'x\\\\', b: '\\', c: 'a\nb', host: 'h', time: 't', d: "C:\\'s" }), {
    a: 'x',
    c: 'a\ufffdb',
    host_: 'h',
    time_: 't',
    d: "C:'s",
  });
});

test.run();
