/** The name of a site, with those that there are as suggestions; another name makes a new one. */
import type { SiteRow } from '../../../shared/api.ts';
import { useLoad } from '../net/load.ts';
import type { Page } from '../net/request.ts';
import { t } from '../words/words.ts';
import { Input } from './field.tsx';

interface SiteInputProps {
  value: string;
  onInput: (value: string) => void;
  help?: string;
}

export function SiteInput({ value, onInput, help = t('place.siteHelp') }: SiteInputProps) {
  const { data } = useLoad<Page<SiteRow>>('sites');
  return (
    <>
      <Input
        label={t('filter.name.site')}
        value={value}
        onInput={onInput}
        maxLength={256}
        help={help}
        list="known-sites"
        autocomplete="off"
      />
      <datalist id="known-sites">
        {data?.items.map(({ id, name }) => (
          <option key={id} value={name} />
        ))}
      </datalist>
    </>
  );
}
