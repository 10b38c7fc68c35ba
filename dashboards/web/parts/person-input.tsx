/** Who is to do something: users as suggestions; any other name is taken as well. */
import { useLoad } from '../net/load.ts';
import type { Page } from '../net/request.ts';
import { Input } from './field.tsx';

interface PersonInputProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
}

export function PersonInput({ label, value, onInput }: PersonInputProps) {
  const { data } = useLoad<Page<string>>('users/names');
  const list = `people ${label}`.replaceAll(' ', '-');
  return (
    <>
      <Input label={label} value={value} onInput={onInput} maxLength={64} list={list} autocomplete="off" />
      <datalist id={list}>
        {data?.items.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
