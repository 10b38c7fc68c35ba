/** What is kept of updates, in memory: read again after each change, which is always saved first. */
import type { UpdateSettings } from '../../shared/agent-update.ts';
import type { UpdateReport } from '../../shared/update.ts';
import type { State } from '../state/open.ts';
import { isTold, type Turn } from './rings.ts';
import { type KeptRollout, readRollouts, readSettings, readTurns, readUpdatesSaid } from './store.ts';

export interface UpdateMemory {
  settings: UpdateSettings;
  /** Newest first. */
  rollouts: readonly KeptRollout[];
  /** Of the newest. */
  turns: Map<string, Turn>;
  readonly said: Map<string, UpdateReport>;
  /** That runs, or is stopped. */
  current(): KeptRollout | null;
  /** Who has `update` in its settings while it runs. */
  told(): string[];
  reload(): Promise<void>;
}

const rolloutsKept = 20;

export async function createUpdateMemory(state: State): Promise<UpdateMemory> {
  const memory: UpdateMemory = {
    ...{ settings: await readSettings(state), said: await readUpdatesSaid(state), rollouts: [], turns: new Map() },
    current() {
      const [newest] = memory.rollouts;
      return newest && (newest.state === 'running' || newest.state === 'stopped') ? newest : null;
    },
    told: () => [...memory.turns].flatMap(([id, turn]) => (isTold(turn) ? [id] : [])),
    async reload() {
      memory.rollouts = await readRollouts(state, rolloutsKept);
      const [newest] = memory.rollouts;
      memory.turns = newest ? await readTurns(state, newest.id) : new Map();
    },
  };
  await memory.reload();
  return memory;
}
