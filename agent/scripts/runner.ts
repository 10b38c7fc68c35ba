/**
 * Offers the scripts of this machine, judges orders, runs one at a time, and reports what came of each by the spool. An
 * order is for one start of the agent: it names its token, which the collector reads in the offer. So an order of before a
 * restart, or before a folder was put back from a backup, means nothing, whatever the clock says.
 */
import type { Clock } from '../../shared/clock.ts';
import type { ScriptOffers, ScriptRun, SectionName } from '../../shared/inventory.ts';
import type { Log } from '../../shared/log.ts';
import { type Reason, reason, reasonsInLog, reasonsOf } from '../../shared/reason.ts';
import type { ScriptOrder } from '../../shared/report.ts';
import { escapedLines } from '../../shared/safe-text.ts';
import { scriptBounds } from '../../shared/script-bounds.ts';
import { withoutSecrets } from '../../shared/secrets.ts';
import type { AgentMemory } from '../memory.ts';
import { execute } from '../run.ts';
import { type AllowedScript, limitOf } from './allow-list.ts';
import { judge } from './judge.ts';
import { listOf, offersOf } from './offers.ts';
import { openScript } from './opened.ts';

export interface ScriptParts {
  data: string;
  clock: Clock;
  log: Log;
  memory: AgentMemory;
  /** ms UTC: it is not earlier, whatever the clock of this machine says. */
  earliest(): number;
  /** Sends a section, durably. */
  send(found: Partial<Record<SectionName, unknown>>): void;
}

export interface ScriptRunner {
  offers(): Promise<ScriptOffers>;
  take(orders: readonly ScriptOrder[]): Promise<void>;
}

const runsKey = 'script_runs';
/** With room for what is masked once more on its way. */
const keptOutput = scriptBounds.output - 512;
/** Orders that are looked at in an hour; of more nothing is said either: each answer takes room in the spool. */
const ordersPerHour = 120;
const hourMs = 3_600_000;
/** Ids that are remembered; after so many there is another token, under which all of them are stale. */
const knownAtMost = 1000;
/** As it can be shown anywhere: without secrets, without what a terminal would obey, bounded. */
function printable(text: string): { output: string; cut: boolean } {
  const bare = escapedLines(withoutSecrets(text));
  return { output: bare.slice(0, keptOutput).toWellFormed(), cut: bare.length > keptOutput };
}

const isRun = (one: unknown): one is ScriptRun => typeof (one as ScriptRun | null)?.id === 'string';

export function openScriptRunner({
  file,
  data,
  clock,
  log,
  memory,
  earliest,
  send,
}: ScriptParts & { file: string }): ScriptRunner {
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  let token = randomBytes(16).toString('hex');
  /** Under this token; of earlier ones the token says enough. */
  const known = new Set<string>();
  const now = () => Math.max(clock.now(), earliest());
  let isBusy = false;
  let endedAt: number | null = null;
  let hour = { since: clock.monotonic(), orders: 0 };
  const kept = memory.get(runsKey);
  let runs: ScriptRun[] = (Array.isArray(kept) ? kept.filter(isRun) : []).map((run) =>
    run.state === 'running' ? { ...run, state: 'lost' as const, reason: [reason('script_lost')] } : run,
  );
  if (runs.length > 0) publish();

  function publish(): void {
    // What is remembered first: after an end in between it is sent by the next start.
    memory.set(runsKey, runs);
    send({ script_runs: runs });
  }

  function record(run: ScriptRun): void {
    runs = [...runs.filter(({ id }) => id !== run.id), run].slice(-scriptBounds.runs);
    publish();
  }

  function isTooMany(): boolean {
    if (clock.monotonic() - hour.since >= hourMs) hour = { since: clock.monotonic(), orders: 0 };
    hour.orders += 1;
    if (hour.orders === ordersPerHour + 1)
      log.warn(
        { limit: ordersPerHour },
        'Orders to run scripts are not looked at for now: there are too many in an hour',
      );
    return hour.orders > ordersPerHour;
  }

  function begun(order: ScriptOrder): ScriptRun {
    const blank = { reason: null, ended: null, code: null, signal: null, output: '', cut: false };
    return { id: order.id, script: order.name, state: 'running', heard: Math.round(clock.now()), ...blank };
  }

  function refuse(order: ScriptOrder, why: Reason[]): void {
    const { id, name, persons } = order;
    log.warn({ order: id, script: name, persons, reason: reasonsInLog(why) }, 'Refused an order to run a script');
    record({ ...begun(order), state: 'refused', ended: Math.round(clock.now()), reason: why });
  }

  /** One order to its end. Whatever goes wrong is said. */
  async function runOne(order: ScriptOrder): Promise<void> {
    const found = listOf(file);
    if ('refused' in found) return refuse(order, found.refused);
    const idleMs = endedAt === null ? null : clock.monotonic() - endedAt;
    const verdict = judge(order, { list: found.list, token, now: now(), isBusy, idleMs });
    if ('refused' in verdict) return refuse(order, [verdict.refused]);
    isBusy = true;
    try {
      const opened = openScript(verdict.script, data);
      try {
        await carryOut(order, verdict.script, opened.descriptor, verdict.words);
      } finally {
        opened.close();
      }
    } catch (thrown) {
      refuse(order, reasonsOf(thrown));
    } finally {
      isBusy = false;
      endedAt = clock.monotonic();
    }
  }

  async function carryOut(
    order: ScriptOrder,
    script: AllowedScript,
    descriptor: number,
    words: readonly string[],
  ): Promise<void> {
    const { id, persons } = order;
    const timeoutMs = limitOf(script);
    const run = begun(order);
    record(run);
    log.info({ order: id, script: script.name, words, persons }, 'Running a script that this machine allows');
    const result = await execute('/proc/self/fd/3', words, {
      ...{ timeoutMs, maxBytes: 4 * scriptBounds.output, gentle: false },
      own: { descriptor, path: script.run, cwd: '/' },
    });
    const { code, signal, ended, stdout } = result;
    const { output, cut } = printable(stdout);
    record({
      ...{ ...run, state: 'done', ended: Math.round(clock.now()), code, signal, output, cut: cut || ended === 'flood' },
      reason: ended === 'timeout' ? [reason('script_too_slow', { limit_s: timeoutMs / 1000 })] : null,
    });
    log.info({ order: id, script: script.name, code, signal, ended }, 'A script has ended');
  }

  return {
    async offers() {
      const { off, list } = offersOf(file);
      return { token: off === null ? token : null, off, list };
    },
    async take(orders) {
      const fresh = orders.filter(({ id }) => !known.has(id) && !runs.some((run) => run.id === id));
      await Promise.all(
        fresh.map((order) => {
          if (isTooMany()) return undefined;
          if (known.size >= knownAtMost) {
            token = randomBytes(16).toString('hex');
            known.clear();
          }
          known.add(order.id);
          return runOne(order);
        }),
      );
    },
  };
}
