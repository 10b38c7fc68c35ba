/** Facts in a row with a dot between two of one line: where a line ends there is none, so that none hangs at an edge. */
import type { ComponentChildren } from 'preact';
import { Fragment } from 'preact';

export function Dots({ of }: { of: readonly ComponentChildren[] }) {
  const shown = of.filter((one) => one !== null && one !== undefined && one !== false && one !== '');
  return (
    <span class="dots">
      {shown.map((one, n) => (
        <Fragment key={n}>
          {/* Read out and copied, they are words apart. */}
          {n > 0 && ' '}
          <span>{one}</span>
        </Fragment>
      ))}
    </span>
  );
}
