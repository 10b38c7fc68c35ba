/**
 * A clock that is moved by hand, and with it the timers of everything in this process: months pass in a minute, and each
 * part of a collector does its periodic work in between as it would have done.
 */
import type { Clock } from '../../../shared/clock.ts';

/** A collector that has not run for longer takes it that its process stood still, and judges nobody's silence. */
const stepMs = 5000;
/**
 * How often work runs here that a collector does every `upTo` ms: what looks every second whether something is due, at each
 * step; the rest at the full hours, at which planned work begins and ends. The last is what only keeps pages quick, which
 * nobody reads.
 */
const rhythms = [
  { upTo: 1000, every: 0 },
  { upTo: 600_000, every: 3_600_000 },
  { upTo: Number.POSITIVE_INFINITY, every: 86_400_000 },
] as const;
/** Waits this short only gather work: they end at the next turn of the event loop. */
const briefMs = 50;

export interface VirtualTime {
  clock: Clock;
  /** Goes on to an instant, ms UTC, step by step. */
  advance(to: number): Promise<void>;
  /** Lets everything run that needs no more time to pass. */
  turn(): Promise<void>;
  /** The timers are the system's again; those that still wait never run. */
  restore(): void;
}

type Run = (...args: unknown[]) => void;

/** Takes over the timers of this process until `restore`. @param startAt ms UTC */
export function startVirtualTime(startAt: number): VirtualTime {
  const real = { setInterval, clearInterval, setTimeout, clearTimeout };
  const realNow = Date.now;
  const timers = new Set<VirtualTimer>();
  let now = startAt;
  let brief = 0;

  class VirtualTimer {
    dueAt = 0;
    readonly ms: number;
    readonly repeats: boolean;
    readonly run: () => void;
    constructor(ms: number, repeats: boolean, run: () => void) {
      this.ms = ms;
      this.repeats = repeats;
      this.run = run;
      this.refresh();
    }
    refresh() {
      const { every } = rhythms.find(({ upTo }) => this.ms <= upTo) ?? rhythms[0];
      this.dueAt = every === 0 ? now + this.ms : Math.floor(now / every + 1) * every;
      timers.add(this);
      return this;
    }
    close() {
      timers.delete(this);
    }
    ref = () => this;
    unref = () => this;
    hasRef = () => false;
    [Symbol.dispose]() {
      this.close();
    }
  }

  const later =
    (repeats: boolean) =>
    (run: Run, ms = 0, ...args: unknown[]) => {
      const timer = new VirtualTimer(ms, repeats, () => run(...args));
      if (repeats || ms > briefMs) return timer;
      brief++;
      setImmediate(() => {
        brief--;
        if (timers.delete(timer)) timer.run();
      });
      return timer;
    };
  const clear = (timer: unknown) => {
    if (timer instanceof VirtualTimer) timer.close();
    else real.clearTimeout(timer as never);
  };
  Object.assign(globalThis, {
    setInterval: later(true),
    setTimeout: later(false),
    clearInterval: clear,
    clearTimeout: clear,
  });
  // Limits per minute, such as of log-ins, are of the minutes that pass here.
  Date.now = () => now;

  function runDue(): void {
    for (const timer of [...timers]) {
      if (timer.dueAt > now) continue;
      if (timer.repeats) timer.refresh();
      else timers.delete(timer);
      timer.run();
    }
  }

  async function turn(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (brief > 0);
  }

  return {
    clock: { now: () => now, monotonic: () => now },
    turn,
    async advance(until) {
      // A system's clock has whole milliseconds, and databases keep whole ones.
      const to = Math.ceil(until);
      while (now < to) {
        now = Math.min(to, now + stepMs);
        runDue();
        await turn();
      }
    },
    restore() {
      Object.assign(globalThis, real);
      Date.now = realNow;
    },
  };
}
