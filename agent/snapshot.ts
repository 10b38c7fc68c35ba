/**
 * How this machine is at the moment, in a few lines for whoever is to help: nothing of its processes, files or people. Pure.
 * What stands here is what a person is shown before they agree to send it.
 */
import type { Metric } from '../shared/report.ts';

const disksAtMost = 8;
const failedAtMost = 8;

const field = (metrics: readonly Metric[], name: string, key: string, tag?: (tags: Metric['tags']) => boolean) => {
  const value = metrics.find((one) => one.name === name && (!tag || tag(one.tags)))?.fields[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};
const percent = (value: number): string => `${Math.round(value)} %`;

/** @param uptimeS since the system started; null: not known */
export function snapshotOf(metrics: readonly Metric[], uptimeS: number | null): string {
  const cpu = field(metrics, 'cpu', 'usage_active', ({ cpu: which = 'cpu-total' }) => which === 'cpu-total');
  const memory = field(metrics, 'mem', 'used_percent');
  const disks = metrics.flatMap(({ name, tags, fields }) => {
    const used = fields.used_percent;
    return name === 'disk' && typeof used === 'number' ? [{ path: tags.path ?? '', used }] : [];
  });
  const fullest = disks.sort((a, b) => b.used - a.used).slice(0, disksAtMost);
  const failed = metrics.flatMap(({ name, tags, fields }) =>
    name === 'check' && fields.ok === 0 && tags.check !== undefined ? [tags.check] : [],
  );
  const lines = [
    cpu === null ? null : `CPU: ${percent(cpu)}`,
    memory === null ? null : `Memory: ${percent(memory)}`,
    ...fullest.map(({ path, used }) => `Disk ${path.slice(0, 80)}: ${percent(used)}`),
    uptimeS === null ? null : `Up for ${(uptimeS / 3600).toFixed(1)} h`,
    failed.length === 0 ? null : `Checks that failed: ${failed.slice(0, failedAtMost).join(', ')}`,
  ];
  return lines.filter((line) => line !== null).join('\n');
}
