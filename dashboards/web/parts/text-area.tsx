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
  error?: string | undefined;
}

/** Several lines of text, such as a reason. */
export const TextArea = ({ label, value, onInput, help, error, ...rest }: TextAreaProps) => (
  <Field label={label} help={help} error={error}>
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
