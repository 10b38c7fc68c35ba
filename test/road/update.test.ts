/**
 * Updates with real processes: agents in the layout of the tar.gz, the guard, root's part, a collector's broker and its releases
 * over TLS. What goes wrong ends on a version that works; what is not signed never runs, whoever serves it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Online } from '../../shared/presence.ts';
import { topicOf } from '../../shared/topics.ts';
import { credentialFor, temporaryFolder } from '../support/agent.ts';
import {
  type AgentVersions,
  buildAgentVersions,
  type Flaw,
  makeRelease,
  releaseTool,
} from '../support/agent-versions.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { makeCertificate } from '../support/certificate.ts';
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

test.run();
