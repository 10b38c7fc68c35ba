/** The authority of the collector's own, by what openssl's verification in Node says of it. */
import { X509Certificate } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  abandon,
  dropOld,
  dueFor,
  expiresAt,
  initAuthority,
  mayDropOld,
  renewServer,
  rotate,
  servedBy,
  servedFrom,
} from '../../../collector/tls/authority.ts';
import { namesIn, pinOf } from '../../../collector/tls/certificates.ts';
import { type AuthorityFile, folderOf, keyFile, readAuthority, writeAuthority } from '../../../collector/tls/store.ts';
import { type Decided, decide } from '../../../collector/tls/told.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { runCollector, temporaryFolder } from '../../support/processes.ts';

const test = suite('authority');
const day = 86_400_000;
const now = Date.now();
const names = ['keel.example.net', '127.0.0.1', '::1'];
const folders: { remove(): void }[] = [];
test.after(() => {
  for (const one of folders) one.remove();
});

async function fresh(at = now): Promise<{ data: string; file: AuthorityFile }> {
  const folder = temporaryFolder();
  folders.push(folder);
  return { data: folder.path, file: await initAuthority(folder.path, names.slice(0, 1), names, at) };
}

async function refusal(work: () => unknown): Promise<EvenkeelError> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) return thrown;
    throw thrown;
  }
  throw new Error('it was not refused');
}

/** Connects as somebody who trusts only these. @returns the code of the error, or null */
function verdict(
  data: string,
  file: AuthorityFile,
  roots: readonly string[],
  host = '127.0.0.1',
): Promise<string | null> {
  const { cert, key } = servedBy(data, file);
  const server = createServer({ cert, key });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const about = host === '127.0.0.1' ? {} : { servername: host };
      const socket = connect({ host: '127.0.0.1', port, ca: [...roots], ...about });
      const end = (code: string | null) => {
        socket.destroy();
        server.close();
        resolve(code);
      };
      socket.on('secureConnect', () => end(null));
      socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    });
  });
}

test('made: private, verified by name and by address, refused for another name and by another authority', async () => {
  const { data, file } = await fresh();
  const folder = folderOf(data);
  assert.is(statSync(folder).mode & 0o777, 0o700);
  for (const name of readdirSync(folder)) assert.is(statSync(`${folder}/${name}`).mode & 0o777, 0o600, name);
  const root = new X509Certificate(file.current);
  assert.ok(root.ca && root.verify(root.publicKey));
  assert.ok(expiresAt(file.current) - now > 3649 * day);
  assert.is(Math.round((expiresAt(file.server.certificate) - now) / day), 90);
  assert.equal(namesIn(file.server.certificate), names, 'as a person writes them');
  assert.is(await verdict(data, file, [file.current]), null);
  assert.is(await verdict(data, file, [file.current], 'keel.example.net'), null);
  assert.is(await verdict(data, file, [file.current], 'other.example.net'), 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.is.not(await verdict(data, file, [file.next]), null, 'the next authority has signed nothing yet');
  const other = await fresh();
  assert.is.not(await verdict(data, file, [other.file.current]), null, 'another of the same name');
  assert.is((await refusal(() => initAuthority(data, names, names, now))).code, 'TLS_EXISTS');
});

test('renewed after 60 days, for other names at once; the key stays, and changes with the prepared one after a year', async () => {
  const { data, file } = await fresh();
  assert.is(dueFor(file, names, now + 59 * day), null);
  assert.is(dueFor(file, names, now + 60 * day), 'age');
  assert.is(dueFor(file, [...names, 'keel'], now), 'names');
  const renewed = await renewServer(data, file, names, now + 60 * day);
  assert.equal(servedBy(data, renewed).serverPins, servedBy(data, file).serverPins);
  assert.is(pinOf(renewed.server.certificate), pinOf(file.server.certificate));
  assert.is(renewed.version, file.version, 'agents need not hear of it');
  const later = await renewServer(data, renewed, names, now + 366 * day);
  assert.is(pinOf(later.server.certificate), file.server.nextKey, 'the one that stood beside it in every line');
  assert.is.not(later.server.nextKey, file.server.nextKey);
  assert.is(readdirSync(folderOf(data)).filter((name) => name.endsWith('.key')).length, 4, 'no key is left over');
});

test('rotated: who knows only the old authority gets in, who has the new one too, after a renewal as before', async () => {
  const { data, file } = await fresh();
  const turned = await rotate(data, file, now);
  assert.is(turned.current, file.next);
  assert.ok(turned.version > file.version);
  assert.equal(servedBy(data, turned).pins[0], pinOf(file.next));
  for (const roots of [[file.current], [turned.current], [file.current, turned.current]])
    assert.is(await verdict(data, turned, roots), null);
  const again = await refusal(() => rotate(data, turned, now));
  assert.is(again.code, 'TLS_OLD_TRUSTED');
  const from = new Date(now + 45 * day).toISOString().slice(0, 10);
  assert.match(again.message, `it is not over before ${from}; agents take it from a collector that runs`);
  const named = await refusal(() => rotate(data, turned, now + 46 * day, '1 of 2 agents have not taken it (db-1)'));
  assert.match(named.message, 'is not over, because 1 of 2 agents have not taken it (db-1).');
  const renewed = await renewServer(data, turned, names, now);
  for (const roots of [[file.current], [turned.current]]) assert.is(await verdict(data, renewed, roots), null);
});

test('dropped after 45 days: told and trusted no more, found by its pin, and who was away for a year gets in', async () => {
  const { data, file } = await fresh();
  const turned = await rotate(data, file, now);
  assert.not.ok(mayDropOld(turned, now + 44 * day));
  assert.ok(mayDropOld(turned, now + 45 * day));
  const dropped = dropOld(data, turned, now + 45 * day);
  assert.equal(readAuthority(data), dropped);
  assert.ok(dropped.version > turned.version && !mayDropOld(dropped, now + 50 * day));
  const served = servedBy(data, dropped);
  assert.equal(served.roots, [file.next]);
  assert.equal(served.authorities, [file.next, file.current]);
  assert.is(await verdict(data, dropped, [file.current]), null, 'by what it has signed');
  const again = await rotate(data, dropped, now);
  assert.is(await verdict(data, again, [file.next]), null, 'whoever missed both knows this one by its pin');
});

test('told: both around a change to a certificate from outside and back, and nobody is cut off who was not told', async () => {
  const { data, file } = await fresh();
  const own = servedBy(data, file);
  const outside = { ...servedFrom({ cert: own.cert, key: own.key, ca: null }), cert: 'x' };
  const next = (from: Decided | null, sources: Parameters<typeof decide>[1], at: number, isTaken = true) =>
    decide(from?.file ?? null, sources, at, isTaken) as Decided;
  const alone = next(null, { own, outside: null }, now);
  assert.equal([alone.file.version, alone.file.told.mode], [1, 'pin']);
  const begun = next(alone, { own, outside }, now);
  assert.equal([begun.file.version, begun.file.told.mode], [2, 'both']);
  assert.equal(begun.file.told.pins, own.pins);
  assert.is(begun.web, outside);
  assert.is(begun.broker, own, 'until all know');
  const late = next(begun, { own, outside }, now + 40 * day, false);
  assert.equal([late.broker, late.file.version], [own, 2]);
  const early = next(begun, { own, outside }, now + 29 * day);
  assert.is(early.broker, own);
  const over = next(begun, { own, outside }, now + 30 * day);
  assert.equal([over.broker, over.file.version, over.file.told.mode], [outside, 3, 'system']);
  assert.is(next(over, { own, outside }, now + 31 * day).file.version, 3, 'what is left in the folder is not told');

  // Back, to an authority that was made beside it: told before it is shown.
  const { data: other, file: made } = await fresh();
  const fresher = servedBy(other, made);
  const prepared = next(over, { own: fresher, outside }, now + 50 * day);
  assert.equal([prepared.broker, prepared.file.told.mode, prepared.file.version], [outside, 'both', 4]);
  assert.equal(prepared.file.told.roots, fresher.roots);
  const back = next(prepared, { own: fresher, outside: null }, now + 60 * day);
  assert.equal([back.broker, back.web, back.file.told.mode, back.file.version], [fresher, fresher, 'both', 4]);
  assert.is(next(back, { own: fresher, outside: null }, now + 89 * day).file.told.mode, 'both');
  const done = next(back, { own: fresher, outside: null }, now + 90 * day);
  assert.equal([done.file.told.mode, done.file.version], ['pin', 5]);
});

test('given up: nothing that the old authority signed leads to it, and the pin of the next one is what agents have', async () => {
  const { data, file } = await fresh();
  const given = servedBy(data, file).pins[1];
  const turned = await abandon(data, file, now);
  assert.is(pinOf(turned.current), given);
  assert.is.not(await verdict(data, turned, [file.current]), null);
  assert.is(await verdict(data, turned, [turned.current]), null);
  assert.is.not(pinOf(turned.server.certificate), pinOf(file.server.certificate), 'its key may be known, too');
});

test('the command gives up an authority only where it is said that agents are cut off', async () => {
  const { data, file } = await fresh();
  const run = (...flags: string[]) => runCollector(['tls', 'rotate', '--data', data, ...flags]).ended;
  for (const flag of ['--compromised', '--cut-off-agents']) {
    const { code, stderr } = await run(flag);
    assert.is(code, 2, stderr);
    assert.match(stderr, '--cut-off-agents');
    assert.equal(readAuthority(data), file, 'nothing was changed');
  }
  const done = await run('--compromised', '--cut-off-agents');
  assert.is(done.code, 0, done.stderr);
  assert.is(readAuthority(data)?.current, file.next);
});

test('the key of the next authority may lie elsewhere; without it nothing is changed', async () => {
  const { data, file } = await fresh();
  const path = keyFile(data, pinOf(file.next));
  renameSync(path, `${data}/away`);
  const refused = await refusal(() => rotate(data, file, now));
  assert.is(refused.code, 'TLS_UNUSABLE');
  assert.ok(refused.message.includes(path) && /may lie offline/.test(refused.hint), refused.hint);
  assert.equal(readAuthority(data), file);
  assert.is(dueFor(file, names, now), null, 'renewing goes on without it');
  renameSync(`${data}/away`, path);
  await rotate(data, file, now);
});

test('what others may read, is damaged or of another key is refused, with what to do', async () => {
  const { data, file } = await fresh();
  const json = `${folderOf(data)}/authority.json`;
  if (process.platform !== 'win32') {
    chmodSync(json, 0o644);
    const open = await refusal(() => readAuthority(data));
    assert.match(open.message, 'mode 644');
    assert.match(open.hint, `chmod go= ${json}`);
    chmodSync(json, 0o600);
  }
  const text = readFileSync(json, 'utf8');
  writeFileSync(json, text.slice(0, 100));
  assert.is((await refusal(() => readAuthority(data))).code, 'TLS_UNUSABLE');
  writeFileSync(json, text);
  const key = keyFile(data, file.server.key);
  writeFileSync(key, readFileSync(keyFile(data, file.server.nextKey)));
  assert.match((await refusal(() => servedBy(data, file))).message, 'another key');
  rmSync(key);
  assert.match((await refusal(() => servedBy(data, file))).message, 'missing');
});

test('two that change it at the same moment: the second is told', async () => {
  const { data, file } = await fresh();
  await renewServer(data, file, names, now + day);
  assert.is((await refusal(() => writeAuthority(data, file, { ...file, version: 9 }))).code, 'CONFLICT');
});

test.run();
