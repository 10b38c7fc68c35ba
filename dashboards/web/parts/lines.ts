/** How the lines of a chart are told apart. */

const lineCount = 6;
/** Solid, dashed, dotted: lines are distinguishable without their colours too. */
const dashes: readonly (readonly number[])[] = [[], [], [6, 3], [6, 3], [2, 3], [2, 3]];
export const dashOf = (index: number) => dashes[index % lineCount] ?? [];
export const dashName = (index: number) => ['', '', 'dashed', 'dashed', 'dotted', 'dotted'][index % lineCount] ?? '';
export const lineToken = (index: number) => `--line-${(index % lineCount) + 1}`;
export const lineColour = (index: number) => `var(${lineToken(index)})`;
