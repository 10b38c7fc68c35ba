/**
 * The context that every check gets. Apart from the wiring, so that the process of the heavy checks need not load the
 * MQTT session.
 */
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { CheckContext } from './checks/check.ts';
import type { AgentMemory } from './memory.ts';
import { run } from './run.ts';

/** The folder in which checks remember, below the agent's own. */
export const memoryPath = (data: string) => join(data, 'memory');

/** Everything that a check may use. */
export function createContext(data: string, clock: Clock, log: Log, memory: AgentMemory): CheckContext {
  return { clock, log, platform: process.platform, root: '', data, memory, run };
}
