/**
 * The interface of kinds of targets: one file per kind beside this one, and a line in index.ts. A kind looks once and says
 * what it saw; when, how often and what follows are the watcher's (watch.ts) and the collector's.
 */
import { EvenkeelError, reasonOf } from '../errors.ts';
import type { Outgoing } from '../outgoing.ts';
import type { Metric } from '../report.ts';
import { type TargetResult, type TargetSettings, targetResults } from '../target.ts';

export interface TargetContext {
  /** Which addresses may be reached; each connection asks it. */
  outgoing: Outgoing;
  /** ms; a kind that waits for several things divides it. */
  timeoutMs: number;
  /** Aborted at the end of that time. */
  signal: AbortSignal;
  monotonic(): number;
  /** Starts one of the system's own programs: fixed folders, fixed environment, no shell. Null: there is none. */
  run(program: string, args: readonly string[]): Promise<{ code: number | null; stdout: string } | null>;
}

/** Numbers of the measurement `target`, and whole metrics of others (interfaces, UPS, printer). */
export interface TargetSeen {
  fields: Record<string, number>;
  more?: Pick<Metric, 'name' | 'tags' | 'fields'>[];
  /** What it is about, beyond its code: for the person who tries it. Never a secret. */
  detail?: string;
}

export interface TargetKind {
  kind: string;
  /** @throws TargetProblem, or whatever the connection throws: problemIn makes one of it */
  check(settings: TargetSettings, context: TargetContext): Promise<TargetSeen>;
}

/** The target is not as it should be, with what was measured until then. */
export class TargetProblem extends Error {
  readonly result: TargetResult;
  readonly seen: TargetSeen;
  constructor(result: TargetResult, detail: string, seen: Partial<TargetSeen> = {}) {
    super(detail);
    this.name = 'TargetProblem';
    this.result = result;
    this.seen = { fields: {}, detail, ...seen };
  }
}

export interface TargetOutcome {
  result: TargetResult;
  seen: TargetSeen;
}

const byCode: Readonly<Record<string, TargetResult>> = {
  ...{ ECONNREFUSED: 'refused', ENOTFOUND: 'unresolved', EAI_AGAIN: 'unresolved', ENODATA: 'unresolved' },
  ...{ ETIMEDOUT: 'timeout', ETIMEOUT: 'timeout', ABORT_ERR: 'timeout', EHOSTUNREACH: 'unreachable' },
  ...{
    ENETUNREACH: 'unreachable',
    EHOSTDOWN: 'unreachable',
    TARGET_NOT_ALLOWED: 'not_allowed',
    TARGET_NEVER_ALLOWED: 'not_allowed',
  },
};

/** The same errors are those of channels, which have another setting. */
const notAllowed: Readonly<Record<string, string>> = {
  TARGET_NOT_ALLOWED:
    'it is not looked there: add the address, its range or the name to targets.allow (evenkeel.yaml of the collector, agent.settings.json of an agent), and start again',
  TARGET_NEVER_ALLOWED:
    'it is never looked there: clouds hand out the credentials of machines at this address, or it is valid on one cable only; no setting opens it, so correct the address',
};

/** Whatever was thrown as one of the results. */
function problemIn(thrown: unknown, isOver: boolean): TargetProblem {
  if (thrown instanceof TargetProblem) return thrown;
  if (isOver) return new TargetProblem('timeout', 'no answer in time');
  // Several addresses were tried: what the first one said.
  const one = thrown instanceof AggregateError ? (thrown.errors[0] as unknown) : thrown;
  const code = one instanceof EvenkeelError ? one.code : (one as NodeJS.ErrnoException).code;
  return new TargetProblem(byCode[code ?? ''] ?? 'broken', (notAllowed[code ?? ''] ?? reasonOf(one)).slice(0, 300));
}

/** Looks once, within the time, whatever the kind does. Never rejects. */
export async function lookAt(
  kind: TargetKind,
  settings: TargetSettings,
  context: Omit<TargetContext, 'signal'>,
): Promise<TargetOutcome> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), context.timeoutMs);
  const over = new Promise<never>((_, reject) => {
    ending.signal.addEventListener('abort', () => reject(new TargetProblem('timeout', 'no answer in time')));
  });
  const startedAt = context.monotonic();
  try {
    const seen = await Promise.race([kind.check(settings, { ...context, signal: ending.signal }), over]);
    return { result: 'ok', seen: { ...seen, fields: { total_ms: msSince(context, startedAt), ...seen.fields } } };
  } catch (thrown) {
    const { result, seen } = problemIn(thrown, ending.signal.aborted);
    return { result, seen };
  } finally {
    clearTimeout(timer);
    // Whatever it left open ends with it.
    ending.abort();
  }
}

export const msSince = ({ monotonic }: Pick<TargetContext, 'monotonic'>, from: number): number =>
  Math.round((monotonic() - from) * 100) / 100;

/** The metrics of an outcome, as they travel. */
export function metricsOf(
  { id, kind }: { id: string; kind: string },
  { result, seen }: TargetOutcome,
  timestamp: number,
): Metric[] {
  const number = targetResults[result];
  const fields = { ...seen.fields, result: number, ...(number >= 100 ? {} : { up: number === 0 ? 1 : 0 }) };
  const tags = { target: id, kind };
  return [
    { name: 'target', tags, fields, timestamp },
    ...(seen.more ?? []).map((one) => ({ ...one, tags: { target: id, ...one.tags }, timestamp })),
  ];
}
