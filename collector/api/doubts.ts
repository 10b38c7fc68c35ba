/** What of a document of On call does nothing as things are now, as the REST interface answers it. */
import type { Doubts } from '../../shared/on-call.ts';
import type { Reason } from '../../shared/reason.ts';

export const placed = (
  doubts: readonly ({ why: Reason } & (
    | { path: readonly (string | number)[] }
    | { at: readonly (string | number)[] }
  ))[],
): Doubts => doubts.map((one) => ({ at: ('path' in one ? one.path : one.at).join('.'), why: one.why }));
