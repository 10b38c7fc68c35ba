/** How close the rows of all tables stand, for whoever is logged in. */
import { useState } from 'preact/hooks';
import { densities, density, setDensity } from '../theme.ts';
import { t } from '../words/words.ts';
import { Choices } from './field.tsx';

export function DensityChoice() {
  const [value, setValue] = useState(density());
  return (
    <Choices
      label={t('fleetTools.density')}
      value={value}
      options={densities.map((one) => [one, t(`fleetTools.densities.${one}`)] as const)}
      onChoose={(next) => {
        setDensity(next);
        setValue(next);
      }}
    />
  );
}
