/** Updates of agents: the rings, and the bounds of what admins set for them. Loads nothing: pages read it. */

/** Anchored sources of patterns: the schema and the agent's own reader use the same. */
export const versionPattern = '^(0|[1-9][0-9]{0,4})\\.(0|[1-9][0-9]{0,4})\\.(0|[1-9][0-9]{0,4})$';
export const utcPattern = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z$';

export const updateRings = ['canary', 'second', 'all'] as const;
export type UpdateRing = (typeof updateRings)[number];

/**
 * Shares in %, times in s. `at_once` and `at_once_percent` both hold: whichever allows fewer, and one always. `stop_count` and the
 * percentage of a ring both have to be reached, but for the canary, where one is enough.
 */
export const updateBounds = {
  canary_percent: { least: 1, most: 50, usual: 2 },
  canary_most: { least: 1, most: 100, usual: 10 },
  canary_s: { least: 10, most: 1_209_600, usual: 14_400 },
  second_percent: { least: 1, most: 90, usual: 10 },
  second_s: { least: 10, most: 1_209_600, usual: 86_400 },
  at_once: { least: 1, most: 500, usual: 25 },
  at_once_percent: { least: 1, most: 100, usual: 5 },
  silent_s: { least: 10, most: 86_400, usual: 900 },
  stop_count: { least: 1, most: 100, usual: 2 },
  stop_second_percent: { least: 1, most: 50, usual: 2 },
  stop_all_percent: { least: 1, most: 50, usual: 1 },
  worse_restarts: { least: 1, most: 100, usual: 2 },
  worse_use: { least: 1, most: 100, usual: 1.5 },
  worse_checks_percent: { least: 1, most: 100, usual: 10 },
  worse_missing_percent: { least: 1, most: 100, usual: 1 },
  pause_percent: { least: 5, most: 100, usual: 20 },
} as const;
export type UpdateKey = keyof typeof updateBounds;
export const updateKeys = Object.keys(updateBounds) as UpdateKey[];
export type UpdateNumbers = Record<UpdateKey, number>;
export const usualUpdateNumbers = Object.fromEntries(
  updateKeys.map((key) => [key, updateBounds[key].usual]),
) as UpdateNumbers;

/**
 * Where an endpoint stands with a release. `has`: it runs it, or a newer one. `turn`: it was told, and is on its way. `late`: told long
 * ago, and does not begin or end. `told`: its packages are a package manager's. `step`: too old to take it in one step.
 */
export const updatePlaces = [
  'has',
  'turn',
  'late',
  'waiting',
  'offline',
  'told',
  'locked',
  'refused',
  'fell_back',
  'silent',
  'old',
  'no_package',
  'step',
] as const;
export type UpdatePlace = (typeof updatePlaces)[number];
