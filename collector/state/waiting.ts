/**
 * Calls `write` the 1st, 2nd, 4th, 8th … time: the reason of a wait is logged at once, and the same line every second would
 * bury all others.
 */
export function sparsely<T extends object>(write: (fields: T & { attempt: number }) => void): (fields: T) => void {
  let attempt = 0;
  let next = 1;
  return (fields) => {
    if (++attempt < next) return;
    next *= 2;
    write({ ...fields, attempt });
  };
}
