/** What is right of settings with faults of their shape, so that all faults of what they say are told at once. Pure. */
import type { Fault, Path } from '../../shared/shape.ts';

export interface RightPart {
  /** What stands where a key is wrong or lacks. @param n the place in the list */
  standard(n: number): object;
  /** Its lists of such parts: each entry counts by itself. */
  lists?: Readonly<Record<string, () => RightPart>>;
  /** Its keys mean nothing without each other. */
  isWhole?: true;
}

/** @param faults of its shape */
export function rightPart(value: unknown, faults: readonly Fault[], at: Path, part: RightPart, n: number): object {
  const inside = (path: Path) => faults.filter((fault) => path.every((step, i) => fault.path[i] === step));
  if (inside(at).length === 0) return value as object;
  const right: Record<string, unknown> = { ...part.standard(n) };
  if (part.isWhole || typeof value !== 'object' || value === null) return right;
  for (const [key, one] of Object.entries(value)) {
    const here = [...at, key];
    const list = part.lists?.[key];
    if (inside(here).length === 0) right[key] = one;
    else if (list && Array.isArray(one))
      right[key] = one.map((entry: unknown, i) => rightPart(entry, faults, [...here, i], list(), i));
  }
  return right;
}
