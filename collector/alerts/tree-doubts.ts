/** What of a tree of routes is in force, and hardly meant: a route that no alert can come to, an empty list. Pure. */
import type { RouteNodeContent, RoutesContent } from '../../shared/on-call.ts';
import { shownName } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import type { Fault } from '../../shared/shape.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import type { DoubtAt } from './matcher-doubts.ts';

type Node = Pick<RouteNodeContent | RoutesContent, 'receivers' | 'children'>;

/** Of evenkeel.yaml, each with its place. */
export const slipsInTree = (routes: Node | null): Fault[] =>
  doubtsInTree(routes ?? {}).map(({ at, why }) => ({
    path: ['routes', ...at],
    problem: `is hardly meant: ${formatReasons('en', [why])}`,
  }));

export function doubtsInTree({ children = [] }: Node): DoubtAt[] {
  const takesAll = children.findIndex(
    ({ match = [], when, continue: goesOn }) => match.length === 0 && !when && !goesOn,
  );
  return children.flatMap((child, n): DoubtAt[] => [
    ...(takesAll >= 0 && n > takesAll
      ? [{ at: ['children', n], why: reason('oncall_hidden', { name: shownName(children[takesAll]?.name ?? '?') }) }]
      : []),
    ...(child.receivers?.length === 0
      ? [{ at: ['children', n, 'receivers'], why: reason('oncall_no_receivers') }]
      : []),
    ...doubtsInTree(child).map(({ at, why }) => ({ at: ['children', n, ...at], why })),
  ]);
}
