/** Numbers that look random and are the same for the same seed, so that a test that fails can be run again. */
export function randomFrom(seed: number) {
  let state = seed;
  /** A whole number from 0 to `below` - 1. */
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
