/**
 * A clock that is moved by hand, and with it the timers of everything in this process: months pass in a minute, and each
 * part of a collector does its periodic work in between as it would have done.
 */
import type { Clock } from '../../../shared/clock.ts';

/** A collector that has not run for longer takes it that its process stood still, and judges nobody's silence. */
const stepMs = 5000;
/** Periodic work up to this rate runs at each step, what is up to a heartbeat at each event, and all at least once an hour. */
const quickMs = 1000;
const beatMs = 10_000;
const slowMs = 3_600_000;
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
      const isQuick = this.repeats && this.ms <= quickMs;
      this.dueAt = now + (isQuick ? this.ms : Math.max(this.ms, slowMs));
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

  function runDue(isEvent: boolean): void {
    for (const timer of [...timers]) {
      if (timer.dueAt > now && !(isEvent && timer.ms <= beatMs)) continue;
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
        runDue(now === to);
        await turn();
      }
    },
    restore() {
      Object.assign(globalThis, real);
      Date.now = realNow;
    },
  };
}
