import { useState } from 'preact/hooks';
import { Input } from '../../parts/field.tsx';
import { listOf } from './lists.ts';

interface ListInputProps {
  label: string;
  value: readonly string[];
  onChange: (list: string[]) => void;
  help: string;
  error?: string | undefined;
}

/** A list in one line, which keeps what is typed. */
export function ListInput({ label, value, onChange, help, error }: ListInputProps) {
  const [text, setText] = useState(value.join(', '));
  const change = (typed: string) => {
    setText(typed);
    onChange(listOf(typed));
  };
  return <Input label={label} value={text} onInput={change} help={help} error={error} autocomplete="off" />;
}
