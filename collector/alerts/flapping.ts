/**
 * Detects flapping. Pure. Time is cut into slots; a slot's bit is set when the state or the level changed in it.
 * Newer slots weigh more (80 + 2 i, i = 0 oldest … 19 newest): six changes in six slots within 45 minutes start it;
 * five never do. Counted in slots of minutes, not in check results: at one every 10 s, results would cover 200 s only.
 */
export interface FlapSettings {
  slotMs: number;
  slots: number;
  /** Percent: it starts above `high`, at a change; it ends below `low`, at the begin of a slot. */
  high: number;
  low: number;
}

export const flapSettings: FlapSettings = { slotMs: 180_000, slots: 20, high: 30, low: 25 };

/** What begins to flap within this time after its flapping ended is stable only after so many slots without a change. */
export const againMs = 3_600_000;
const calmSlots = 10;

/** Numbers of the slots in which something changed, ascending; only those that still count. */
export type FlapBits = readonly number[];
export const noFlaps: FlapBits = [];

const slotOf = (at: number, { slotMs }: FlapSettings) => Math.floor(at / slotMs);

/** Percent at the slot `now`. In integers until the division, so that no limit is missed by rounding. */
export function flapPercent(bits: FlapBits, now: number, settings: FlapSettings = flapSettings): number {
  let sum = 0;
  for (const slot of bits) {
    const age = slotOf(now, settings) - slot;
    if (age >= 0 && age < settings.slots) sum += 80 + 2 * (settings.slots - 1 - age);
  }
  return sum / settings.slots;
}

/** The bits after a change at `at`. */
export function withChange(bits: FlapBits, at: number, settings: FlapSettings = flapSettings): FlapBits {
  const slot = slotOf(at, settings);
  const kept = bits.filter((one) => slot - one < settings.slots && one !== slot);
  return [...kept, slot];
}

export const startsFlapping = (bits: FlapBits, at: number, settings: FlapSettings = flapSettings): boolean =>
  flapPercent(bits, at, settings) > settings.high;

/** When a flapping alert is stable if nothing changes any more: the begin of a slot, ms UTC. */
export function stableAt(bits: FlapBits, settings: FlapSettings = flapSettings): number {
  let slot = Math.max(0, ...bits);
  while (flapPercent(bits, slot * settings.slotMs, settings) >= settings.low) slot++;
  return slot * settings.slotMs;
}

/**
 * When the flapping of an alert is over. What changes every ten minutes is just at the limits: its flapping would end
 * before each of its changes and begin with it, and both would be said each time. So the second time is not as easily over.
 */
export function flappingEndsAt({ flaps, flapsAgain }: { flaps: FlapBits; flapsAgain: boolean }): number {
  return flapsAgain ? (Math.max(0, ...flaps) + calmSlots) * flapSettings.slotMs : stableAt(flaps);
}
