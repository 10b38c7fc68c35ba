/**
 * `npm run drill -- kills --count 1000`: the collector with its embedded stores, killed with -9 at random moments (some while it
 * starts) while endpoints report and cross thresholds. In rounds, each with a folder of its own: 30 automatic tickets an hour
 * are opened, and of more breaches people are told as of one incident.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openReceiver } from '../collector/notify/receiver.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { makeMachine } from '../simulate/machine.ts';
import { createRandom } from '../simulate/random.ts';
import { wholeOf, wordsOf } from '../support/arguments.ts';
import { freePort } from '../support/port.ts';
import { type Running, runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { countRows } from '../support/state.ts';
import { storedValues } from '../support/stored.ts';
import { type Numbered, numberMetric, startNumbered } from './numbered.ts';
import { createProgress, formatTable, type Row } from './table.ts';

const roundOf = 25;
const longestGapMs = 1500;
/** One start in so many is killed before it has ended. */
const startsKilled = 5;
const startMs = 1000;
const drainMs = 60_000;
const messageMs = 30_000;
const tellEveryMs = 5000;
/** Each message once, or once more where the collector died before it knew that it was heard. */
const messagesAtMost = 2;

export interface KillsOptions {
  count: number;
  endpoints: number;
  intervalMs: number;
  seed: number;
  say(line: string): void;
}

export interface KillsFound {
  kills: number;
  /** Of them before the start had ended. */
  inStart: number;
  generated: number;
  stored: number;
  lost: number;
  twice: number;
  /** Values that nobody sent. */
  foreign: number;
  breaches: number;
  unheard: number;
  heardTwice: number;
  heardMore: number;
  /** Said again under another Idempotency-Key. */
  otherKey: number;
  alerts: number;
  halfSaved: number;
}

const nothing: KillsFound = {
  ...{ kills: 0, inStart: 0, generated: 0, stored: 0, lost: 0, twice: 0, foreign: 0 },
  ...{ breaches: 0, unheard: 0, heardTwice: 0, heardMore: 0, otherKey: 0, alerts: 0, halfSaved: 0 },
};

export async function run(args: string[]): Promise<boolean> {
  const { values } = wordsOf({
    args,
    options: {
      count: { type: 'string', default: '1000' },
      endpoints: { type: 'string', default: '100' },
      interval: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const [count, endpoints] = [wholeOf('count', values.count), wholeOf('endpoints', values.endpoints)];
  const [intervalMs, seed] = [wholeOf('interval', values.interval), wholeOf('seed', values.seed, 0)];
  console.log(`${count} kills, ${endpoints} endpoints, a report each every ${intervalMs} ms, --seed ${seed}`);
  const began = performance.now();
  const found = await drillKills({ count, endpoints, intervalMs, seed, say: (line) => console.log(line) });
  const rows = rowsOf(found);
  console.log(`\n${formatTable(rows)}\n\n${((performance.now() - began) / 60_000).toFixed(1)} min`);
  return rows.every(({ holds }) => holds !== false);
}

export function rowsOf(found: KillsFound): Row[] {
  const none = (what: string, n: number): Row => ({ what, figure: n, holds: n === 0 });
  return [
    { what: 'kills with -9', figure: found.kills },
    { what: '… of them while it started', figure: found.inStart },
    { what: 'reports generated', figure: found.generated },
    { what: 'reports stored', figure: found.stored, holds: found.stored === found.generated && found.generated > 0 },
    none('reports lost', found.lost),
    none('reports stored twice', found.twice),
    none('values that nobody sent', found.foreign),
    { what: 'breaches', figure: found.breaches },
    { what: 'alerts of them', figure: found.alerts, holds: found.alerts === found.breaches && found.breaches > 0 },
    none('breaches never notified', found.unheard),
    { what: 'breaches notified twice', figure: found.heardTwice },
    none('breaches notified more often', found.heardMore),
    none('said again under another Idempotency-Key', found.otherKey),
    none('rows half saved', found.halfSaved),
  ];
}

export async function drillKills(options: KillsOptions): Promise<KillsFound> {
  const random = createRandom(options.seed);
  const sum = { ...nothing };
  const progress = createProgress(options.count, tellEveryMs, options.say);
  for (let done = 0; done < options.count; done += roundOf) {
    const found = await round(options, Math.min(roundOf, options.count - done), random, (kills, reports) =>
      progress(done + kills, `${sum.generated + reports} reports`),
    );
    for (const key of Object.keys(sum) as (keyof KillsFound)[]) sum[key] += found[key];
    // What is counted stays said, should a later round break off.
    const { kills, generated, stored, lost, twice, unheard, alerts } = sum;
    options.say(
      `${kills} kills: ${stored} of ${generated} stored, ${lost} lost, ${twice} twice; ${alerts} alerts, ${unheard} not notified`,
    );
  }
  return sum;
}

interface Breach {
  path: string;
  hostname: string;
}

async function round(
  { endpoints, intervalMs, seed }: KillsOptions,
  kills: number,
  random: () => number,
  tell: (kills: number, reports: number) => void,
): Promise<KillsFound> {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'evenkeel.yaml');
  const receiver = await openReceiver(() => [200]);
  writeFileSync(
    config,
    `tickets: { openAfter: 0s }
outgoing: { allow: [127.0.0.1] }
notify: { by: [rule, endpoint, path], wait: 0s, interval: 0s }
channels: [{ name: people, kind: webhook, url: "${receiver.url}" }]
rules: [{ id: disk-space, for_s: 0 }]
`,
  );
  const ports = ['--http-port', String(await freePort()), '--mqtt-port', String(await freePort()), '--config', config];
  let collector: Running | undefined;
  const fleet: Numbered[] = [];
  const clear = () => {
    collector?.child.kill('SIGKILL');
    folder.remove();
  };
  // However this process ends, nothing of it stays.
  process.once('exit', clear);
  const interrupted = () => process.exit(130);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  const kill = async () => {
    collector?.child.kill('SIGKILL');
    const ended = await collector?.ended;
    if (ended && ended.signal !== 'SIGKILL')
      throw new Error(`the collector ended by itself (seed ${seed}):\n${ended.stdout}\n${ended.stderr}`);
  };
  const found = { ...nothing, kills, breaches: kills };
  try {
    const first = await startCollector(data, ports);
    collector = first;
    const machines = Array.from({ length: endpoints }, (_, n) => ({ ...makeMachine(3, n), kind: 'server' as const }));
    const code = await makeCode(first.http, first.token, endpoints);
    for (const [n, machine] of machines.entries())
      fleet.push(startNumbered(await enroll(code, machine), n, intervalMs, seed * 1000 + n));
    await until(() => fleet.every(({ isConnected }) => isConnected), drainMs, 'the fleet to be connected');
    const generated = () => fleet.reduce((all, one) => all + one.generated, 0);
    const breaches: Breach[] = [];
    for (let n = 0; n < kills; n++) {
      const gap = random() * longestGapMs;
      const before = random() * gap;
      await pause(gap - before);
      const who = Math.floor(random() * endpoints);
      const path = `/drill-${n}`;
      fleet[who]?.breach(path);
      breaches.push({ path, hostname: machines[who]?.hostname ?? '' });
      await pause(before);
      await kill();
      if (random() < 1 / startsKilled && n + 1 < kills) {
        // The next kill, before this start has ended; its breach has begun by then, too.
        collector = runCollector(['start', '--data', data, ...ports]);
        n++;
        fleet[who]?.breach(`/drill-${n}`);
        breaches.push({ path: `/drill-${n}`, hostname: machines[who]?.hostname ?? '' });
        await pause(random() * startMs);
        await kill();
        found.inStart++;
      }
      collector = await startCollector(data, ports);
      tell(n + 1, generated());
    }
    const heard = (breach: Breach) => keysOf(receiver.received, breach);
    // What never comes is counted below.
    const settled = (what: string, holds: () => boolean, ms: number) => until(holds, ms, what).catch(() => undefined);
    await settled('messages', () => breaches.every((breach) => heard(breach).length > 0), messageMs);
    for (const one of fleet) one.quiet();
    await settled('acknowledgements', () => fleet.every(({ waiting }) => waiting === 0), drainMs);
    await settled('deliveries', () => countRows(data, "deliveries where state = 'queued'") === 0, messageMs);
    for (const one of fleet) one.stop();
    collector.child.kill('SIGTERM');
    await collector.ended;
    for (const keys of breaches.map(heard)) {
      if (keys.length === 0) found.unheard++;
      if (keys.length === messagesAtMost) found.heardTwice++;
      if (keys.length > messagesAtMost) found.heardMore++;
      if (new Set(keys).size > 1) found.otherKey++;
    }
    found.alerts = countRows(data, "alerts where rule = 'disk-space'");
    found.halfSaved = countRows(data, 'alerts where id not in (select alert from alert_events)');
    found.halfSaved += countRows(data, 'notifications where id not in (select notification from deliveries)');
    await compare(data, fleet, found);
    return found;
  } finally {
    for (const one of fleet) one.stop();
    collector?.child.kill('SIGKILL');
    await collector?.ended;
    await receiver.close();
    folder.remove();
    process.off('exit', clear);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
  }
}

/** In the files of the store, number by number. */
async function compare(data: string, fleet: readonly Numbered[], found: KillsFound): Promise<void> {
  const stored = await storedValues(data, numberMetric);
  for (const number of fleet.flatMap((one) => one.numbers())) {
    const times = stored.get(number) ?? 0;
    stored.delete(number);
    found.generated++;
    if (times === 0) found.lost++;
    else found.stored++;
    if (times > 1) found.twice++;
  }
  found.foreign += stored.size;
}

/** The Idempotency-Key of each message that says this breach. */
export function keysOf(
  received: Awaited<ReturnType<typeof openReceiver>>['received'],
  { path, hostname }: Breach,
): string[] {
  return received.flatMap(({ body, headers }) => {
    const { status, alerts } = JSON.parse(body) as { status: string; alerts: { labels: Record<string, string> }[] };
    const isIt = ({ labels }: { labels: Record<string, string> }) =>
      labels.path === path && labels.instance === hostname;
    return status === 'firing' && alerts.some(isIt) ? [String(headers['idempotency-key'])] : [];
  });
}
