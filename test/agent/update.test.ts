/** Updates step by step: what is fetched, what root takes over and what it refuses, the trial, and the guard. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openControlSocket } from '../../agent/control-socket.ts';
import { fetchUpdate } from '../../agent/update/fetch.ts';
import { agentPaths, packagePath, rootPaths } from '../../agent/update/place.ts';
import { keysVersion, readRecord } from '../../agent/update/record.ts';
import {
  beginTrial,
  currentVersion,
  readBoot,
  readFellBack,
  readTrial,
  type UpdateTrial,
} from '../../agent/update/trial.ts';
import { forgetRefused, type UpdaterParts, update } from '../../agent/update/updater.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import type { AgentRelease, SignedDocument } from '../../shared/release.ts';
import { credentialFor, temporaryFolder } from '../support/agent.ts';
import { makeCertificate } from '../support/certificate.ts';
import { serveReleases } from '../support/release-server.ts';
import { makeSigningKeys, signedRelease } from '../support/signed-release.ts';

const guardFile = fileURLToPath(new URL('../../agent/package/linux/guard', import.meta.url));
const test = suite('update');
const keys = makeSigningKeys();
const strangers = makeSigningKeys();
const folder = temporaryFolder();
const target = `linux-${process.arch}`;
let count = 0;
test.after(() => {
  delete process.env.EVENKEEL_AGENT_SETTINGS;
  folder.remove();
});

/** A package whose program says a number, and leaves a mark when it runs. */
function packed(version: string, { says = version, code = 0 } = {}): { name: string; bytes: Buffer; mark: string } {
  const work = join(folder.path, `pack${count++}`);
  const [inside, mark] = [`evenkeel-agent-${version}-${target}`, join(work, 'ran')];
  mkdirSync(join(work, inside), { recursive: true });
  const text = `#!/bin/sh\necho ran >>${mark}\necho ${says}\nexit ${code}\n`;
  writeFileSync(join(work, inside, 'evenkeel-agent'), text, { mode: 0o755 });
  const path = join(work, `${inside}.tar.gz`);
  execFileSync('tar', ['-czf', path, '-C', work, inside]);
  return { name: `${inside}.tar.gz`, bytes: readFileSync(path), mark };
}

interface Machine {
  home: string;
  data: string;
  restarts: number;
  /** As the agent leaves it. */
  stage(manifest: SignedDocument | string, name: string, bytes: Buffer): void;
  run(limits?: UpdaterParts['limits']): Promise<void>;
}

function machine({ updates = 'auto', set = keys.set as string | null } = {}): Machine {
  const at = join(folder.path, `machine${count++}`);
  const [home, data, etc] = [join(at, 'opt'), join(at, 'data'), join(at, 'etc')];
  for (const path of [join(home, 'versions'), etc]) mkdirSync(path, { recursive: true });
  mkdirSync(agentPaths(data).folder, { recursive: true, mode: 0o700 });
  chmodSync(data, 0o700);
  writeFileSync(join(home, 'versions/0.1.0'), '#!/bin/sh\necho 0.1.0\n', { mode: 0o755 });
  symlinkSync('versions/0.1.0', join(home, 'current'));
  copyFileSync(guardFile, join(home, 'guard'));
  chmodSync(join(home, 'guard'), 0o755);
  if (set !== null) writeFileSync(join(home, 'keys.json'), set);
  writeFileSync(join(etc, 'agent.settings.json'), JSON.stringify({ v: 1, remote: { updates } }));
  const own: Machine = {
    ...{ home, data, restarts: 0 },
    stage(manifest, name, bytes) {
      const paths = agentPaths(data);
      writeFileSync(paths.manifest, typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
      const { files } = JSON.parse(
        Buffer.from(typeof manifest === 'string' ? '' : manifest.signed, 'base64').toString() || '{"files":[]}',
      ) as AgentRelease;
      const sha256 = files.find((file) => file.name === name)?.sha256;
      if (sha256 !== undefined) writeFileSync(packagePath(data, sha256), bytes);
      writeFileSync(paths.request, '{}');
    },
    async run(limits = { trialMs: 300, steadyMs: 50 }) {
      process.env.EVENKEEL_AGENT_SETTINGS = etc;
      const place = { home, target, form: 'tar.gz' };
      const restart = async () => void own.restarts++;
      await update({
        ...{ place, data, clock: systemClock, log: silentLog, restart, limits },
        pause: (ms) => pause(ms),
      });
    },
  };
  return own;
}

const recordOf = ({ home }: Machine) => readRecord(home);
const versionsOf = ({ home }: Machine) => readdirSync(join(home, 'versions')).sort();

test('no ack within the limit: the version of before runs again, and this one is not tried again', async () => {
  const own = machine();
  const { name, bytes, mark } = packed('0.2.0');
  own.stage(signedRelease(keys, { name, bytes, sequence: 7 }), name, bytes);
  await own.run();
  assert.ok(existsSync(mark), 'it was asked for its version');
  assert.is(recordOf(own).state, 'fell-back');
  assert.is(recordOf(own).reason?.code, 'update_silent');
  assert.is(recordOf(own).sequence, 7);
  assert.is(currentVersion(own.home), '0.1.0');
  assert.equal(versionsOf(own), ['0.1.0']);
  assert.is(own.restarts, 2);
  assert.not(existsSync(agentPaths(own.data).request));
  own.stage(signedRelease(keys, { name, bytes, sequence: 7 }), name, bytes);
  await own.run();
  assert.is(recordOf(own).reason?.code, 'update_refused_before');
  assert.is(own.restarts, 2);
  // A person, or a higher sequence.
  assert.equal(forgetRefused(own.home), ['0.2.0']);
  own.stage(signedRelease(keys, { name, bytes, sequence: 7 }), name, bytes);
  await own.run();
  assert.is(recordOf(own).reason?.code, 'update_silent');
  own.stage(signedRelease(keys, { name, bytes, sequence: 8 }), name, bytes);
  await own.run();
  assert.is(recordOf(own).reason?.code, 'update_silent');
  assert.is(recordOf(own).sequence, 8);
});

test('an ack for a report of the new process, and then time without a start: proven', async () => {
  const own = machine();
  const { name, bytes } = packed('0.2.0');
  own.stage(signedRelease(keys, { name, bytes }), name, bytes);
  let [pid, asked, ownAck] = [1, 0, null as number | null];
  // Without an ack first, then started again once, then steady.
  const control = await openControlSocket(own.data, async () => {
    asked += 1;
    if (asked > 3) ownAck = 1;
    if (asked === 5) pid = 2;
    return { version: currentVersion(own.home), pid, link: { ownAck } };
  });
  await own.run({ trialMs: 20_000, steadyMs: 400 });
  control.close();
  assert.is(recordOf(own).state, 'proven');
  assert.is(currentVersion(own.home), '0.2.0');
  assert.equal(versionsOf(own), ['0.1.0', '0.2.0']);
  assert.ok(asked > 7, `${asked}`);
  assert.is(readTrial(own.home), null);
  assert.ok(existsSync(rootPaths(own.home).previous));
});

test('what is not as it was signed is refused, and nothing of it runs', async () => {
  const good = packed('0.2.0');
  const { name, bytes } = good;
  const fine = () => signedRelease(keys, { name, bytes });
  const cases: [string, (own: Machine) => void][] = [
    ['update_unsigned', (own) => own.stage(signedRelease(strangers, { name, bytes }), name, bytes)],
    [
      'update_expired',
      (own) => own.stage(signedRelease(keys, { name, bytes, expires: '2026-01-02T00:00:00Z' }), name, bytes),
    ],
    ['update_not_newer', (own) => own.stage(signedRelease(keys, { name, bytes, version: '0.1.0' }), name, bytes)],
    ['update_step_first', (own) => own.stage(signedRelease(keys, { name, bytes, from: '0.1.5' }), name, bytes)],
    ['update_below_floor', (own) => own.stage(signedRelease(keys, { name, bytes, floor: '0.3.0' }), name, bytes)],
    ['update_manifest_bad', (own) => own.stage(`${JSON.stringify(fine())}x`, name, bytes)],
    ['update_wrong_hash', (own) => own.stage(fine(), name, Buffer.concat([bytes, Buffer.from('x')]))],
    ['update_wrong_hash', (own) => own.stage(fine(), name, bytes.subarray(1))],
    ['update_wrong_hash', (own) => own.stage(fine(), name, Buffer.concat([bytes.subarray(1), Buffer.from('x')]))],
    [
      'update_no_package',
      (own) =>
        own.stage(
          signedRelease(keys, {
            name,
            bytes,
            files: [{ target: 'win-x64', form: 'msi', name: 'a.msi', size: 1, sha256: 'a'.repeat(64) }],
          }),
          name,
          bytes,
        ),
    ],
    [
      'update_not_copied',
      (own) => {
        own.stage(fine(), name, bytes);
        // A link to what only root may read; the same bytes, even.
        const [file = ''] = readdirSync(agentPaths(own.data).folder).filter((one) => one.endsWith('.package'));
        const path = join(agentPaths(own.data).folder, file);
        const elsewhere = join(own.home, 'elsewhere');
        copyFileSync(path, elsewhere);
        rmSync(path);
        symlinkSync(elsewhere, path);
      },
    ],
    [
      'update_not_copied',
      (own) => {
        own.stage(fine(), name, bytes);
        rmSync(agentPaths(own.data).manifest);
        execFileSync('mkfifo', [agentPaths(own.data).manifest]);
      },
    ],
  ];
  for (const [code, prepare] of cases) {
    const own = machine();
    prepare(own);
    await own.run();
    assert.is(recordOf(own).reason?.code, code);
    assert.is(recordOf(own).state, 'refused');
    assert.equal(versionsOf(own), ['0.1.0'], code);
    assert.is(own.restarts, 0, code);
    assert.not(existsSync(agentPaths(own.data).request), code);
  }
  assert.not(existsSync(good.mark), 'its program never ran');
});

test('without keys, and where the machine does not let it: nothing', async () => {
  const { name, bytes, mark } = packed('0.2.0');
  for (const [code, own] of [
    ['update_without_keys', machine({ set: null })],
    ['update_off_here', machine({ updates: 'off' })],
    ['update_off_here', machine({ updates: 'notify' })],
    // Keys that the collector would like to be those.
    ['update_unsigned', machine({ set: strangers.set })],
  ] as const) {
    own.stage(signedRelease(keys, { name, bytes }), name, bytes);
    await own.run();
    assert.is(recordOf(own).reason?.code, code);
    assert.equal(versionsOf(own), ['0.1.0']);
  }
  assert.not(existsSync(mark));
  assert.is(keysVersion(machine({ set: null }).home, recordOf(machine())), 0);
});

test('a sequence never falls', async () => {
  const own = machine();
  const [second, third] = [packed('0.2.0'), packed('0.3.0', { code: 1 })];
  own.stage(signedRelease(keys, { ...second, sequence: 12 }), second.name, second.bytes);
  await own.run();
  own.stage(signedRelease(keys, { ...third, version: '0.3.0', sequence: 11 }), third.name, third.bytes);
  await own.run();
  assert.is(recordOf(own).reason?.code, 'update_replayed');
  assert.not(existsSync(third.mark));
});

test('a program that does not say its number is not made current', async () => {
  for (const flaw of [{ code: 3 }, { says: '9.9.9' }]) {
    const own = machine();
    const { name, bytes } = packed('0.2.0', flaw);
    own.stage(signedRelease(keys, { name, bytes }), name, bytes);
    await own.run();
    assert.is(recordOf(own).reason?.code, 'update_not_started');
    assert.is(own.restarts, 0);
    assert.is(currentVersion(own.home), '0.1.0');
    // Nor is it tried again.
    own.stage(signedRelease(keys, { name, bytes }), name, bytes);
    await own.run();
    assert.is(recordOf(own).reason?.code, 'update_refused_before');
  }
});

function onTrial(own: Machine, boot = readBoot()): UpdateTrial {
  const trial = { version: '0.2.0', from: '0.1.0', sequence: 1, boot, started: Math.round(systemClock.monotonic()) };
  writeFileSync(join(own.home, 'versions/0.2.0'), '#!/bin/sh\necho "0.2.0 $*"\n', { mode: 0o755 });
  mkdirSync(rootPaths(own.home).state, { recursive: true });
  beginTrial(own.home, trial);
  rmSync(join(own.home, 'current'));
  symlinkSync('versions/0.2.0', join(own.home, 'current'));
  return trial;
}
const guard = ({ home }: Machine, ...words: string[]) =>
  spawnSync(join(home, 'guard'), words, { encoding: 'utf8', env: {} });

test('the guard swaps back at the fourth start of a trial, and after another boot', async () => {
  const own = machine();
  onTrial(own);
  for (let start = 1; start <= 3; start++) assert.is(guard(own).status, 0);
  assert.is(currentVersion(own.home), '0.2.0');
  assert.is(guard(own).status, 0);
  assert.is(currentVersion(own.home), '0.1.0');
  assert.is(readFellBack(own.home)?.why, 'starts');
  await own.run();
  assert.is(recordOf(own).reason?.code, 'update_starts');
  assert.is(readFellBack(own.home), null);

  const cut = machine();
  onTrial(cut, 'another-boot');
  guard(cut);
  assert.is(currentVersion(cut.home), '0.1.0');
  await cut.run();
  assert.is(recordOf(cut).reason?.code, 'update_power');
  assert.equal(recordOf(cut).refused, {}, 'once may be chance');
  onTrial(cut, 'another-boot');
  guard(cut);
  await cut.run();
  assert.is(recordOf(cut).reason?.code, 'update_interrupted');
  assert.ok(recordOf(cut).refused['0.2.0']);
});

test('power lost between the rename and the swap: the version of before runs, and nothing is left', async () => {
  const own = machine();
  onTrial(own, 'another-boot');
  // The swap had not come.
  rmSync(join(own.home, 'current'));
  symlinkSync('versions/0.1.0', join(own.home, 'current'));
  guard(own);
  await own.run();
  assert.is(recordOf(own).state, 'fell-back');
  assert.is(currentVersion(own.home), '0.1.0');
  assert.equal(versionsOf(own), ['0.1.0']);
  assert.is(readTrial(own.home), null);
});

test('proven, and then started five times in ten minutes: once the version of before', () => {
  const own = machine();
  const trial = onTrial(own);
  const paths = rootPaths(own.home);
  writeFileSync(paths.previous, readFileSync(paths.trial));
  rmSync(paths.trial);
  for (let start = 1; start <= 4; start++) guard(own);
  assert.is(currentVersion(own.home), trial.version);
  guard(own);
  assert.is(currentVersion(own.home), trial.from);
  assert.is(readFellBack(own.home)?.why, 'later-starts');
  // Starts that are far apart are none of these.
  const calm = machine();
  onTrial(calm);
  const of = rootPaths(calm.home);
  writeFileSync(of.previous, readFileSync(of.trial));
  rmSync(of.trial);
  writeFileSync(of.starts, '-9000\n-8000\n-7000\n-6000\n');
  guard(calm);
  assert.is(currentVersion(calm.home), trial.version);
});

test('the version of before does root’s part while a new one is on trial', () => {
  const own = machine();
  writeFileSync(join(own.home, 'versions/0.1.0'), '#!/bin/sh\necho "0.1.0 $*"\n', { mode: 0o755 });
  onTrial(own);
  assert.is(guard(own, 'update', '--data', '/x').stdout, '0.1.0 update --data /x\n');
  rmSync(rootPaths(own.home).trial);
  assert.is(guard(own, 'update').stdout, '0.2.0 update\n');
});

test('fetched: gone on with where it was cut off, from the pinned collector alone, and whole', async () => {
  const own = machine();
  const tls = makeCertificate(folder.path, 'collector');
  const served = join(folder.path, 'served');
  mkdirSync(served);
  const { name } = packed('0.2.0');
  const bytes = Buffer.alloc(300_000, 'abc');
  writeFileSync(join(served, name), bytes);
  const put = (document: unknown) => writeFileSync(join(served, 'manifest.json'), JSON.stringify(document));
  put(signedRelease(keys, { name, bytes }));
  const server = await serveReleases(served, tls);
  const wanted = { version: '0.2.0', sequence: 1 };
  const fetched = (ca = tls.cert, asked = wanted) =>
    fetchUpdate({
      ...{ place: { home: own.home, target, form: 'tar.gz' }, data: own.data, record: readRecord(own.home) },
      credential: { ...credentialFor('mqtts://127.0.0.1:1', undefined, ca), collector: server.url },
      ...{ running: '0.1.0', wanted: asked, now: Date.now, pause: async () => {} },
    });
  const { request } = agentPaths(own.data);
  const fails = async (code: string, ...given: Parameters<typeof fetched>) => {
    const outcome = await fetched(...given);
    assert.is(outcome.reason?.code, code);
    assert.not(existsSync(request), code);
    return outcome;
  };
  try {
    const other = makeCertificate(folder.path, 'other');
    assert.match(String((await fails('update_not_fetched', other.cert)).reason?.params?.text), /certificate/);
    await fails('update_not_fetched', tls.cert, { version: '0.2.0', sequence: 2 });
    put(signedRelease(strangers, { name, bytes }));
    await fails('update_unsigned');
    writeFileSync(join(served, 'manifest.json'), '<html>log in</html>');
    await fails('update_manifest_bad');
    writeFileSync(join(served, 'manifest.json'), ' '.repeat(300_000));
    await fails('update_not_fetched');
    put(signedRelease(keys, { name, bytes: Buffer.alloc(300_000, 'abd') }));
    await fails('update_wrong_hash');
    // Without an end.
    put(signedRelease(keys, { name, bytes: bytes.subarray(0, 200_000) }));
    await fails('update_wrong_hash');
    put(signedRelease(keys, { name, bytes }));
    server.asked.length = 0;
    server.cuts = [100_000, 50_000, 0];
    assert.is((await fetched()).state, 'staged');
    assert.ok(existsSync(request));
    const ranges = server.asked.filter((one) => one.includes('bytes=')).map((one) => Number(/=(\d+)-/.exec(one)?.[1]));
    assert.ok(
      ranges.length >= 2 && ranges.every((from, i) => from > 0 && from >= (ranges[i - 1] ?? 0)),
      String(server.asked),
    );
    const staged = readdirSync(agentPaths(own.data).folder).find((one) => one.endsWith('.package')) ?? '';
    assert.ok(readFileSync(join(agentPaths(own.data).folder, staged)).equals(bytes));
  } finally {
    await server.close();
  }
});

test.run();
