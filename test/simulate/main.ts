/**
 * `npm run simulate -- --endpoints N --interval 10s`: a fleet that does not exist, on the real wire.
 * `npm run simulate -- --history 90d`: its past, in the data folder of a collector that has none yet.
 */
import '../../shared/needs-node.ts';

import { resolve } from 'node:path';
import { parseDuration } from '../../shared/duration.ts';
import { reasonOf } from '../../shared/errors.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { wordsOf } from '../support/arguments.ts';
import { findToken, makeCode } from './enroll.ts';
import { startFleet } from './fleet.ts';
import { demoPlan } from './history/demo-plan.ts';
import { fillHistory } from './history/fill.ts';
import { Stopped, stopOnSignal } from './stop.ts';

const usage = `npm run simulate -- [options]
  --endpoints N     how many (100)
  --interval 10s    how often each reports (10s)
  --duration 60s    stop after that; without, until Ctrl+C
  --collector URL   (http://127.0.0.1:7460)
  --code CODE       a join code with enough uses; without, one is made with EVENKEEL_TOKEN or with DIR/local.token
  --seed S          the same seed is the same fleet (1)
  --steady          nobody sleeps or restarts, and nothing is wrong with anybody
  --history 90d     instead: fill an empty data folder with the past of forty endpoints at three sites; no collector may run on it
  --data DIR        that folder, or the one of the collector here (EVENKEEL_DATA; data)`;

const reportEveryMs = 5000;
const drainMs = 60_000;

function readArguments() {
  const { values } = wordsOf(
    {
      options: {
        endpoints: { type: 'string', default: '100' },
        interval: { type: 'string', default: '10s' },
        duration: { type: 'string' },
        collector: { type: 'string', default: 'http://127.0.0.1:7460' },
        code: { type: 'string' },
        seed: { type: 'string', default: '1' },
        steady: { type: 'boolean', default: false },
        history: { type: 'string' },
        data: { type: 'string', default: process.env.EVENKEEL_DATA ?? 'data' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    usage,
  );
  const endpoints = Number(values.endpoints);
  if (!Number.isInteger(endpoints) || endpoints < 1) throw new Error(`--endpoints "${values.endpoints}" is no number`);
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) throw new Error(`--seed "${values.seed}" is no whole number`);
  return {
    ...values,
    endpoints,
    seed,
    historyMs: values.history === undefined ? undefined : parseDuration(values.history, '--history'),
    intervalMs: parseDuration(values.interval, '--interval'),
    durationMs: values.duration === undefined ? undefined : parseDuration(values.duration, '--duration'),
    collector: values.collector.replace(/\/+$/, ''),
  };
}

async function fill(data: string, historyMs: number, seed: number): Promise<number> {
  const started = performance.now();
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const { signal } = stopOnSignal('nothing was written; the same command begins anew.');
  const plan = demoPlan(Math.ceil(historyMs / 86_400_000), Date.now(), timeZone, seed);
  const filled = await fillHistory({ plan, data: resolve(data), until: Date.now, onDay: console.log, signal });
  console.log(
    `${filled.length} endpoints in ${resolve(data)}, after ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  return 0;
}

async function simulate(): Promise<number> {
  const options = readArguments();
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.historyMs !== undefined) return fill(options.data, options.historyMs, options.seed);
  const code = options.code
    ? decodeJoinCode(options.code)
    : await makeCode(options.collector, await findToken(process.env.EVENKEEL_TOKEN, options.data), options.endpoints);
  console.log(`${options.endpoints} endpoints join ${code.url} …`);
  const fleet = await startFleet({ ...options, code });
  const print = (word: string) => {
    const { connected, generated, acked, waiting } = fleet.totals();
    console.log(`${word}: ${connected} connected, ${generated} generated, ${acked} acked, ${waiting} waiting`);
  };
  const progress = setInterval(() => print('running'), reportEveryMs);
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
    if (options.durationMs !== undefined) setTimeout(done, options.durationMs);
  });
  clearInterval(progress);
  fleet.quiet();
  const complete = await fleet.drain(drainMs);
  print('end');
  await fleet.stop();
  return complete ? 0 : 1;
}

try {
  process.exit(await simulate());
} catch (thrown) {
  if (thrown instanceof Stopped) {
    console.error(thrown.message);
    process.exit(130);
  }
  console.error(reasonOf(thrown));
  console.error(`\n${usage}`);
  process.exit(1);
}
