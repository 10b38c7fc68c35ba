/**
 * `npm run bench -- rules [--endpoints 4000]`: what the second half of the collector costs on one core, from a report to
 * a saved ticket and notification, and what thousands of endpoints that fall silent at once do to the event loop.
 *
 * All rooms are the real ones on a state file of their own; only the clock is moved by hand. Sending is not part of it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { defaultRules } from '../../collector/evaluate/defaults.ts';
import type { Endpoint } from '../../collector/fleet/fleet.ts';
import { createPolicy } from '../../collector/tickets/policy.ts';
import { defaultPolicy } from '../../collector/tickets/settings.ts';
import {
  full,
  GiB,
  minute,
  openScene,
  type Reading,
  type Scene,
  type SceneOptions,
  second,
} from '../collector/alerts/scene.ts';
import { wordsOf } from '../support/arguments.ts';

/** Reports and pings wait meanwhile; ms. */
const longestGoalMs = 50;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const rules = defaultRules.filter(({ enabled, applies }) => enabled && applies !== 'workstation');

export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({ args, options: { endpoints: { type: 'string', default: '4000' } } });
  const count = Number(values.endpoints);
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-rules-'));
  try {
    await inScene(folder, count, {}, reports);
    const atOnce = { policy: { openDelay: 0, budget: Infinity }, rules: [{ id: 'disk-space', for_s: 0 }] };
    await inScene(folder, Math.min(count, 1000), atOnce, transitions);
    await inScene(folder, count, { site: 'plant' }, silence);
    await policyAlone(count);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inScene(
  folder: string,
  count: number,
  options: SceneOptions,
  work: (scene: Scene, endpoints: Endpoint[]) => Promise<void>,
): Promise<void> {
  const ids = Array.from({ length: count }, (_, n) => [`srv-${n}`, 'server'] as const);
  const scene = await openScene({
    ...options,
    endpoints: Object.fromEntries(ids),
    file: join(folder, `${work.name}.db`),
  });
  try {
    await work(scene, [...scene.fleet.all()]);
  } finally {
    await scene.close();
  }
}

/** A machine with five disks and five networks, on which all is well: 20 metrics. */
function typical(): Reading[] {
  const copies = [0, 1, 2, 3, 4].flatMap((n): Reading[] => [
    ['disk', { total: 128 * GiB, used_percent: 50, free: 64 * GiB }, { path: `/data/${n}`, device: `sd${n}` }],
    ['diskio', { reads: 90_000, writes: 210_000, io_util: 5 }, { name: `sd${n}` }],
    ['net', { bytes_recv: 9e8, bytes_sent: 4e8 }, { interface: `eth${n}` }],
  ]);
  return [
    ['cpu', { usage_active: 20, usage_user: 14, usage_system: 5, usage_iowait: 1 }, { cpu: 'cpu-total' }],
    ['mem', { total: 16 * GiB, available_percent: 50, used_percent: 50 }],
    ['swap', { used_percent: 5 }],
    ['system', { load1: 1, load5: 1, n_cpus: 8, uptime: 900_000 }],
    ['processes', { total: 150 }],
    ...copies,
  ];
}

async function reports(scene: Scene, endpoints: Endpoint[]): Promise<void> {
  const built = endpoints.slice(0, 200).map(() => scene.report(...typical()));
  const rounds = 20;
  const round = async () => {
    scene.pass(10 * second);
    for (const [n, endpoint] of endpoints.entries())
      await scene.alerts.onReport(
        endpoint,
        stamped(built[n % built.length] as (typeof built)[number], scene.now()),
        true,
      );
  };
  const before = heap();
  await round();
  const series = endpoints.length * (built[0]?.metrics.length ?? 0);
  figure(`memory per series of state: ${((heap() - before) / series).toFixed(0)} bytes (${series} series, all well)`);
  await round();
  const spent = await cpuOf(async () => {
    for (let n = 0; n < rounds; n++) await round();
  });
  const each = spent / (rounds * endpoints.length);
  figure(
    `${((1e6 / each) * rules.length).toExponential(2)} rules x endpoints a second on one core: ` +
      `a report of ${built[0]?.metrics.length} metrics under ${rules.length} rules takes ${each.toFixed(1)} µs CPU`,
  );
  const rows = await scene.alertRows();
  if (rows.length > 0) throw new Error(`A healthy fleet has ${rows.length} alerts, the first of ${rows[0]?.rule}.`);
}

/** The metrics are shared: building reports is no part of what is measured. */
const stamped = (report: ReturnType<Scene['report']>, at: number) => ({
  ...report,
  at,
  metrics: report.metrics.map((metric) => ({ ...metric, timestamp: at })),
});

async function transitions(scene: Scene, endpoints: Endpoint[]): Promise<void> {
  const half = endpoints.length >> 1;
  const breach = (endpoint: Endpoint) => scene.alerts.onReport(endpoint, scene.report(full), true);
  const before = heap();
  scene.pass(10 * second);
  let began = performance.now();
  const alone = await cpuOf(async () => {
    for (const endpoint of endpoints.slice(0, half)) await breach(endpoint);
  });
  const took = ((performance.now() - began) / half).toFixed(2);
  figure(
    `a transition, alone (verdict → alert, ticket, notification saved): ${(alone / half).toFixed(0)} µs CPU, ${took} ms`,
  );
  began = performance.now();
  const crowd = endpoints.slice(half);
  const together = await cpuOf(() => Promise.all(crowd.map(breach)));
  const each = ((performance.now() - began) / crowd.length).toFixed(2);
  figure(`a transition, ${crowd.length} at once: ${(together / crowd.length).toFixed(0)} µs CPU, ${each} ms`);
  figure(`memory per alert held, with its ticket: ${((heap() - before) / endpoints.length).toFixed(0)} bytes`);
  await expectRows(scene, endpoints.length, endpoints.length);
  const rounds = 50;
  const nothing = await cpuOf(async () => {
    for (let n = 0; n < rounds; n++) {
      scene.pass(10 * second);
      for (const endpoint of endpoints) await breach(endpoint);
    }
  });
  figure(`a verdict that changes nothing: ${(nothing / rounds / endpoints.length).toFixed(2)} µs CPU`);
  await expectRows(scene, endpoints.length, endpoints.length);
}

async function expectRows(scene: Scene, alerts: number, tickets: number): Promise<void> {
  const found = [(await scene.alertRows()).length, (await scene.ticketRows()).length];
  if (found[0] !== alerts || found[1] !== tickets)
    throw new Error(`There are ${found.join(' alerts and ')} tickets; ${alerts} and ${tickets} were due.`);
}

/** All are cut off in one moment, are missed after ten minutes, become one incident, and come back. */
async function silence(scene: Scene, endpoints: Endpoint[]): Promise<void> {
  for (const { id } of endpoints) scene.fleet.seen(id, scene.now(), 0, 10_000);
  const move = async (to: 'lost' | 'online') => {
    await Promise.all(endpoints.map(({ id }) => scene.fleet.setState(id, { state: to, stateReason: null })));
    return probe(() =>
      Promise.all(endpoints.map(({ id }) => scene.alerts.onPresence(scene.fleet.get(id) as Endpoint))),
    );
  };
  const over = (ms: number) =>
    probe(async () => {
      for (let passed = 0; passed < ms; passed += 10 * second) {
        scene.pass(10 * second);
        await scene.alerts.tick(scene.now());
      }
    });
  const parts = [
    ['lost', await move('lost')],
    ['pending, then firing', await over(12 * minute)],
    ['one incident', await over(3 * minute)],
    ['back', await move('online')],
    ['resolved', await over(15 * minute)],
  ] as const;
  for (const [what, { cpu, longest, longestCpu }] of parts)
    console.log(
      `  ${what}: ${cpu.toFixed(0)} ms CPU, longest pause ${longest.toFixed(0)} ms (${longestCpu.toFixed(0)} ms of it CPU)`,
    );
  const total = parts.reduce((sum, [, { cpu }]) => sum + cpu, 0);
  const longest = Math.max(...parts.map(([, part]) => part.longest));
  const longestCpu = Math.max(...parts.map(([, part]) => part.longestCpu));
  figure(
    `${endpoints.length} endpoints silent at once, and back: ${total.toFixed(0)} ms of the main thread, longest pause of the ` +
      `event loop ${longest.toFixed(0)} ms (CPU ${longestCpu.toFixed(0)} ms; goal: below ${longestGoalMs})`,
  );
  await expectRows(scene, endpoints.length, 1);
}

async function policyAlone(count: number): Promise<void> {
  const policy = createPolicy(defaultPolicy);
  let at = 0;
  const all = (type: 'fire' | 'recover') => {
    for (let n = 0; n < count; n++) {
      const endpoint = `srv-${n}`;
      const key = `${endpoint}/server-down/`;
      policy.apply(
        type === 'fire' ? { type, at, key, endpoint, check: 'server-down', site: 'plant' } : { type, at, key },
      );
    }
  };
  const spent = await cpuOf(async () => {
    all('fire');
    for (; at < 10 * minute; at += second) policy.advance(at);
    all('recover');
    for (; at < 30 * minute; at += second) policy.advance(at);
  });
  figure(`the ticket policy alone, ${count} endpoints silent and back: ${(spent / 1000).toFixed(0)} ms CPU`);
}

/** CPU of the main thread and the longest time without a turn of the event loop while `work` runs. */
async function probe(work: () => Promise<unknown>): Promise<{ cpu: number; longest: number; longestCpu: number }> {
  let [longest, longestCpu, isOver] = [0, 0, false];
  const turns = (async () => {
    while (!isOver) {
      const [time, cpu] = [performance.now(), threadCpu()];
      await new Promise((resolve) => setImmediate(resolve));
      longest = Math.max(longest, performance.now() - time);
      longestCpu = Math.max(longestCpu, (threadCpu() - cpu) / 1000);
    }
  })();
  const cpu = await cpuOf(work);
  isOver = true;
  await turns;
  return { cpu: cpu / 1000, longest, longestCpu };
}

/** Only this thread: garbage is collected beside it, and others share the machine. µs. */
function threadCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = threadCpu();
  await work();
  return threadCpu() - before;
}

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const figure = (text: string) => console.log(`FIGURE rules: ${text}`);
