/** The agent's check of itself: CPU time, memory and spool, so that its growth shows; and whether its folder is there. */
import type { EvenkeelError } from '../shared/errors.ts';
import { type Reason, ReasonedError, reason } from '../shared/reason.ts';
import type { AgentBirth } from './birth.ts';
import type { Check } from './checks/check.ts';
import type { Spool } from './spool.ts';

const everyMs = 60_000;

export interface SelfCheckParts {
  /** The agent's own folder. */
  data: string;
  spool: Pick<Spool, 'state'>;
  birth: Pick<AgentBirth, 'clockNote'>;
  /** Settings that were not taken, the machine's own or the collector's. */
  refusals?(): Reason[];
  folderProblem(): EvenkeelError | null;
  /** Largest delay of a tick since the last call, in ms. */
  takeLateMs(): number;
}

export function selfCheck({ data, spool, birth, folderProblem, takeLateMs, refusals }: SelfCheckParts): Check {
  let isLogged = false;
  return {
    name: 'agent',
    every: everyMs,
    reads: 'the agent itself',
    async run({ clock, log }) {
      const problem = folderProblem();
      // Pages show it in their language by its code; the log needs the remedy, once.
      if (problem && !isLogged) log.error({ hint: problem.hint }, problem.message);
      isLogged = problem !== null;
      if (problem) throw new ReasonedError(reason('agent_folder_lost', { path: data }));
      const { entries, bytes } = spool.state();
      const used = process.cpuUsage();
      const fields = {
        spool_reports: entries,
        spool_bytes: bytes,
        rss: process.memoryUsage.rss(),
        cpu_ms: Math.round((used.user + used.system) / 1000),
        late_ms: Math.round(takeLateMs()),
      };
      const clockNote = birth.clockNote();
      const note = [...(refusals?.() ?? []), ...(clockNote === null ? [] : [clockNote])];
      const metrics = [{ name: 'agent', tags: {}, fields, timestamp: clock.now() }];
      return note.length === 0 ? { metrics } : { metrics, note };
    },
  };
}
