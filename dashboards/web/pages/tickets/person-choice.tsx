/** Who of the house is meant, in one tap: never typed, as whoever is typed wrongly is told nothing. */
import { useState } from 'preact/hooks';
import { Input } from '../../parts/field.tsx';
import { useHouse } from '../../parts/house.ts';
import { t } from '../../words/words.ts';

interface PersonChoiceProps {
  /** Not offered. */
  without?: string | null;
  busy: boolean;
  onChoose: (name: string) => void;
}

/** More are found by their first letters. */
const shownAtMost = 8;

export function PersonChoice({ without = null, busy, onChoose }: PersonChoiceProps) {
  const { names, shown } = useHouse();
  const [begun, setBegun] = useState('');
  const all = (names ?? []).filter((name) => name !== without);
  const found = all.filter((name) => shown(name).toLowerCase().includes(begun.trim().toLowerCase()));
  return (
    <div class="stack-2">
      {all.length > shownAtMost && <Input label={t('alert.bar.find')} value={begun} onInput={setBegun} />}
      {names !== null && found.length === 0 && <p class="quiet small">{t('alert.bar.nobody')}</p>}
      {found.slice(0, shownAtMost).map((name) => (
        <button key={name} type="button" class="button" disabled={busy} onClick={() => onChoose(name)}>
          {shown(name)}
        </button>
      ))}
    </div>
  );
}
