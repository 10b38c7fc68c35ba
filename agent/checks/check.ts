/**
 * The contract of a check. A check only reads; timing, counting, error handling and logging belong to the runner
 * (agent/schedule.ts). Adding one: a file beside this one, and a line in index.ts.
 */

import type { Clock } from '../../shared/clock.ts';
import type { SectionName } from '../../shared/inventory.ts';
import type { Log } from '../../shared/log.ts';
import { type Reason, ReasonedError } from '../../shared/reason.ts';
import type { Metric } from '../../shared/report.ts';

export interface RunLimits {
  timeoutMs: number;
  maxBytes?: number;
  /** Passed in full: the child sees nothing of the agent's own environment but a fixed PATH, HOME and LC_ALL=C. */
  env?: Record<string, string>;
  /** Lowest CPU and disk priority; for anything that takes noticeable time. Default true. */
  gentle?: boolean;
}

export interface RunResult {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** Why the runner ended it, if it did. */
  ended: 'timeout' | 'flood' | null;
  ms: number;
}

/**
 * The only way to start a program: no shell, arguments as a list, no standard input, LC_ALL=C, a time limit that kills
 * the whole process group, a cap on output, lowest priority. Rejects with NoData when the file does not exist.
 */
export type RunProgram = (file: string, args: readonly string[], limits: RunLimits) => Promise<RunResult>;

export interface CheckContext {
  clock: Clock;
  log: Log;
  /** `process.platform`, handed in so that a check can be tried against another system's files. */
  platform: NodeJS.Platform;
  /** Prefix of every absolute path a check reads ("" in production): tests point it at a captured tree. */
  root: string;
  /** Folder of the agent's own files, where local settings (checks.yaml) and drop files lie. Absent: there are none. */
  data?: string;
  /** State that a check keeps across restarts: a small JSON document per key. */
  memory: { get(key: string): unknown; set(key: string, value: unknown): void };
  run: RunProgram;
}

export interface Findings {
  metrics?: Metric[];
  /** Whole sections of the inventory, sent when they differ from what was sent last, and daily. */
  sections?: Partial<Record<SectionName, unknown>>;
  /** For doctor and the section `checks`: further observations, such as a backup tool without a job. */
  note?: Reason[];
}

export interface Check {
  name: string;
  /** Default interval in ms. */
  every: number;
  /** One line for `doctor`: what is read, with which privileges. */
  reads: string;
  /** Heavy checks run alone, never on battery, and start with a random delay. */
  heavy?: boolean;
  run(context: CheckContext): Promise<Findings>;
}

/** This machine has nothing of the kind (no swap, no RAID, no such tool). Not a failure; the reasons are shown. */
export class NoData extends ReasonedError {
  constructor(...reasons: readonly Reason[]) {
    super(...reasons);
    this.name = 'NoData';
  }
}
