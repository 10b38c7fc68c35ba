/** Slopes between all pairs of points: the basis of the slope by Theil and Sen, which one odd value does not bend. */
export type Point = readonly [x: number, y: number];

/** Of all pairs, ascending. The square of the number of points: for some tens of them. */
export function slopesOf(points: readonly Point[]): number[] {
  const slopes: number[] = [];
  points.forEach(([x, y], j) => {
    for (const [x0, y0] of points.slice(0, j)) slopes.push((y - y0) / (x - x0));
  });
  return slopes.sort((a, b) => a - b);
}

/** Of an ascending list; NaN of an empty one. */
export function middleOf(sorted: ArrayLike<number>): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}
