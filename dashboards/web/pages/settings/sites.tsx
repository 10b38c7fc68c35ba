/** The sites that a person or a token is limited to. */
import { useState } from 'preact/hooks';
import type { SiteRow } from '../../../../shared/api.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { ProblemCallout } from '../../parts/box.tsx';
import { t } from '../../words/words.ts';

/** Ids; null: no limit. */
export type LimitedTo = string[] | null;

interface SitePickerProps {
  value: LimitedTo;
  onChange: (value: LimitedTo) => void;
  error?: string | undefined;
}

export function SitePicker({ value, onChange, error }: SitePickerProps) {
  const sites = useLoad<Page<SiteRow>>('sites');
  const items = sites.data?.items ?? [];
  const put = (id: string, isIn: boolean) =>
    onChange(isIn ? [...(value ?? []), id] : (value ?? []).filter((one) => one !== id));
  return (
    <fieldset class="checks">
      <legend class="label">{t('scopes.sites')}</legend>
      <label class="option">
        <input type="checkbox" checked={value === null} onChange={() => onChange(value === null ? [] : null)} />
        {t('scopes.all')}
      </label>
      {value !== null &&
        items.map(({ id, name }) => (
          <label class="option" key={id}>
            <input
              type="checkbox"
              checked={value.includes(id)}
              onChange={(event) => put(id, event.currentTarget.checked)}
            />
            {name}
          </label>
        ))}
      {error && <span class="fault">{error}</span>}
      <p class="small quiet">{t('scopes.help')}</p>
    </fieldset>
  );
}

interface SitesOfProps {
  user: { id: string; name: string; role: string; sites: LimitedTo; issuer: string | null; disabledAt: number | null };
  /** Of the names. */
  sites: readonly { id: string; name: string }[];
  onDone: () => void;
}

/** In a row: which they are, and another choice. */
export function SitesOf({ user, sites, onDone }: SitesOfProps) {
  const [value, setValue] = useState<LimitedTo | undefined>(undefined);
  const { busy, problem, send } = useSend();
  const save = async () => {
    const address = `users/${encodeURIComponent(user.id)}`;
    if (!(await send(() => call(address, { method: 'PATCH', body: { sites: value } })))) return;
    setValue(undefined);
    onDone();
  };
  // Admins are never limited, and of a provider's users the groups decide at each log-in.
  if (user.role === 'admin' || user.issuer !== null || user.disabledAt !== null)
    return <>{namesOf(user.sites, sites)}</>;
  if (value === undefined)
    return (
      <div class="row">
        <span>{namesOf(user.sites, sites)}</span>
        <button type="button" class="button slim" onClick={() => setValue(user.sites)}>
          {t('scopes.change')}
          <span class="unseen"> {user.name}</span>
        </button>
      </div>
    );
  return (
    <div class="stack-2">
      {problem && <ProblemCallout problem={problem} />}
      <SitePicker value={value} onChange={setValue} />
      <div class="form-end">
        <button
          type="button"
          class="button main slim"
          disabled={busy || value?.length === 0}
          onClick={() => void save()}
        >
          {busy ? t('common.working') : t('scopes.save')}
        </button>
        <button type="button" class="button slim" onClick={() => setValue(undefined)}>
          {t('common.cancel')}
        </button>
      </div>
    </div>
  );
}

/** Of those that were removed nothing is left to show. */
function namesOf(limit: LimitedTo, sites: readonly { id: string; name: string }[]): string {
  if (limit === null) return t('scopes.all');
  const names = sites.filter(({ id }) => limit.includes(id)).map(({ name }) => name);
  return names.length === 0 ? t('scopes.gone') : names.join(', ');
}
