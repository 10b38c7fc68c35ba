/** Each connection of the embedded broker is an open file: beyond the limit of the system agents are refused without a word. */
import { existsSync, readFileSync } from 'node:fs';
import type { Log } from '../shared/log.ts';
import type { Fleet } from './fleet/fleet.ts';

/** Pages, databases, segments and webhooks. */
const besides = 500;

/** @param limits as in `/proc/self/limits` @returns what to do where the limit is below what these need; null where it is not */
export function filesWarning(limits: string, endpoints: number): string | null {
  const most = Number(/^Max open files\s+(\d+)\s/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  if (endpoints + besides <= most) return null;
  return `The system lets this process open ${most} files, and ${endpoints} endpoints need ${endpoints + besides}: agents will be refused. Raise LimitNOFILE of the unit, or \`ulimit -n\` before a start by hand.`;
}

export function warnOfFiles(fleet: Pick<Fleet, 'all'>, log: Log, path = '/proc/self/limits'): void {
  if (!existsSync(path)) return;
  const warning = filesWarning(readFileSync(path, 'utf8'), [...fleet.all()].length);
  if (warning !== null) log.warn({}, warning);
}
