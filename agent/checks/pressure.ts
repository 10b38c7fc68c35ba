/**
 * Pressure stall information: the share of time in which tasks waited. It measures contention, where utilisation
 * measures only use.
 */
import { reason } from '../../shared/reason.ts';
import { readContainer } from '../platform/container.ts';
import { readText } from '../platform/read.ts';
import { type Check, NoData } from './check.ts';
import { metric } from './reading.ts';

export interface Stall {
  avg10: number;
  avg60: number;
  avg300: number;
  totalUs: number;
}

const figures = ' avg10=(\\d{1,3}\\.\\d+) avg60=(\\d{1,3}\\.\\d+) avg300=(\\d{1,3}\\.\\d+) total=(\\d+)$';
const lines = { some: new RegExp(`^some${figures}`, 'm'), full: new RegExp(`^full${figures}`, 'm') };

/** `/proc/pressure/*`. `full` is missing for cpu on kernels before 5.13. Total. */
export function parsePressure(text: string): { some: Stall | null; full: Stall | null } {
  const line = (type: 'some' | 'full'): Stall | null => {
    const match = lines[type].exec(text);
    if (!match) return null;
    const [avg10, avg60, avg300, totalUs] = match.slice(1).map(Number) as [number, number, number, number];
    return [avg10, avg60, avg300, totalUs].every(Number.isFinite) ? { avg10, avg60, avg300, totalUs } : null;
  };
  return { some: line('some'), full: line('full') };
}

const resources = ['cpu', 'memory', 'io'] as const;

export function pressure(): Check {
  let inside: boolean | undefined;
  return {
    name: 'pressure',
    every: 10_000,
    reads: '/proc/pressure, in a container its control group (Linux with PSI switched on); no rights needed',
    async run(context) {
      const now = context.clock.now();
      // In a container /proc/pressure is the host's; the group has files of the same form.
      inside ??= readContainer(context.root) !== null;
      const fileOf = (resource: string) =>
        inside ? `/sys/fs/cgroup/${resource}.pressure` : `/proc/pressure/${resource}`;
      const metrics = resources.flatMap((resource) => {
        // With psi=0 the file is missing, or there and not readable.
        const { some, full } = parsePressure(readText(context.root, fileOf(resource)) ?? '');
        // For the whole system cpu "full" means nothing and is always 0.
        const kept = { some, ...(resource === 'cpu' ? {} : { full }) };
        return Object.entries(kept).flatMap(([type, stall]) => {
          if (stall === null) return [];
          const { totalUs, ...averages } = stall;
          return metric('pressure', { resource, type }, { ...averages, total: Math.round(totalUs / 1000) }, now);
        });
      });
      if (metrics.length === 0) throw new NoData(reason('pressure_off'));
      return { metrics };
    },
  };
}
