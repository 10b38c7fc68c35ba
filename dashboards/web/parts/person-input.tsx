/** Who is to do something: one of the users. Whoever is typed wrongly would be told nothing. */
import { t } from '../words/words.ts';
import { Select } from './field.tsx';
import { useHouse } from './house.ts';

interface PersonInputProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
}

export function PersonInput({ label, value, onInput }: PersonInputProps) {
  const house = useHouse();
  const names = house.names ?? [];
  // One who has left stays to be seen.
  const all = value === '' || names.includes(value) ? names : [value, ...names];
  return (
    <Select
      label={label}
      value={value}
      onChange={onInput}
      options={[['', t('common.choose')], ...all.map((name) => [name, house.shown(name)] as const)]}
    />
  );
}
