/** One horizontal bar of stretches, beside a row that says the same in numbers. */
interface BarProps {
  /** Full width. */
  whole: number;
  /** From where to where, in the unit of `whole`; `look` is a class of the style sheet. */
  stretches: readonly { from: number; to: number; look: 'points' | 'rest' | 'lost' | 'unconfirmed' | 'planned' }[];
}

export function Bar({ whole, stretches }: BarProps) {
  const x = (value: number) => (whole > 0 ? (1000 * value) / whole : 0);
  return (
    <svg class="bar" viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-ground" width="1000" height="16" />
      {stretches
        .filter(({ from, to }) => to > from)
        .map(({ from, to, look }) => (
          <rect key={look} class={`bar-${look}`} x={x(from)} width={Math.max(3, x(to) - x(from))} height="16" />
        ))}
    </svg>
  );
}

/** Lost, then not confirmed, then planned: side by side. */
export function hourStretches(hours: { lost: number; unconfirmed: number; planned: number }) {
  const { lost, unconfirmed, planned } = hours;
  return [
    { from: 0, to: lost, look: 'lost' },
    { from: lost, to: lost + unconfirmed, look: 'unconfirmed' },
    { from: lost + unconfirmed, to: lost + unconfirmed + planned, look: 'planned' },
  ] as const;
}
