import { Field } from './field.tsx';

interface TextAreaProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  maxLength?: number;
  rows?: number;
  required?: boolean;
  disabled?: boolean;
  spellcheck?: boolean;
  help?: string;
}

/** Several lines of text, such as a reason. */
export const TextArea = ({ label, value, onInput, help, ...rest }: TextAreaProps) => (
  <Field label={label} help={help}>
    {(ids) => (
      <textarea
        class="input"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        {...rest}
        {...ids}
      />
    )}
  </Field>
);
