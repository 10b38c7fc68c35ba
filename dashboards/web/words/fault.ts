/** What was wrong with a field of a form. */
import type { Problem } from '../net/request.ts';

export type FaultAt = (place: string) => string | undefined;

/** @returns for a place such as `steps.0.targets` what is wrong there, or with a part of it */
export const faultsOf =
  (problem: Problem | null): FaultAt =>
  (place) => {
    return problem?.faults.find(({ at }) => `${at.replace(/^content\./, '')}.`.startsWith(`${place}.`))?.problem;
  };
