/**
 * What the source of the pools remembers for the check of the disks, which must not start a program every ten seconds.
 */

/** Key in the agent's memory → bytes by name of the pool: all that its data sets and snapshots can take together. */
export const poolsKey = 'zfs.pools';
export type PoolSizes = Record<string, number>;
