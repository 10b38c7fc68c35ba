/** The name under which memory of evaluation keeps what it knows of one series of one rule. */
import type { Metric } from '../../shared/report.ts';

/** Tags in the order in which they come: an agent that changes it starts a mean anew, which is cheaper than sorting. */
export function memoryKey(rule: string, part: string | number, metric: Metric): string {
  let key = `${rule}#${part}`;
  for (const name in metric.tags) key += `,${name}=${metric.tags[name]}`;
  return key;
}

export function carries(tags: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  for (const name in wanted) if (tags[name] !== wanted[name]) return false;
  return true;
}
