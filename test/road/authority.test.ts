/** A collector behind an authority of one's own, as README.md says it: real collector, real agent, no shared trust. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pinOf } from '../../collector/tls/certificates.ts';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { decodeJoinCode, encodeJoinCode } from '../../shared/join-code.ts';
import { startAgent } from '../support/agent.ts';
import { makeAuthority } from '../support/authority.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('authority');
const folder = temporaryFolder();
const own = makeAuthority(folder.path);
const other = makeAuthority(folder.path, 'other');
let collectors = 0;

test.after(() => folder.remove());

/** Asks the collector as somebody who knows its authority. */
function ask(collector: RunningCollector, path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${collector.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const ca = readFileSync(own?.ca ?? '');
    const asked = request(collector.http + path, { ca, headers, method: body ? 'POST' : 'GET' }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

/** Starts a collector with these `tls` settings, and makes a code for as many machines as anybody here wants to be. */
async function withCollector(
  tls: string,
  work: (parts: { collector: RunningCollector; made: NewEnrollment; home: string }) => Promise<void>,
) {
  const home = join(folder.path, `collector-${++collectors}`);
  mkdirSync(home);
  writeFileSync(join(home, 'evenkeel.yaml'), `tls: ${tls}\n`);
  const collector = await startCollector(join(home, 'data'), ['--config', join(home, 'evenkeel.yaml')]);
  try {
    const made = JSON.parse(await ask(collector, '/api/v1/enrollments', { maxUses: 9 })) as NewEnrollment;
    await work({ collector, made, home });
  } finally {
    collector.child.kill('SIGTERM');
    await collector.ended;
  }
}

const enroll = (home: string, code: string, ...words: string[]) =>
  startAgent(['enroll', code, ...words, '--data', join(home, 'agent')]).finished;

const skip = () => console.log('\nSKIP openssl: it is needed to make certificates');

test('an authority from outside: the code carries its pin; with another pin it is refused, and later runs report', async () => {
  if (!own || !other) return skip();
  const settings = `{ cert: "${own.cert}", key: "${own.key}", ca: "${own.ca}" }`;
  await withCollector(settings, async ({ collector, made, home }) => {
    assert.match(made.lines.source, /^echo EK2-\S+ \| npm run agent -- enroll -$/);
    assert.match(made.lines.linux, / -fsSk --proto '=https' --pinnedpubkey 'sha256\/\//);
    const { pins = [], ...bare } = decodeJoinCode(made.code);
    assert.is(pins.length, 1);
    const plain = await enroll(home, encodeJoinCode(bare));
    assert.is(plain.code, 1);
    assert.match(plain.stderr, 'authority that is not known here');
    const foreign = pinOf(readFileSync(other.ca, 'utf8'));
    const wrong = await enroll(home, encodeJoinCode({ ...bare, pins: [foreign] }));
    assert.is(wrong.code, 3);
    assert.ok(wrong.stderr.includes(foreign) && wrong.stderr.includes(pins[0] as string), wrong.stderr);
    const noFile = await enroll(home, made.code, '--ca', join(home, 'none.crt'));
    assert.match(noFile.stderr, /none\.crt cannot be read/);
    const noCertificate = await enroll(home, made.code, '--ca', join(home, 'evenkeel.yaml'));
    assert.is(noCertificate.code, 2);
    assert.match(noCertificate.stderr, /not a certificate in PEM form/);
    const done = await enroll(home, made.code);
    assert.is(done.code, 0, done.stderr);
    await reports(collector, home);
  });
});

test('a collector that names no authority itself: the file is kept for MQTT, too', async () => {
  if (!own) return skip();
  await withCollector(`{ cert: "${own.cert}", key: "${own.key}" }`, async ({ collector, made, home }) => {
    assert.is(decodeJoinCode(made.code).pins, undefined);
    const wrong = await enroll(home, made.code, '--ca', other?.ca ?? '');
    assert.is(wrong.code, 1);
    assert.match(wrong.stderr, 'not come from the authority in the file');
    assert.match(await ask(collector, '/api/v1/ca'), 'NOT_FOUND');
    const done = await enroll(home, made.code, '--ca', own.ca);
    assert.is(done.code, 0, done.stderr);
    await reports(collector, home);
  });
});

test('a certificate for another name: it says which, and how to go on', async () => {
  const elsewhere = makeAuthority(folder.path, 'elsewhere', 'DNS:keel.example.net');
  if (!elsewhere) return skip();
  const settings = `{ cert: "${elsewhere.cert}", key: "${elsewhere.key}", ca: "${elsewhere.ca}" }`;
  const home = join(folder.path, 'elsewhere');
  mkdirSync(home);
  writeFileSync(join(home, 'evenkeel.yaml'), `tls: ${settings}\n`);
  const collector = await startCollector(join(home, 'data'), ['--config', join(home, 'evenkeel.yaml')]);
  try {
    const pins = [pinOf(readFileSync(elsewhere.ca, 'utf8'))];
    const done = await enroll(home, encodeJoinCode({ url: collector.http, secret: 'any', pins }));
    assert.is(done.code, 1);
    assert.match(done.stderr, /keel\.example\.net[\s\S]*--collector https:/);
  } finally {
    collector.child.kill('SIGTERM');
    await collector.ended;
  }
});

async function reports(collector: RunningCollector, home: string): Promise<void> {
  const agent = startAgent(['run', '--data', join(home, 'agent')]);
  try {
    const online = async () => {
      const { items } = JSON.parse(await ask(collector, '/api/v1/endpoints')) as { items: EndpointRow[] };
      return items[0]?.state === 'online' && items[0].cpuPercent !== null;
    };
    await until(online, 25_000, 'the first report over TLS');
  } finally {
    agent.child.kill('SIGTERM');
    await agent.finished;
  }
}

test.run();
