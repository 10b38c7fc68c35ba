/** Own checks of an endpoint for `checks.yaml`: monitoring plugins as they are, and commands that misbehave. */
import { existsSync, readFileSync } from 'node:fs';
import type { HealthItem } from '../../shared/inventory.ts';

export const plugins =
  ['/usr/lib/nagios/plugins', '/usr/lib64/nagios/plugins'].find((place) => existsSync(`${place}/check_disk`)) ?? null;

export interface OwnCheck {
  name: string;
  command: string[];
  status: HealthItem['status'];
  /** What people must read: a code, or part of the message. */
  words: string;
  /** More settings, as YAML. */
  more?: string;
}

const misbehaving = (marks: string): OwnCheck[] => [
  {
    name: 'hangs',
    command: ['sleep', '300'],
    status: 'unknown',
    words: 'check_too_slow',
    more: 'timeout: 1s',
  },
  { name: 'floods', command: ['yes'], status: 'unknown', words: 'check_too_loud', more: 'every: 10m' },
  {
    name: 'forks',
    command: ['sh', '-c', `for i in 1 2 3 4 5 6 7 8 9; do sleep 300 & echo $! >> ${marks}; done; wait`],
    status: 'unknown',
    words: 'check_too_slow',
    more: 'timeout: 2s, every: 10m',
  },
  {
    name: 'json',
    command: ['echo', '{"status": "warning", "message": "late", "metrics": {"queue": 7}}'],
    status: 'warning',
    words: 'late',
    more: 'output: json',
  },
];

const real = (folder: string): OwnCheck[] => [
  {
    name: 'disk',
    command: [`${folder}/check_disk`, '-w', '1%', '-c', '0%', '-p', '/'],
    status: 'ok',
    words: 'DISK OK',
  },
  {
    name: 'tight',
    command: [`${folder}/check_disk`, '-w', '100%', '-c', '0%', '-p', '/'],
    status: 'warning',
    words: 'DISK WARNING',
  },
  { name: 'load', command: [`${folder}/check_load`, '-w', '1000', '-c', '2000'], status: 'ok', words: 'load average' },
  { name: 'dummy', command: [`${folder}/check_dummy`, '2', 'bad'], status: 'critical', words: 'bad' },
];

/** @param marks file to which the forking command writes the numbers of its children */
export function ownChecks(marks: string): { checks: OwnCheck[]; lines: string[] } {
  const checks = [...misbehaving(marks), ...(plugins === null ? [] : real(plugins))];
  const lines = checks.map(
    ({ name, command, more }) => `  - {name: ${name}, command: ${JSON.stringify(command)}${more ? `, ${more}` : ''}}`,
  );
  return { checks, lines };
}

/** A killed orphan may wait for its new parent as a zombie: that is ended too. */
export function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // No such process any more.
    return false;
  }
}
