/**
 * What the running agent knows of updates: what its collector lets it take, how far that is, and what root's record says. It
 * decides when a fetch begins, and nothing else; what it needs for that is small, for it stays in memory.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { type Reason, reason, reasonsInLog } from '../../shared/reason.ts';
import type { UpdateOrder } from '../../shared/report.ts';
import type { UpdateReport } from '../../shared/update.ts';
import { agentCommand } from '../lean.ts';
import type { Remote } from '../orders.ts';
import { programEnvironment, proxyWords } from '../programs.ts';
import { version } from '../version.ts';
import type { FetchOutcome } from './fetch.ts';
import { type InstalledPlace, packageLine, updatePlace } from './place.ts';
import { keysVersion, readRecord } from './record.ts';

export interface AgentUpdates {
  /** Null: the collector lets this machine take none. */
  offer(offer: UpdateOrder | null): void;
  /** For each birth. */
  report(): UpdateReport;
  stop(): void;
}

export interface UpdatesParts {
  data: string;
  allow: Remote['updates'];
  clock: Clock;
  log: Log;
  /** ms UTC of the last ack. */
  lastAck(): number | null;
  isOnBattery(): Promise<boolean>;
  /** The report has changed. */
  onChange(): void;
  place?: InstalledPlace;
}

/** Begun only where the collector has just confirmed something. */
const freshMs = 60_000;
/** Until the conditions hold, and while root is at work. */
const lookMs = 5000;
const idleAfterMs = 14 * 86_400_000;
/** Root's part begins within seconds, where there is one. */
const takenMs = 15 * 60_000;
const calmMs = 10_000;
/** After a fetch that failed. */
const retriesMs = [60_000, 300_000, 900_000, 3_600_000];

const isOlder = (a: string, b: string): boolean => {
  const [left = [], right = []] = [a, b].map((one) => one.split('.').map(Number));
  const at = [0, 1, 2].find((i) => left[i] !== right[i]);
  return at !== undefined && (left[at] ?? 0) < (right[at] ?? 0);
};

const aboutOf = ({ version: about, sequence }: UpdateReport) => ({
  ...(about && { version: about }),
  ...(sequence && { sequence }),
});

export function createUpdates(parts: UpdatesParts): AgentUpdates {
  const { data, allow, clock, log, lastAck, isOnBattery, onChange } = parts;
  const { home, target, form } = parts.place ?? updatePlace();
  const fixed = { allow, target, form, keys: home === null ? 0 : keysVersion(home, readRecord(home)) };
  let current: UpdateReport = { ...fixed, ...ofRecord() };
  let offered: UpdateOrder | null = null;
  let failures = 0;
  let nextAt = 0;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let stagedAt = 0;
  let timer: NodeJS.Timeout | null = null;
  let child: ChildProcess | null = null;

  /** What root has written last. */
  function ofRecord(): Pick<UpdateReport, 'state' | 'at'> & Partial<UpdateReport> {
    const record = home === null ? null : readRecord(home);
    const now = Math.round(clock.now());
    if (!record || record.version === null) return { state: 'idle', at: now };
    const { state, from, at } = record;
    if (state === 'proven' && clock.now() - at > idleAfterMs) return { state: 'idle', at: now };
    const why = record.reason === null ? {} : { reason: record.reason };
    return {
      state,
      version: record.version,
      sequence: record.sequence,
      at,
      ...(from === null ? {} : { from }),
      ...why,
    };
  }

  function show(state: UpdateReport['state'], more: Partial<UpdateReport> = {}): void {
    const next: UpdateReport = { ...fixed, state, at: Math.round(clock.now()), ...more };
    const { at: _before, ...before } = current;
    const { at: _after, ...after } = next;
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    current = next;
    const { reason: why, version: about, sequence } = next;
    log.info({ state, version: about, sequence, reason: why && reasonsInLog([why]) }, 'Update');
    onChange();
  }

  function follow(ms: number): void {
    if (timer) clearTimeout(timer);
    timer = setTimeout(look, ms);
    timer.unref();
  }

  /** Root is at work: its record changes. */
  function lookAtRecord(): void {
    const { state, at, ...more } = ofRecord();
    const isOfThis = state !== 'idle' && at >= stagedAt;
    if (isOfThis) show(state, { ...more, at });
    else if (clock.now() - stagedAt > takenMs)
      show('refused', { ...aboutOf(current), reason: reason('update_not_taken') });
    if (isAtWork()) follow(lookMs);
    else takeWaiting();
  }

  const isAtWork = () => current.state === 'staged' || current.state === 'trial';

  /** What was ordered while root was at work. The one that has just ended is no other. */
  function takeWaiting(): void {
    if (offered && (offered.allow !== current.version || offered.sequence !== current.sequence)) follow(0);
  }

  function look(): void {
    timer = null;
    if (isAtWork()) lookAtRecord();
    else void consider().catch((thrown) => log.warn({ reason: reasonOf(thrown) }, 'An update could not be begun'));
  }

  /** Why nothing is fetched, though it is offered; null: it may be. */
  function hindrance({ allow: wanted }: UpdateOrder): Reason | null {
    const line = packageLine(form, wanted, process.arch);
    if (line !== null) return reason('update_by_package_manager', { version: wanted, line });
    if (home === null) return reason('update_by_hand', { version: wanted });
    if (allow === 'notify') return reason('update_waits', { version: wanted });
    return fixed.keys === 0 ? reason('update_without_keys') : null;
  }

  async function consider(): Promise<void> {
    if (!offered || child || allow === 'off') return;
    const { allow: wanted, sequence, not_before } = offered;
    if (!isOlder(version, wanted)) return;
    const refused = home === null ? undefined : readRecord(home).refused[wanted];
    // As it is on record: refused, or fell back.
    if (refused && refused.sequence >= sequence) return;
    const hindered = hindrance(offered);
    if (hindered) return show('idle', { version: wanted, sequence, reason: hindered });
    const now = clock.now();
    const waitMs = Math.max(not_before === undefined ? 0 : Date.parse(not_before) - now, nextAt - clock.monotonic());
    if (waitMs > 0) return follow(Math.min(waitMs, 3_600_000));
    const acked = lastAck();
    if (acked === null || now - acked > freshMs || (await isOnBattery())) return follow(lookMs);
    fetch({ version: wanted, sequence });
  }

  function fetch(wanted: { version: string; sequence: number }): void {
    fetchedAt = clock.monotonic();
    show('downloading', wanted);
    const own = startFetch(data, wanted, (outcome) => {
      if (child !== own) return;
      child = null;
      take(wanted, outcome);
    });
    child = own;
  }

  function take(wanted: { version: string; sequence: number }, { state, reason: why }: FetchOutcome): void {
    const more = { ...wanted, ...(why && { reason: why }) };
    if (state === 'staged') {
      stagedAt = Math.floor(clock.now());
      failures = 0;
      show('staged', more);
      follow(lookMs);
      return;
    }
    nextAt = clock.monotonic() + (retriesMs[Math.min(failures++, retriesMs.length - 1)] ?? 0);
    // What is served may be mended; then the same offer holds.
    show(state === 'refused' ? 'refused' : 'downloading', more);
    follow(nextAt - clock.monotonic());
  }

  if (current.state === 'trial') follow(lookMs);

  return {
    offer(offer) {
      if (JSON.stringify(offer) === JSON.stringify(offered)) return;
      // However often another one is offered: one look at it in a while.
      if (offer?.allow !== offered?.allow || offer?.sequence !== offered?.sequence) {
        failures = 0;
        nextAt = fetchedAt + calmMs;
      }
      offered = offer;
      if (offer && !isAtWork()) follow(0);
    },
    report: () => current,
    stop() {
      if (timer) clearTimeout(timer);
      const ending = child;
      child = null;
      ending?.kill();
    },
  };
}

/** In a process of its own: what it loads is gone when it ends. */
function startFetch(
  data: string,
  { version: wanted, sequence }: { version: string; sequence: number },
  onEnd: (outcome: FetchOutcome) => void,
): ChildProcess {
  const words = ['--data', data, '--version', wanted, '--sequence', String(sequence)];
  const { file, args } = agentCommand(['update-fetch', ...words]);
  const child = spawn(file, args, { env: programEnvironment(proxyWords()), stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (text.length < 10_000) text += chunk;
  });
  child.on('error', () => {});
  child.on('close', (code) => onEnd(outcomeIn(text, code)));
  return child;
}

function outcomeIn(text: string, code: number | null): FetchOutcome {
  try {
    return JSON.parse(text) as FetchOutcome;
  } catch {
    return {
      state: 'failed',
      reason: reason('update_not_fetched', { text: `the process that fetches it ended with ${code}` }),
    };
  }
}
