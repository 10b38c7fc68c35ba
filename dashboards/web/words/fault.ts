/** What was wrong with a field of a form, in the language of the page where there are words for it. */
import type { Problem } from '../net/request.ts';
import { formatReasons } from './reason.ts';

export type FaultAt = (place: string) => string | undefined;

/** @returns for a place such as `steps.0.targets` what is wrong there, or with a part of it */
export const faultsOf =
  (problem: Problem | null): FaultAt =>
  (place) => {
    const fault = problem?.faults.find(({ at }) => `${at.replace(/^content\./, '')}.`.startsWith(`${place}.`));
    return fault && (fault.why ? formatReasons([fault.why]) : fault.problem);
  };
