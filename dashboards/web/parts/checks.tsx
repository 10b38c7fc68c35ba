/** Some of a few choices, each with a box to tick. */

interface ChecksProps<T extends string> {
  label: string;
  options: readonly (readonly [value: T, word: string])[];
  chosen: readonly T[];
  /** In the order of the options. */
  onChoose: (next: T[]) => void;
}

export const Checks = <T extends string>({ label, options, chosen, onChoose }: ChecksProps<T>) => (
  <fieldset class="checks">
    <legend>{label}</legend>
    <div class="row">
      {options.map(([value, word]) => (
        <label key={value} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={({ currentTarget: { checked } }) =>
              onChoose(options.map(([one]) => one).filter((one) => (one === value ? checked : chosen.includes(one))))
            }
          />{' '}
          {word}
        </label>
      ))}
    </div>
  </fieldset>
);
