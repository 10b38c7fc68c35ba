/** A time zone: those that this browser knows, and what is set already, because the collector may know more. */
import { t } from '../words/words.ts';
import { Select } from './field.tsx';

interface ZoneSelectProps {
  value: string;
  onChange: (zone: string) => void;
  label?: string;
  help?: string;
  /** The word of the choice of none. */
  none?: string;
  error?: string | undefined;
}

export function ZoneSelect({ value, onChange, label = t('place.zone'), help, none, error }: ZoneSelectProps) {
  const zones = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), value])]
    .filter((zone) => zone !== '')
    .sort();
  const options = zones.map((zone) => [zone, zone] as const);
  return (
    <Select
      label={label}
      value={value}
      onChange={onChange}
      options={none === undefined ? options : [['', none], ...options]}
      help={help}
      error={error}
      required={none === undefined}
    />
  );
}
