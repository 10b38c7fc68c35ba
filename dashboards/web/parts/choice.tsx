/** A filter whose choices the API counts; what is chosen stands in the address. */
import { number } from '../../../shared/words/format.ts';
import { setQuery } from '../router.ts';
import { language, t } from '../words/words.ts';
import { Select } from './field.tsx';

/** A name has no line break, so these are no names. */
const all = '\n';
const nothing = '\n\n';

interface CountedChoices {
  label: string;
  /** In the address. */
  name: string;
  chosen: string | undefined;
  /** Of a value `''` the word of those that have none. */
  choices: readonly { value: string; word: string; count: number }[];
  /** Left out of the address with each change, such as the page. */
  drop?: string;
}

/** The choices that find something, and the one that is chosen. */
export function Choice({ label, name, chosen, choices, drop }: CountedChoices) {
  const shown = choices.filter(({ value, count }) => value === chosen || count > 0);
  const known = shown.some(({ value }) => value === chosen);
  // A chosen site or group that no longer exists stays in the list, so that the link shows what it asks for.
  const gone = chosen === undefined || known ? [] : [{ value: chosen, word: chosen || t('filter.none'), count: 0 }];
  const options = [...shown, ...gone].map(({ value, word, count }) => {
    return [value === '' ? nothing : value, t('filter.choice', { word, n: number(count, language.value) })] as const;
  });
  return (
    <Select
      label={label}
      value={chosen === undefined ? all : chosen === '' ? nothing : chosen}
      onChange={(value) =>
        setQuery({
          [name]: value === all ? null : value === nothing ? '' : value,
          ...(drop === undefined ? {} : { [drop]: null }),
        })
      }
      options={[[all, t('filter.all')], ...options]}
    />
  );
}
