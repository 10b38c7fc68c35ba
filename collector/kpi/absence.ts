/**
 * The cause of a gap without proof of life: the agent ended, the machine restarted in order, crashed, lost power, slept
 * or hung, or only the connection was down. Pure. A verdict names the facts it rests on; without any it is unknown.
 */
import { length, type Span, subtract } from '../../shared/intervals.ts';

export type EndpointClass = 'server' | 'workstation';
export type TimelineState = 'up' | 'down' | 'idle' | 'unknown' | 'maintenance';

/** Facts that an agent reports about itself and its machine when it signs on. Null: not reported by an older agent. */
export interface SignedOn {
  bootId: string | null;
  /** When the agent's process started, by its own clock: distinguishes one process from the next. */
  startedAt: number | null;
  /** How the run before ended: of the machine where it has restarted since, else of the agent. */
  ended: 'clean' | 'unclean' | 'unknown' | null;
  cause: 'crash' | 'power_loss' | null;
  source: ShutdownSource | null;
  /** ms since the machine started. */
  uptimeMs: number | null;
  /** Since the last birth that was delivered: asleep, and awake while the agent did not run. */
  sleptMs: number | null;
  stoodStillMs: number | null;
  /** Whether memory or disks had stopped all work when the agent ran again. */
  stalled: boolean | null;
}

const sources = ['login_records', 'journal', 'crash_dump', 'event_log', 'agent'] as const;
export type ShutdownSource = (typeof sources)[number];

const oneOf = <T extends string>(list: readonly T[], value: unknown): T | null =>
  list.find((one) => one === value) ?? null;
const msOf = (seconds: unknown): number | null => (typeof seconds === 'number' ? seconds * 1000 : null);

/** Facts as an agent reported them, saved unchanged. @param reason what stands in their place in older rows */
export function birthOf(
  bootId: string | null,
  reason: string | null,
  facts: Readonly<Record<string, unknown>>,
): SignedOn {
  return {
    bootId,
    startedAt: typeof facts.started_at === 'number' ? facts.started_at : null,
    ended: oneOf(['clean', 'unclean', 'unknown'] as const, facts.previous_shutdown ?? reason),
    cause: oneOf(['crash', 'power_loss'] as const, facts.shutdown_cause),
    source: oneOf(sources, facts.shutdown_source),
    uptimeMs: msOf(facts.uptime_s),
    sleptMs: msOf(facts.slept_s),
    stoodStillMs: msOf(facts.stood_still_s),
    stalled: typeof facts.stalled === 'boolean' ? facts.stalled : null,
  };
}

/** Facts about one endpoint, in codes; they are put into words for the reader. */
export type Evidence =
  | 'reported'
  | 'will'
  | 'silent'
  | 'unnoticed'
  | 'goodbye'
  | 'not_back'
  | 'same_boot'
  | 'new_boot'
  | 'same_agent'
  | 'new_agent'
  | 'agent_unclean'
  | 'agent_clean'
  | 'same_connection'
  | 'slept'
  | 'stood_still'
  | 'stalled'
  | 'not_stalled'
  | 'shutdown_clean'
  | 'shutdown_unclean'
  | 'shutdown_unknown'
  | 'booted_before'
  | 'delivered_late'
  | 'nothing_delivered'
  | 'no_collector'
  | `from_${ShutdownSource}`;

export interface Stretch extends Span {
  state: TimelineState;
  cause: string | null;
  evidence: readonly Evidence[];
}

/** A stretch as judged from signals, before delivered reports and gaps in the collector's own watch are applied. */
export interface Judged extends Stretch {
  /** The machine's own records prove it, also where no collector was watching. */
  recorded?: boolean;
  /** Concluded from missing reports alone: a hole as short as a proof of life is valid may be bridged. */
  silence?: boolean;
}

/** A gap without proof of life, before its cause is found. `why` is the reason of a sign-off, or how it was noticed. */
export interface Absence extends Span {
  why: string;
  /** The last birth before it. */
  before: SignedOn | null;
  back?: Return | undefined;
}

export interface Return {
  at: number;
  birth: SignedOn | null;
  /** Old form of the same fact, where no birth is known. */
  unclean?: boolean | undefined;
  backfilled?: boolean | undefined;
  /** Reports went on in the same connection. */
  sameConnection?: boolean | undefined;
}

export interface AbsenceRules {
  class: EndpointClass;
  crashCapMs?: number | undefined;
  /** Time proved by reports delivered later. */
  proved?: readonly Span[] | undefined;
}

const inferred = new Set(['lost', 'silent', 'unnoticed']);
/** A machine that is up for longer than this before its agent signs on was not delayed by its own start. */
const startMs = 300_000;
/** How far a boot time computed from an uptime may be off. */
const bootSlackMs = 60_000;

export const isInferred = (absence: Pick<Absence, 'why'>) => inferred.has(absence.why);

export function judgeAbsence(absence: Absence, rules: AbsenceRules): Judged[] {
  const { start, end, why, back } = absence;
  const span = { start, end };
  if (back?.backfilled) return [{ ...span, state: 'up', cause: 'disconnected', evidence: ['delivered_late'] }];
  // An agent that was stopped on purpose is no evidence about its machine.
  if (why === 'unknown' || why === 'stop' || why === 'agent_stop')
    return [{ ...span, state: 'unknown', cause: why, evidence: why === 'unknown' ? [] : ['goodbye'] }];
  const off = rules.class === 'server' ? 'down' : 'idle';
  if (!isInferred(absence)) {
    const crashes = rules.class === 'server' && back?.unclean && runsOf(absence) !== 'same';
    const evidence: Evidence[] = why === 'off' ? [] : crashes ? ['goodbye', 'shutdown_unclean'] : ['goodbye'];
    return [{ ...span, state: off, cause: crashes ? 'crash' : why, evidence }];
  }
  const noticed: Evidence = why === 'lost' ? 'will' : why === 'silent' ? 'silent' : 'unnoticed';
  if (!back) return [{ ...span, state: off, cause: why, evidence: [noticed, 'not_back'], silence: true }];
  if (back.sameConnection && !back.birth)
    return [{ ...span, state: 'unknown', cause: why, evidence: [noticed, 'same_connection'], silence: true }];
  switch (runsOf(absence)) {
    case 'new':
      return restarted(absence, back, rules, noticed);
    case 'same':
      return sameRun(absence, back, rules, noticed);
    case 'not_known':
      if (back.unclean) return crashed(span, 'crash', [noticed, 'shutdown_unclean'], rules);
      return [{ ...span, state: off, cause: why, evidence: [noticed], silence: true }];
  }
}

/** Whether the machine was restarted during the absence. */
export function runsOf({ start, before, back }: Absence): 'same' | 'new' | 'not_known' {
  const birth = back?.birth;
  if (!back || !birth || !before) return 'not_known';
  const bootedAt = birth.uptimeMs === null ? null : back.at - birth.uptimeMs;
  if (before.bootId === null || birth.bootId === null) return 'not_known';
  if (sameBoot(before.bootId, birth.bootId))
    // A container has the boot id of its host, and an uptime of its own.
    return bootedAt !== null && bootedAt > start ? 'new' : 'same';
  // Where an id is made from the wall clock, setting the clock changes it.
  return bootedAt !== null && bootedAt < start - bootSlackMs ? 'same' : 'new';
}

/** Ids made from a boot time (`boot-<number of two minutes>`) may fall to either side of a limit. */
export function sameBoot(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [a, b].map((id) => Number(/^boot-(\d{1,12})$/.exec(id)?.[1] ?? Number.NaN)) as [number, number];
  return Math.abs(x - y) <= 1;
}

/** Down for everyone where the machine reports a crash; a workstation only for as long as people notice. */
function crashed(span: Span, cause: string, evidence: Evidence[], rules: AbsenceRules): Judged[] {
  const cap = rules.class === 'server' ? span.end : Math.min(span.end, span.start + (rules.crashCapMs ?? 3_600_000));
  const part = { cause, evidence };
  return [
    { ...part, start: span.start, end: cap, state: 'down', recorded: true },
    { ...part, start: cap, end: span.end, state: 'idle' },
  ];
}

function restarted({ start, end }: Absence, { at, birth }: Return, rules: AbsenceRules, noticed: Evidence): Judged[] {
  const { ended, cause, source, uptimeMs } = birth as SignedOn;
  const bootedAt = uptimeMs === null ? at : Math.max(start, at - uptimeMs);
  const upAt = at - bootedAt > startMs ? bootedAt : end;
  const off = { start, end: upAt };
  const evidence: Evidence[] = [noticed, 'new_boot', `shutdown_${ended ?? 'unknown'}`];
  if (source !== null) evidence.push(`from_${source}`);
  const late: Judged = { start: upAt, end, state: 'unknown', cause: 'agent_late', evidence: ['booted_before'] };
  if (ended === 'unclean') {
    const found = cause === null ? 'crash' : cause === 'crash' ? 'kernel_crash' : cause;
    return [...crashed(off, found, evidence, rules), late];
  }
  const state = rules.class === 'server' ? 'down' : 'idle';
  return [{ ...off, state, cause: ended === 'clean' ? 'restart' : 'restart_unknown', evidence }, late];
}

/** The machine was not restarted: what happened to it or its agent meanwhile? */
function sameRun(absence: Absence, { birth }: Return, rules: AbsenceRules, noticed: Evidence): Judged[] {
  const { start, end, why, before } = absence;
  const { startedAt, ended, sleptMs, stoodStillMs, stalled, uptimeMs } = birth as SignedOn;
  const as = (state: TimelineState, cause: string, ...evidence: Evidence[]): Judged[] => [
    { start, end, state, cause, evidence: [noticed, 'same_boot', ...evidence] },
  ];
  const known = startedAt !== null && before?.startedAt != null;
  if (known && startedAt !== before.startedAt)
    return as(
      'unknown',
      'agent_ended',
      'new_agent',
      ...(ended === 'unclean' || ended === 'clean' ? [`agent_${ended}` as const] : []),
    );
  const open = length(subtract([{ start, end }], rules.proved ?? []));
  const explains = (ms: number | null) => ms !== null && ms > 0 && 2 * ms >= open;
  if (explains(sleptMs)) return as(rules.class === 'server' ? 'down' : 'idle', 'sleep', 'slept');
  if (explains(stoodStillMs)) {
    if (stalled) return as('down', 'hung', 'stood_still', 'stalled');
    return as('unknown', 'stood_still', 'stood_still', ...(stalled === false ? (['not_stalled'] as const) : []));
  }
  // An agent that does not watch its clocks is no evidence that a laptop did not sleep.
  const hasUptime = uptimeMs !== null;
  const [found] = as(
    rules.class === 'workstation' && !hasUptime ? 'idle' : 'unknown',
    known && (hasUptime || rules.class === 'server') ? 'disconnected' : why,
    ...(known ? (['same_agent'] as const) : []),
    'nothing_delivered',
  ) as [Judged];
  return [{ ...found, silence: true }];
}
