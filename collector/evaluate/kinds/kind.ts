/**
 * The interface of kinds of rules: what is evaluated, and how. A kind is one file beside this one and a line in
 * index.ts. It is evaluated on the metrics of a report (`measurement`, `judge`, `shown`), or on the presence of an
 * endpoint and the time (`judgeEndpoint`). All of it is pure but for the memory that is passed in.
 */
import { type TSchema, Type } from 'typebox';
import type { Metric, Report } from '../../../shared/report.ts';
import type { Fault } from '../../../shared/shape.ts';
import type { Endpoint } from '../../fleet/fleet.ts';
import { Recent } from '../../recent.ts';
import type { RuleStatus } from '../compare.ts';
import type { ChangeMemory, RateMemory, RisingMemory, UsualMemory } from '../kept.ts';
import type { Mean } from '../mean.ts';

/** Maximum duration, in seconds: a longer one is a mistake, such as milliseconds for seconds. */
const year = 366 * 86_400;
export const seconds = (minimum: number) => Type.Number({ minimum, maximum: year });

/** A loss record is no metric; this is the metric made of it, so that rules can refer to it. */
export const lossMeasurement = 'loss';

export type { RuleStatus } from '../compare.ts';

/** What an expression may look at beside the report: names as in cel.ts. */
export interface EndpointView {
  endpoint(): Readonly<Record<string, unknown>>;
  inventory(): Readonly<Record<string, unknown>>;
  /** Newest fields of the first instance; undefined: none that still counts. */
  latest(measurement: string): Readonly<Record<string, number>> | undefined;
  /** What is usual of a series at an instant; undefined: not known yet. Left out: nothing is. */
  usual?(metric: string, tags: Readonly<Record<string, string>>, at: number): UsualBounds | undefined;
}

/** NaN: too little is known of this hour. */
export interface UsualBounds {
  low: number;
  high: number;
  /** Since when it is learned anew, ms UTC; null: it has been so all the time. */
  since: number | null;
}

/** Memory of evaluation per endpoint between its reports. Lost at a restart, and rebuilt. */
export interface RuleMemory {
  counters: Recent<number>;
  means: Recent<Mean>;
  rates: Recent<RateMemory>;
  changes: Recent<ChangeMemory>;
  risings: Recent<RisingMemory>;
  usuals: Recent<UsualMemory>;
  /** The series of the last stretch outside of what is usual that may be said, and when it began. */
  unusual: { key: string; since: number; isLong: boolean } | null;
  /** When an awaited value last came, by rule id. */
  seen: Map<string, number>;
  /** When this collector first received something from the endpoint. */
  since: number;
  view: EndpointView | null;
}

export const createMemory = (since = 0, view: EndpointView | null = null): RuleMemory => ({
  counters: new Recent(since),
  means: new Recent(since),
  rates: new Recent(since),
  changes: new Recent(since),
  risings: new Recent(since),
  usuals: new Recent(since),
  unusual: null,
  seen: new Map(),
  since,
  view,
});

/** What has not come for days leaves memory. To be called about once per hour. */
export function forgetOld({ counters, means, rates, changes, risings, usuals }: RuleMemory, now: number): void {
  for (const one of [counters, means, rates, changes, risings, usuals]) one.turn(now);
}

export interface Shown {
  value: number | null;
  threshold: number | null;
}

/** The part of a rule that a kind sees. */
export interface RuleOf<When> {
  id: string;
  when: When;
  /** Of a kind that explains: whether it alerts as well. */
  notify?: boolean;
}

export interface RuleKind<When = never> {
  kind: string;
  /** Its alerts go on while the endpoint is away; all others are unknown then. */
  whileAway?: true;
  /** Explains the alerts of other rules; makes some of its own only where `notify` is set. */
  explains?: true;
  /** Of `when`. */
  schema: TSchema;
  /** Faults beyond the schema and the catalogue, by their place in `when`; any part of that may be missing or wrong. */
  faults?(when: Readonly<Record<string, unknown>>): Fault[];
  /** `disk.used_percent`: the metric that people see. */
  metric(when: When): string;
  /** The limit that people see. */
  limit(when: When): number;
  /** Whether it applies to an instance with these tags; left out: to all. */
  covers?(when: When, tags: Readonly<Record<string, string>>): boolean;
  /** The measurement whose metrics it evaluates. */
  measurement?(when: When): string;
  /** All measurements that it needs, where it is more than that one. */
  looksAt?(when: When): readonly string[];
  /** Undefined: the rule does not apply to this metric. */
  judge?(rule: RuleOf<When>, metric: Metric, report: Report, memory: RuleMemory, now: number): RuleStatus | undefined;
  /** It must see each sample once: the newest one a second time would change its result. Left out: it need not. */
  remembers?(when: When): boolean;
  /** After a message about one of its series nothing is said of it for so long, unless it is worse: ms. */
  againMs?: number;
  /** The newest values alone never breach it, though a second look at them changes nothing. */
  needsHistory?: true;
  /** Called only where an alert begins or goes on. */
  shown?(rule: RuleOf<When>, metric: Metric, report: Report, memory: RuleMemory): Shown;
  /** Stores from a live report what `judgeEndpoint` needs. @returns whether it may end an alert */
  note?(rule: RuleOf<When>, report: Report, memory: RuleMemory, now: number): boolean;
  /** @returns `dueAt`: when time alone will change the answer, ms UTC; null when it will not */
  judgeEndpoint?(
    rule: RuleOf<When>,
    endpoint: Endpoint,
    memory: RuleMemory,
    now: number,
  ): Shown & { status: RuleStatus; dueAt: number | null };
}
