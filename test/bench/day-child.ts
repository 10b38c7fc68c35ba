/** The process in which ./day.ts measures checks: FOLDER RUNS NAME …; prints the CPU of each run as JSON. */

import { readFileSync } from 'node:fs';
import { attempt } from '../../agent/attempt.ts';
import { createChecks } from '../../agent/checks/index.ts';
import { createContext, memoryPath } from '../../agent/context.ts';
import { openMemory } from '../../agent/memory.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';

export interface CheckCost {
  name: string;
  /** ms of CPU that this process had used before its first check. */
  start: number;
  /** ms of CPU of each run, the children's included. */
  ms: number[];
}

/** Clock ticks of a second: the kernel's USER_HZ, 100 on every Linux that Node runs on. */
const tickMs = 10;

/** ms of CPU: this process to the microsecond, children that have ended in ticks. */
function used(): number {
  const { user, system } = process.cpuUsage();
  const stat = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  return (user + system) / 1000 + (Number(stat[13]) + Number(stat[14])) * tickMs;
}

const [data = '', runs = '1', ...names] = process.argv.slice(2);
const context = createContext(data, systemClock, silentLog, openMemory(memoryPath(data), silentLog));
const start = used();
const costs: CheckCost[] = [];
for (const check of createChecks().filter(({ name }) => names.includes(name))) {
  const ms: number[] = [];
  for (let turn = 0; turn < Number(runs); turn += 1) {
    const before = used();
    await attempt(check, context, 120_000);
    ms.push(used() - before);
  }
  costs.push({ name: check.name, start, ms });
}
process.stdout.write(JSON.stringify(costs), () => process.exit(0));
