/** One round over the logs that checks.yaml names: what is reported of each. */
import type { HealthItem } from '../../../shared/inventory.ts';
import { reason, reasonsIn, reasonsOf } from '../../../shared/reason.ts';
import type { Metric } from '../../../shared/report.ts';
import { readSettings } from '../../settings.ts';
import { type CheckContext, type Findings, NoData } from '../check.ts';
import { worstFirst } from '../health/board.ts';
import { minute } from '../health/source.ts';
import { createLogReader, type Spare } from './reader.ts';
import { reportOf, unreadable } from './report.ts';
import type { LogSettings } from './settings.ts';
import { isNews, keyOf, type LogState, type LogStates, statesIn } from './state.ts';

/** Beyond the first part of each log, for all of them together: some 20,000 entries a round. */
const morePartsAtMost = 4;
const roundMs = 40_000;
/** A count that varies from round to round is not a change; a new status or reason is. */
const sameNewsMs = 5 * minute;

const memoryKey = 'logs';

export interface LogRounds {
  next(context: CheckContext, file: string): Promise<Findings>;
}

const meaningOf = ({ status, summary }: HealthItem) => [status, ...reasonsIn(summary).map(({ code }) => code)].join();

export function createLogRounds(): LogRounds {
  const reader = createLogReader();
  const items = new Map<string, HealthItem>();

  /** One log: its metrics, its item, and what is to be remembered. Whatever happens, there is an item. */
  async function readOne(
    context: CheckContext,
    log: LogSettings,
    before: LogState | null,
    first: boolean,
    spare: Spare,
  ) {
    try {
      const reading = await reader.read(context, log, before, first, spare);
      return { next: reading.next, ...reportOf(log, reading, context.clock.now()) };
    } catch (thrown) {
      return { next: null, ...unreadable(log, reasonsOf(thrown), context.clock.now()) };
    }
  }

  function show(found: HealthItem): void {
    const before = items.get(found.name);
    const passed = found.at - (before?.at ?? 0);
    if (!before || meaningOf(before) !== meaningOf(found) || passed >= sameNewsMs || passed < 0)
      items.set(found.name, found);
  }

  return {
    async next(context, file) {
      const { logs = [] } = await readSettings(file, 'logs');
      if (logs.length === 0) throw new NoData(reason('no_logs_named'));
      const before = statesIn(context.memory.get(memoryKey));
      const after: LogStates = {};
      const metrics: Metric[] = [];
      const spare: Spare = { parts: morePartsAtMost };
      const deadline = context.clock.monotonic() + roundMs;
      const known = new Map(
        logs.map((log) => [log.name, before[log.name]?.of === keyOf(log) ? before[log.name] : null]),
      );
      // The one that was read longest ago comes first, so that one that takes all the time does not take it each time.
      const inOrder = [...logs].sort((a, b) => (known.get(a.name)?.readAt ?? 0) - (known.get(b.name)?.readAt ?? 0));
      for (const log of inOrder) {
        const state = known.get(log.name) ?? null;
        if (state) after[log.name] = state;
        if (context.clock.monotonic() > deadline) continue;
        const isFirst = !items.has(log.name);
        const found = await readOne(context, log, state, isFirst, spare);
        if (found.next) after[log.name] = found.next;
        metrics.push(...found.metrics);
        show(found.item);
      }
      for (const name of [...items.keys()]) if (!known.has(name)) items.delete(name);
      reader.keep(logs);
      if (isNews(before, after)) context.memory.set(memoryKey, { logs: after });
      return { metrics, sections: { health: worstFirst([...items.values()]) } };
    },
  };
}
