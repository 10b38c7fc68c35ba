/** Who is to do something: one of the users. Whoever is typed wrongly would be told nothing. */
import { useLoad } from '../net/load.ts';
import type { Page } from '../net/request.ts';
import { t } from '../words/words.ts';
import { Select } from './field.tsx';

interface PersonInputProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
}

export function PersonInput({ label, value, onInput }: PersonInputProps) {
  const { data } = useLoad<Page<string>>('users/names');
  const names = data?.items ?? [];
  // One who has left stays to be seen.
  const all = value === '' || names.includes(value) ? names : [value, ...names];
  return (
    <Select
      label={label}
      value={value}
      onChange={onInput}
      options={[['', t('common.choose')], ...all.map((name) => [name, name] as const)]}
    />
  );
}
