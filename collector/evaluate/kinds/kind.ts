/**
 * The seam to kinds of rules: what can be judged, and how. A kind is one file beside this one and a line in index.ts.
 * It is judged by the metrics of a report (`measurement`, `judge`, `shown`), or by the presence of an endpoint and the
 * time (`judgeEndpoint`). All of it is pure but for the memory that is handed in.
 */
import { type TSchema, Type } from 'typebox';
import type { Metric, Report } from '../../../shared/report.ts';
import type { Fault } from '../../../shared/shape.ts';
import type { Endpoint } from '../../fleet/fleet.ts';
import type { Mean } from '../mean.ts';

/** Longer than this nobody waits, and nothing is kept: it is a slip, such as milliseconds for seconds. */
const year = 366 * 86_400;
export const seconds = (minimum: number) => Type.Number({ minimum, maximum: year });

/** A loss record is no metric; this is the one made of it, so that a rule can speak of it. */
export const lossMeasurement = 'loss';

/** `hold`: below the limit, not yet on the good side of `clear`. `none`: a field is missing, so nothing can be said. */
export type RuleStatus = 'breach' | 'hold' | 'clear' | 'none';

/** What evaluation remembers of one endpoint between its reports. Lost at a restart, and rebuilt. */
export interface RuleMemory {
  counters: Map<string, number>;
  means: Map<string, Mean>;
  /** When an awaited value last came, by rule id. */
  seen: Map<string, number>;
  /** When this collector first heard of the endpoint. */
  since: number;
}

export const createMemory = (since = 0): RuleMemory => ({
  counters: new Map(),
  means: new Map(),
  seen: new Map(),
  since,
});

export interface Shown {
  value: number | null;
  threshold: number | null;
}

/** The part of a rule that a kind sees. */
export interface RuleOf<When> {
  id: string;
  when: When;
}

export interface RuleKind<When = never> {
  kind: string;
  /** Its alerts go on while the endpoint is away; all others are unknown then. */
  whileAway?: true;
  /** Of `when`. */
  schema: TSchema;
  /** What is wrong beyond the schema and the catalogue, by its place in `when`; of its parts any may be missing or wrong. */
  faults?(when: Readonly<Record<string, unknown>>): Fault[];
  /** `disk.used_percent`: what people see that it is about. */
  metric(when: When): string;
  /** The limit that people see. */
  limit(when: When): number;
  /** Whether it is about what has these tags; left out: about all. */
  covers?(when: When, tags: Readonly<Record<string, string>>): boolean;
  /** The measurement whose metrics it judges. */
  measurement?(when: When): string;
  /** Undefined: the rule is not about this metric. */
  judge?(rule: RuleOf<When>, metric: Metric, report: Report, memory: RuleMemory, now: number): RuleStatus | undefined;
  /** Asked only where an alert begins or goes on. */
  shown?(rule: RuleOf<When>, metric: Metric, report: Report, memory: RuleMemory): Shown;
  /** Remembers of a live report what `judgeEndpoint` will need. @returns whether it may end an alert */
  note?(rule: RuleOf<When>, report: Report, memory: RuleMemory, now: number): boolean;
  /** @returns `dueAt`: when time alone will change the answer, ms UTC; null when it will not */
  judgeEndpoint?(
    rule: RuleOf<When>,
    endpoint: Endpoint,
    memory: RuleMemory,
    now: number,
  ): Shown & { status: RuleStatus; dueAt: number | null };
}
