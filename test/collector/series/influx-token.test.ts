/**
 * What no InfluxDB 1.6 shows: tokens, no statements that make databases, the errors of 2 and 3. In front of the real server
 * stands one that asks for a token and refuses what their documentation says they refuse; all else is answered by 1.6.
 */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { cpu, minute, noon } from '../../contract/series.ts';
import { influxSuite } from '../../support/influx-store.ts';
import { until } from '../../support/until.ts';

const { test, onServer, used } = influxSuite('influx: token');
const { open, again, rows, counted, admin } = used;
const token = 'a-token';

let server: Server | null = null;
test.after.each(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

/** `takes`: the words of its Authorization header. Databases `made` by people are there, the others are not. */
async function listen(takes: 'Token' | 'Bearer', more: { missing?: () => boolean; statement?: RegExp } = {}) {
  const seen = { headers: new Set<string>(), statements: [] as string[] };
  const basic = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}`;
  const target = new URL(used.server.url);
  server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const say = (status: number, what: object) =>
        void answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(what));
      const { method, url = '', headers } = incoming;
      seen.headers.add(String(headers.authorization));
      if (headers.authorization !== `${takes} ${token}`)
        return say(401, { code: 'unauthorized', message: 'unauthorized access' });
      if (url.startsWith('/query')) {
        const statement = new URLSearchParams(body.toString()).get('q') ?? '';
        seen.statements.push(statement);
        if ((more.statement ?? /^(create|alter|show retention)|into/i).test(statement))
          return say(200, { results: [{ statement_id: 0, error: `not implemented: ${statement.slice(0, 15)}` }] });
      }
      if (url.startsWith('/write') && more.missing?.())
        return say(404, { code: 'not found', message: 'no dbrp mapping found' });
      request(
        { host: target.hostname, port: target.port, method, path: url, headers: { ...headers, authorization: basic } },
        (real) => {
          answer.writeHead(real.statusCode ?? 500, real.headers);
          real.pipe(answer);
        },
      ).end(body);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function makeBuckets(): Promise<void> {
  for (const suffix of ['', '_5m', '_1h']) await used.server.ask(`create database ${used.database}${suffix}`);
}
const byToken = (url: string) => ({ url, token, username: undefined, password: undefined }) as never;

for (const scheme of ['Token', 'Bearer'] as const)
  onServer(
    `by ${scheme}, where nothing is made by statement: stored, rolled up, charted, newest values found`,
    async () => {
      await makeBuckets();
      const { url, seen } = await listen(scheme);
      const opened = await open(byToken(url));
      await opened.append(cpu('one', 1, 42, noon - 30 * minute));
      assert.is(await counted(opened), 1);
      await opened.compact();
      assert.equal(
        (await rows(`select sum_usage_active from ${used.database}_5m.autogen.cpu`)).map(([, sum]) => sum),
        [42],
      );
      assert.is(await counted(opened), 1);
      assert.is(opened.stats().trouble, null);
      const next = await again(byToken(url));
      assert.is(next.latest('one')[0]?.value, 42);
      assert.ok(seen.headers.has(`${scheme} ${token}`));
      assert.not(seen.statements.some((one) => / into /i.test(one)));
    },
  );

onServer('a token that is refused: said in words, and all there once it is put right', async () => {
  await makeBuckets();
  const { url } = await listen('Token');
  const opened = await open({ ...(byToken(url) as object), token: 'another' });
  assert.is(await opened.append(cpu('one', 1, 42, noon - minute)), 'stored');
  await until(() => opened.stats().trouble !== null, 10_000, 'the trouble');
  assert.match(
    String(opened.stats().trouble),
    /refuses the token of series\.token_file: unauthorized access\. .*"_5m"|_5m"/,
  );
  assert.not.match(String(opened.stats().trouble), /another/);
  assert.is(await counted(await again(byToken(url))), 1);
});

onServer('a bucket that is not there: what is to be made, and how long each keeps', async () => {
  await makeBuckets();
  let isMissing = true;
  const { url } = await listen('Token', { missing: () => isMissing });
  const opened = await open({ ...(byToken(url) as object), retention: { raw: 14 * 86_400_000 } });
  await opened.append(cpu('one', 1, 42, noon - minute));
  await until(() => opened.stats().trouble !== null, 10_000, 'the trouble');
  assert.match(
    String(opened.stats().trouble),
    new RegExp(
      `no dbrp mapping found\\. Make these databases there .*: ${used.database} \\(14d\\), ${used.database}_5m \\(90d\\)`,
    ),
  );
  isMissing = false;
  await until(() => opened.stats().trouble === null, 20_000, 'the writing');
  assert.is(await counted(opened), 1);
});

onServer(
  'an endpoint is erased by `delete` where there is no `drop series`; where there is neither, that is said',
  async () => {
    await makeBuckets();
    const { url } = await listen('Token', { statement: /^(create|alter|show retention|drop)/ });
    const opened = await open(byToken(url));
    for (const name of ['one', 'two']) await opened.append(cpu(name, 1, 42, noon - 30 * minute));
    assert.is(await counted(opened), 1);
    await opened.compact();
    await opened.erase('one');
    assert.equal([await counted(opened, 'one'), await counted(opened, 'two')], [0, 1]);
    assert.is((await rows(`select sum_usage_active from ${used.database}_5m..cpu`)).length, 1);
    await opened.close();
    server?.closeAllConnections();
    server?.close();
    const none = await listen('Bearer', { statement: /^(create|alter|show retention|drop|delete)/ });
    const next = await open(byToken(none.url));
    const refused = await next.erase('two').catch((thrown) => thrown);
    assert.is(refused.code, 'SERIES_UNAVAILABLE');
    assert.match(refused.message, /does not do what it is asked: not implemented: delete/);
  },
);

test.run();
