/** Finds everything by name, and does what has a name: first what this browser has, then what the collector finds. */
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useFleet } from '../../fleet/store.ts';
import { asked, takeTypedAhead } from '../../keys.ts';
import { link } from '../../net/live.ts';
import { Icon } from '../../parts/icon.tsx';
import { navigate, path } from '../../router.ts';
import { t } from '../../words/words.ts';
import { useRested } from '../knowledge/found.tsx';
import { findIn, folded, wordsOf } from './rank.ts';
import {
  actionThings,
  actThing,
  askCollector,
  endpointActs,
  endpointThings,
  type GroupName,
  groupNames,
  pageThings,
  readLists,
  recentThings,
  type Thing,
} from './things.ts';
import '../../look/find.css';

const most = 5;
/** Shorter questions find too much to be worth asking. */
const leastLetters = 2;
/** `2h`: how long stands in the form, which the action opens. */
const isLength = (word: string) => /^\d+(m|h|d|分|時間|日)$/.test(word);

interface ThingGroup {
  name: GroupName;
  items: Thing[];
}

/** `silence build-0005 2h`: the word of an action, and the endpoint that it is for. */
function actsFor(words: readonly string[], endpoints: readonly Thing[]): Thing[] {
  const given = words.filter((word) => !isLength(word));
  return endpointActs().flatMap((act) => {
    const name = folded(act.word);
    const rest = given.filter((word) => word.length < 2 || !name.startsWith(word));
    if (rest.length === given.length || rest.length === 0) return [];
    return findIn(endpoints, rest, 3).items.map((one) => actThing(one, act));
  });
}

/** The best group first; what comes from the collector moves nothing that is there. */
function foundGroups(words: readonly string[], own: readonly Thing[], far: readonly Thing[]): ThingGroup[] {
  const of = (name: GroupName) => own.filter(({ group }) => group === name);
  const near = groupNames.flatMap((name) => {
    const { items, score } = findIn(of(name), words, most);
    return items.length > 0 ? [{ name, items, score }] : [];
  });
  near.sort((a, b) => b.score - a.score);
  const endpoints = near.find(({ name }) => name === 'endpoints')?.items ?? [];
  const isOne = endpoints.length === 1 && endpoints[0];
  const acts = isOne ? endpointActs().map((act) => actThing(isOne, act)) : actsFor(words, of('endpoints'));
  const more = groupNames.flatMap((name) => {
    const items = far.filter(({ group }) => group === name).slice(0, most);
    return items.length > 0 ? [{ name, items }] : [];
  });
  if (acts.length === 0) return [...near, ...more];
  const others = near.filter(({ name }) => name !== 'actions');
  const actions = [...acts, ...(near.find(({ name }) => name === 'actions')?.items ?? [])].slice(0, most);
  return isOne
    ? [...others, { name: 'actions', items: actions }, ...more]
    : [{ name: 'actions', items: acts }, ...others, ...more];
}

/** Pages of the menu only. */
const startGroups = (own: readonly Thing[]): ThingGroup[] =>
  (['recent', 'pages', 'actions'] as const).flatMap((name) => {
    const items = own
      .filter(({ group, beside }) => group === name && (name === 'recent' || beside === ''))
      .slice(0, most);
    return items.length > 0 ? [{ name, items }] : [];
  });

/** What the collector says to the question; kept until the search is closed, for whoever takes a letter back. */
function useFar(q: string) {
  const known = useRef(new Map<string, Thing[]>());
  const [, drawn] = useState(0);
  const rested = useRested(q);
  useEffect(() => {
    if (rested.length < leastLetters || known.current.has(rested)) return;
    const abort = new AbortController();
    askCollector(rested, abort.signal).then(
      (things) => {
        known.current.set(rested, things);
        drawn((n) => n + 1);
      },
      // Not connected, or refused: what is here is found all the same, and the line below says so.
      () => {},
    );
    return () => abort.abort();
  }, [rested]);
  const isAsked = q.length >= leastLetters;
  return { far: (isAsked && known.current.get(q)) || [], isWaiting: isAsked && !known.current.has(q) };
}

function useOwn(): { own: readonly Thing[]; isReading: boolean } {
  const [lists, setLists] = useState<readonly Thing[]>([]);
  useEffect(() => {
    let isOver = false;
    void readLists().then((read) => !isOver && setLists(read));
    return () => {
      isOver = true;
    };
  }, []);
  const fleet = useFleet();
  // As they were when the search was opened: what moves meanwhile is not looked for.
  const known = useRef<Thing[] | null>(null);
  known.current ??= fleet && endpointThings(fleet.values());
  const here = useMemo(() => [...recentThings(), ...pageThings(), ...actionThings()], []);
  const own = useMemo(() => [...here, ...(known.current ?? []), ...lists], [lists, fleet === null]);
  return { own, isReading: known.current === null };
}

export function Palette() {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [text, setText] = useState(takeTypedAhead);
  const [isEntered, setEntered] = useState(false);
  const [chosen, choose] = useState<string | null>(null);
  const { own, isReading } = useOwn();
  const q = text.normalize('NFKC').trim();
  const { far, isWaiting } = useFar(q);
  const words = wordsOf(q);
  const groups = useMemo(() => (words.length === 0 ? startGroups(own) : foundGroups(words, own, far)), [q, own, far]);
  const all = groups.flatMap(({ items }) => items);
  const at = Math.max(
    0,
    all.findIndex(({ key }) => key === chosen),
  );
  // Before anything else is typed.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  // Another way from this page, such as Back: what is searched from here is over.
  const began = useRef(path.value);
  if (path.value !== began.current) dialog.current?.close();
  const go = ({ go: where }: Thing) => {
    dialog.current?.close();
    if (typeof where === 'string') navigate(where);
    else void where();
  };
  const press = (event: KeyboardEvent) => {
    // 229: the key that ends a composition is no choice.
    if (event.isComposing || event.keyCode === 229 || all.length === 0) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(all[(at + step + all.length) % all.length]?.key ?? null);
    else if (event.key === 'Enter' && isReading && words.length > 0) setEntered(true);
    else if (event.key === 'Enter') go(all[at] as Thing);
    else return;
    event.preventDefault();
  };
  // The endpoints had not come when Enter was pressed: what is best among all of them.
  useEffect(() => {
    if (isEntered && !isReading && all[at]) go(all[at]);
  }, [isEntered, isReading]);
  let index = 0;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc does the same as a click beside it
    <dialog
      ref={dialog}
      class="box palette"
      aria-label={t('find.title')}
      onClose={() => {
        if (asked.value === 'find') asked.value = null;
      }}
      onClick={({ target }) => target === dialog.current && dialog.current?.close()}
    >
      <div class="palette-inner">
        <div class="palette-head">
          <Icon name="find" />
          <input
            type="text"
            role="combobox"
            aria-label={t('find.title')}
            aria-expanded={all.length > 0}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={all.length > 0 ? `${id}-${at}` : undefined}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            placeholder={t('find.hint')}
            maxLength={100}
            value={text}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              choose(null);
              setEntered(false);
            }}
            onKeyDown={press}
          />
          <button type="button" class="button slim" onClick={() => dialog.current?.close()}>
            {t('common.close')}
          </button>
        </div>
        <div id={`${id}-list`} class="palette-list" role="listbox" aria-label={t('find.found')}>
          {groups.map(({ name, items }) => (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a listbox
            <div key={name} role="group" aria-labelledby={`${id}-${name}`}>
              <div id={`${id}-${name}`} class="palette-group" role="presentation">
                {t(`find.group.${name}`)}
              </div>
              {items.map((item) => {
                const place = index++;
                return (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the box above
                  // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the box above
                  <div
                    key={item.key}
                    id={`${id}-${place}`}
                    role="option"
                    aria-selected={place === at}
                    onClick={() => go(item)}
                  >
                    <Icon name={item.icon} />
                    <span class="palette-title">{item.title}</span>
                    {item.beside && <span class="quiet small">{item.beside}</span>}
                    {item.keys && <kbd>{item.keys}</kbd>}
                  </div>
                );
              })}
            </div>
          ))}
        </div>
        <p class="palette-foot quiet small" role="status">
          {all.length === 0 && !isWaiting && t('find.none', { q })}{' '}
          {isWaiting && t(link.value === 'cut' ? 'find.onlyHere' : 'find.asking')}
        </p>
      </div>
    </dialog>
  );
}
