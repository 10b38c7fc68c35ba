/** A list of which the address names one: that one, with a way to the others. */
import type { ComponentChildren } from 'preact';
import { search, setQuery } from '../router.ts';
import { t } from '../words/words.ts';

interface OnlyOneProps<Item> {
  items: readonly Item[];
  children: (items: readonly Item[]) => ComponentChildren;
}

/** What the address names may be over: then all that there are. */
export function OnlyOne<Item extends { id: string }>({ items, children }: OnlyOneProps<Item>) {
  const id = new URLSearchParams(search.value).get('id');
  const one = items.filter((item) => item.id === id);
  return (
    <>
      {children(one.length > 0 ? one : items)}
      {one.length > 0 && items.length > 1 && (
        <p class="box-body">
          <button type="button" class="button slim" onClick={() => setQuery({ id: null })}>
            {t('common.showAll', { n: String(items.length) })}
          </button>
        </p>
      )}
    </>
  );
}
