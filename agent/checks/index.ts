/**
 * The list of checks. Adding one takes a file beside this one and a line here; it is tested by being listed. A check
 * with state of its own (the reading before) is made by a function, so that two agents in one process do not share it.
 *
 * Checks marked `heavy` run in a process of their own: only there are their modules loaded, if they import them inside `run`.
 */
import { backup } from './backup.ts';
import type { Check } from './check.ts';
import { cpu } from './cpu.ts';
import { custom } from './custom.ts';
import { disk } from './disk.ts';
import { diskio } from './diskio.ts';
import { hardware } from './hardware.ts';
import { health, healthSlow } from './health.ts';
import { host } from './host.ts';
import { logs } from './logs.ts';
import { memory } from './memory.ts';
import { network } from './network.ts';
import { osState } from './os-state.ts';
import { patches } from './patches.ts';
import { pressure } from './pressure.ts';
import { processes } from './processes.ts';
import { software } from './software.ts';
import { system } from './system.ts';
import { temperature } from './temperature.ts';

export function createChecks(): Check[] {
  return [
    cpu(),
    memory(),
    pressure(),
    disk(),
    diskio(),
    network(),
    system(),
    processes(),
    temperature(),
    host(),
    hardware(),
    backup(),
    patches,
    osState,
    health,
    healthSlow,
    software,
    custom(),
    logs(),
  ];
}
