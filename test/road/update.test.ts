/**
 * Updates with real processes: agents in the layout of the tar.gz, the guard, root's part, a collector's broker and its releases
 * over TLS. What goes wrong ends on a version that works; what is not signed never runs, whoever serves it.
 */
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, EndpointRow, NewEnrollment } from '../../shared/api.ts';
import type { Online } from '../../shared/presence.ts';
import type { AgentRelease } from '../../shared/release.ts';
import { topicOf } from '../../shared/topics.ts';
import { credentialFor, startAgent, temporaryFolder } from '../support/agent.ts';
import {
  type AgentVersions,
  buildAgentVersions,
  type Flaw,
  flaws,
  makeRelease,
  releaseTool,
  thisTarget,
} from '../support/agent-versions.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startCollector } from '../support/processes.ts';
import { type ReleaseServer, serveReleases } from '../support/release-server.ts';
import { until } from '../support/until.ts';
import { openMachine, recordOf, type UpdateMachine, type UpdateMachineOptions } from '../support/update-machine.ts';

const test = suite('updates');
const folder = temporaryFolder();
const keys = join(folder.path, 'keys');
const releases = join(folder.path, 'releases');
let versions: AgentVersions;
let broker: TestBroker;
let server: ReleaseServer;
let tls: { cert: string; key: string };
let count = 0;
const open = new Set<UpdateMachine>();

test.before(async () => {
  versions = await buildAgentVersions(join(folder.path, 'work'));
  releaseTool(['keys', 'make', keys]);
  tls = makeCertificate(folder.path);
  broker = await startBroker(tls);
  server = await serveReleases(releases, tls);
});
test.after.each(async () => {
  for (const machine of open) await machine.stop();
  open.clear();
  Object.assign(server, { asked: [], manifest: null, cuts: [] });
});
test.after(async () => {
  await server.close();
  await broker.down();
  folder.remove();
});

interface Installed extends UpdateMachine {
  endpoint: string;
  offer(offer: { version: string; sequence: number } | null): Promise<void>;
  /** The last of its births. */
  birth(): Online | undefined;
  /** Until root's record says so. */
  becomes(state: string, version: string, timeoutMs?: number): Promise<void>;
  works(version: string): Promise<void>;
}

async function install(more: Partial<UpdateMachineOptions> = {}): Promise<Installed> {
  const endpoint = `machine${String(count++).padStart(4, '0')}`;
  const credential = {
    ...credentialFor(`mqtts://127.0.0.1:${broker.port}`, endpoint, tls.cert),
    collector: server.url,
  };
  const machine = openMachine({
    ...{ folder: join(folder.path, endpoint), credential, version: '0.1.0', program: versions.program('0.1.0') },
    ...{ keys: readFileSync(join(keys, 'keys.json'), 'utf8'), ...more },
  });
  open.add(machine);
  const own: Installed = {
    ...machine,
    endpoint,
    offer: (offer) => {
      const update = offer && { update: { allow: offer.version, sequence: offer.sequence } };
      return broker.publish(topicOf(credential, 'config'), JSON.stringify({ v: 1, ...update }), true);
    },
    birth: () => broker.births.get(endpoint),
    async becomes(state, version, timeoutMs = 60_000) {
      const is = () => recordOf(machine)?.state === state && recordOf(machine)?.version === version;
      await until(is, timeoutMs, `${version} to be ${state}; ${JSON.stringify(recordOf(machine))}`).catch((thrown) => {
        throw new Error(`${(thrown as Error).message}\n${machine.log().slice(-6000)}`);
      });
    },
    async works(version) {
      const is = async () => {
        const status = await machine.status();
        return status?.version === version && status.link.state === 'connected' && status.link.ownAck !== null;
      };
      await until(is, 30_000, `${version} to report`).catch((thrown) => {
        throw new Error(`${(thrown as Error).message}\n${machine.log().slice(-6000)}`);
      });
      assert.is(machine.version(), version);
    },
  };
  await own.works('0.1.0');
  return own;
}

const release = (version: string, flaw?: Flaw, ...more: string[]) =>
  makeRelease(versions, { folder: releases, keys, version, ...(flaw && { flaw }) }, ...more);

/** The numbers of this endpoint's agent that have not come; the last few may be on their way. */
function missing(endpoint: string): string[] {
  const seqs = new Map<string, Set<number>>();
  for (const one of broker.kept)
    if (one.endpoint === endpoint) seqs.set(one.epoch, (seqs.get(one.epoch) ?? new Set()).add(one.seq));
  return [...seqs].flatMap(([epoch, known]) =>
    Array.from({ length: Math.max(0, Math.max(...known) - 3) }, (_, i) => i + 1).flatMap((seq) =>
      known.has(seq) ? [] : `${epoch} ${seq}`,
    ),
  );
}

/** What waited in the spool comes more slowly than what is new. */
const assertWhole = (endpoint: string) =>
  until(() => missing(endpoint).length === 0, 30_000, 'what was measured meanwhile').catch((thrown) => {
    throw new Error(`${(thrown as Error).message}: ${missing(endpoint)}`);
  });

/** Ends the updater with SIGKILL before the nth change of a name or start of a program; once, for there is a mark then. */
const killAt = (step: number, mark: string) => `if (process.argv[2] === 'update') {
  const fs = require('node:fs');
  let count = 0;
  for (const [module, names] of [[fs, ['renameSync', 'symlinkSync', 'rmSync', 'mkdirSync', 'fsyncSync']], [require('node:child_process'), ['spawnSync', 'spawn']]])
    for (const name of names) {
      const real = module[name];
      module[name] = (...words) => {
        if (++count === ${step} && !fs.existsSync(${JSON.stringify(mark)})) {
          fs.writeFileSync(${JSON.stringify(mark)}, name);
          process.kill(process.pid, 'SIGKILL');
        }
        return real(...words);
      };
    }
}`;

test('a good version is fetched, tried, proven, and each step is told', async () => {
  const machine = await install();
  const offered = release('0.2.0');
  await machine.offer(offered);
  await machine.becomes('proven', '0.2.0');
  await machine.works('0.2.0');
  await until(() => machine.birth()?.update?.state === 'proven', 15_000, 'the birth to say so');
  assert.is(machine.birth()?.version, '0.2.0');
  assert.is(machine.birth()?.update?.from, '0.1.0');
  const told = broker.presences.flatMap(({ presence }) =>
    presence.state === 'online' ? (presence.update?.state ?? []) : [],
  );
  for (const state of ['downloading', 'staged', 'trial']) assert.ok(told.includes(state as never), `${state}: ${told}`);
  // The same offer again changes nothing.
  const before = machine.starts();
  await machine.offer(null);
  await machine.offer(offered);
  await new Promise((done) => setTimeout(done, 2000));
  assert.is(machine.starts(), before);
});

for (const flaw of ['crashes', 'silent', 'hangs'] as const)
  test(`a version that ${flaw === 'silent' ? 'never connects' : flaw}: that of before runs again by itself, and nothing is lost`, async () => {
    const machine = await install({ trialS: 8, steadyS: 2 });
    await machine.offer(release(`0.3.${Object.keys(flaws).indexOf(flaw)}`, flaw));
    const version = `0.3.${Object.keys(flaws).indexOf(flaw)}`;
    await machine.becomes('fell-back', version);
    await machine.works('0.1.0');
    // After the record: whoever is killed between tidies at the next start.
    await until(() => readdirSync(join(machine.home, 'versions')).join() === '0.1.0', 15_000, 'that it is gone');
    await until(() => machine.birth()?.update?.state === 'fell-back', 15_000, 'the birth to say so');
    assert.is(machine.birth()?.update?.reason?.code, flaw === 'crashes' ? 'update_starts' : 'update_silent');
    await assertWhole(machine.endpoint);
    // Offered still, and not tried again.
    const before = machine.starts();
    await new Promise((done) => setTimeout(done, 3000));
    assert.is(machine.starts(), before);
    assert.is(recordOf(machine)?.state, 'fell-back');
  });

test('cut off in the middle of the download, again and again: gone on with, and taken', async () => {
  const machine = await install();
  const offered = release('0.4.0');
  server.cuts = [100_000, 200_000, 50_000];
  await machine.offer(offered);
  await machine.becomes('proven', '0.4.0');
  await machine.works('0.4.0');
  const ranges = server.asked.filter((one) => one.includes('bytes='));
  assert.ok(ranges.length >= 2, String(server.asked));
});

test('who has taken over the collector makes no agent run his code', async () => {
  const machine = await install();
  const older = release('0.5.0');
  const olderManifest = readFileSync(join(releases, 'manifest.json'));
  await machine.offer(release('0.5.1'));
  await machine.becomes('proven', '0.5.1');
  // He has all that the collector has: its certificate, its broker, its folder of releases; and keys that he made himself.
  const his = join(folder.path, 'thief');
  const hisReleases = join(folder.path, 'thief-releases');
  releaseTool(['keys', 'make', his]);
  const evil = {
    folder: hisReleases,
    keys: his,
    version: '9.9.9',
    before: `require('node:fs').writeFileSync('${join(folder.path, 'owned')}', '');`,
  };
  const forged = makeRelease(versions, evil);
  const forgedManifest = readFileSync(join(hisReleases, 'manifest.json'));
  copyFileSync(
    join(hisReleases, `evenkeel-agent-9.9.9-${thisTarget}.tar.gz`),
    join(releases, `evenkeel-agent-9.9.9-${thisTarget}.tar.gz`),
  );
  const before = { starts: machine.starts(), versions: readdirSync(join(machine.home, 'versions')).sort() };
  const tries: { manifest: Buffer; offer: { version: string; sequence: number }; code: string }[] = [
    // A release of his own; with his keys alongside; an old one again; and the package of a real one exchanged.
    { manifest: forgedManifest, offer: forged, code: 'update_unsigned' },
    {
      manifest: Buffer.from(
        JSON.stringify({
          ...JSON.parse(forgedManifest.toString()),
          keys: [JSON.parse(readFileSync(join(his, 'keys.json'), 'utf8'))],
        }),
      ),
      offer: forged,
      code: 'update_unsigned',
    },
    { manifest: olderManifest, offer: { ...older, version: '9.9.9' }, code: 'update_not_fetched' },
  ];
  for (const { manifest, offer, code } of tries) {
    server.manifest = manifest;
    await machine.offer(null);
    await machine.offer(offer);
    await until(
      () => machine.birth()?.update?.reason?.code === code,
      30_000,
      `${code}; ${JSON.stringify(machine.birth()?.update)}`,
    );
  }
  // Nor can he have root take it, with the rights of the agent itself.
  server.manifest = null;
  const own = join(machine.data, 'update');
  for (const manifest of [forgedManifest, olderManifest]) {
    const { files } = JSON.parse(
      Buffer.from(JSON.parse(manifest.toString()).signed, 'base64').toString(),
    ) as AgentRelease;
    for (const { name, sha256 } of files) copyFileSync(join(releases, name), join(own, `${sha256}.package`));
    writeFileSync(join(own, 'manifest.json'), manifest);
    writeFileSync(join(own, 'request'), '{}');
    await until(() => !existsSync(join(own, 'request')), 20_000, 'root to refuse it');
  }
  assert.is(recordOf(machine)?.state, 'refused');
  // However many he offers.
  for (let sequence = 1000; sequence < 2000; sequence++) await machine.offer({ version: `9.9.${sequence}`, sequence });
  await new Promise((done) => setTimeout(done, 2000));
  assert.equal({ starts: machine.starts(), versions: readdirSync(join(machine.home, 'versions')).sort() }, before);
  assert.not(existsSync(join(folder.path, 'owned')), 'his code has run');
  await machine.works('0.5.1');
});

test('switched off while a version is on trial: that of before comes up, and all is as it was', async () => {
  const machine = await install({ trialS: 60, steadyS: 30 });
  await machine.offer(release('0.6.0'));
  await machine.becomes('trial', '0.6.0');
  await machine.works('0.6.0');
  await machine.off();
  // The next boot has another id.
  const trial = join(machine.home, 'update/trial');
  writeFileSync(trial, readFileSync(trial, 'utf8').replace(/^boot .*$/m, 'boot of-before'));
  machine.on();
  await machine.becomes('fell-back', '0.6.0');
  await machine.works('0.1.0');
  await assertWhole(machine.endpoint);
});

test('root’s part killed before each step that it takes: the machine ends on a version that works', async () => {
  const offered = release('0.7.0');
  const seen: number[] = [];
  const atOnce = 4;
  for (let at = 1, over = false; !over; at += atOnce) {
    const machines = await Promise.all(
      Array.from({ length: atOnce }, (_, i) => at + i).map(async (step) => {
        const mark = join(folder.path, `kill-${step}`);
        const program = versions.program('0.1.0', 'none', killAt(step, mark));
        const machine = await install({ program, steadyS: 1, trialS: 40 });
        await machine.offer(offered);
        await machine.becomes('proven', '0.7.0');
        await machine.works('0.7.0');
        const left = () => readdirSync(join(machine.home, 'update'));
        await until(() => !left().includes('trial'), 20_000, 'the trial to be over');
        await until(() => machine.updater() === null, 20_000, 'root’s part to end');
        const strange = left().filter((name) => !['previous', 'starts', 'state.json'].includes(name));
        assert.equal(strange, [], `killed at ${step}`);
        assert.not(existsSync(join(machine.data, 'update/request')));
        await assertWhole(machine.endpoint);
        await machine.stop();
        return existsSync(mark);
      }),
    );
    seen.push(...machines.flatMap((killed, i) => (killed ? [at + i] : [])));
    over = machines.includes(false);
  }
  console.log(`\nFIGURE steps of the updater at which it was killed: ${seen.length}`);
  assert.ok(seen.length > 15, String(seen));
});

let executable: Uint8Array | undefined;
const executableNow = () => (executable ??= versions.executable('0.1.0'));

test('built as in a package, one file with Node in it: reports by WebSocket alone', async () => {
  const program = join(folder.path, 'evenkeel-agent');
  writeFileSync(program, executableNow());
  chmodSync(program, 0o755);
  const home = join(folder.path, 'by-web');
  // Nothing else leads to its packages.
  const run = (words: string[], input?: string) =>
    startAgent([...words, '--data', home], input, { NODE_PATH: '' }, [program]);
  const collector = await startCollector(join(folder.path, 'collector'));
  const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${collector.http}/api/v1/enrollments`, { method: 'POST', headers, body: '{}' });
  const joined = await run(['enroll', '-', '--name', 'web'], ((await answer.json()) as NewEnrollment).code).finished;
  assert.is(joined.code, 0, joined.stderr);
  writeFileSync(join(home, 'agent.settings.json'), '{"v":1,"interval_s":1,"way":"websocket"}');
  const agent = run(['run']);
  const isReported = async () => {
    const { items } = await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints');
    const detail = await collector.get<EndpointDetail>(`/api/v1/endpoints/${items[0]?.id}`);
    return detail.latest.some(({ metric }) => metric === 'mem.used_percent');
  };
  try {
    await until(isReported, 60_000, 'a report').catch((thrown) => {
      throw new Error(`${(thrown as Error).message}\n${agent.output()}`);
    });
    assert.match(agent.output(), /Connected to the collector url="ws:\/\/\S+\/mqtt"/);
  } finally {
    agent.child.kill('SIGTERM');
    await agent.finished;
    collector.child.kill('SIGTERM');
    await collector.ended;
  }
});

test('built as in a package, one file with Node in it: exchanged by the next one, and back when that does not stay up', async () => {
  const machine = await install({ program: executableNow(), trialS: 60 });
  const programOf = () => realpathSync(`/proc/${machine.agent()?.pid}/exe`);
  assert.is(programOf(), realpathSync(join(machine.home, 'versions/0.1.0')), 'no Node and no shell around it');
  versions.packBuilt(releases, '0.8.0', versions.executable('0.8.0'));
  releaseTool(['sign', '--keys', keys, '--folder', releases, '--version', '0.8.0']);
  const { signed } = JSON.parse(readFileSync(join(releases, 'manifest.json'), 'utf8')) as { signed: string };
  const { sequence } = JSON.parse(Buffer.from(signed, 'base64').toString()) as AgentRelease;
  await machine.offer({ version: '0.8.0', sequence });
  await machine.becomes('proven', '0.8.0', 120_000);
  await machine.works('0.8.0');
  assert.is(programOf(), realpathSync(join(machine.home, 'versions/0.8.0')));
  for (let starts = machine.starts(); machine.version() === '0.8.0'; starts = machine.starts()) {
    machine.agent()?.kill('SIGKILL');
    await until(() => machine.starts() > starts, 20_000, 'the next start');
    assert.ok(machine.starts() < 12, machine.log().slice(-3000));
  }
  await machine.becomes('fell-back', '0.8.0');
  await machine.works('0.1.0');
  await assertWhole(machine.endpoint);
});

test.run();
