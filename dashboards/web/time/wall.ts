/** Wall time of a zone, as `datetime-local` inputs hold it, and instants. Without Temporal, which not every browser has. Pure. */
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Of an instant the wall time as if it were UTC, to the minute. */
function wallIn(zone: string): (at: number) => number {
  const digits = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('en-CA', { ...digits, hourCycle: 'h23', timeZone: zone });
  return (at) => {
    const of = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(of.year ?? 0, (of.month ?? 1) - 1, of.day, of.hour, of.minute);
  };
}

/** `2026-11-27T22:00`. */
export const wallText = (at: number, zone: string): string =>
  new Date(wallIn(zone)(at)).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);

/**
 * The first instant at which the wall clock is there; where it closes something in the hour that comes twice, the last
 * one. An hour that is skipped opens and closes where the clock jumps. Null for what is no time.
 */
export function wallInstant(text: string, zone: string, edge: 'open' | 'close'): number | null {
  const wall = Date.parse(`${text.slice(0, 16)}Z`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(wall)) return null;
  const wallOf = wallIn(zone);
  const around = [wall - dayMs, wall + dayMs].map((at) => wall - (wallOf(at) - at));
  const hits = around.filter((at) => wallOf(at) === wall);
  // It closes just after the last instant that is before it on the clock.
  const last = hits.filter((at) => wallOf(at - minuteMs) < wall);
  if (hits.length > 0) return edge === 'open' || last.length === 0 ? Math.min(...hits) : Math.max(...last);
  let [before, after] = [Math.min(...around) - minuteMs, Math.max(...around)];
  while (after - before > minuteMs) {
    const middle = before + Math.floor((after - before) / 2 / minuteMs) * minuteMs;
    if (wallOf(middle) < wall) before = middle;
    else after = middle;
  }
  return after;
}
