/** What a list is narrowed to by its address: each is gone by one press. */
import { setQuery } from '../router.ts';
import { t } from '../words/words.ts';

/** @param of what stands in the address, and its words; nothing where it does not narrow */
export function Narrowed({ of, drop }: { of: readonly (readonly [string, string | false | null])[]; drop?: string }) {
  return (
    <>
      {of.map(
        ([key, text]) =>
          text && (
            <button
              key={key}
              type="button"
              class="button slim"
              aria-label={t('change.remove', { name: text })}
              onClick={() => setQuery({ [key]: null, ...(drop === undefined ? {} : { [drop]: null }) })}
            >
              {text} ✕
            </button>
          ),
      )}
    </>
  );
}
