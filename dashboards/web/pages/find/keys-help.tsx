/** The keys of the page and of the frame around it, as they are registered: behind a button and the key `?`. */
import { useEffect, useRef } from 'preact/hooks';
import { asked, keysOn, setKeys, wordedKeys } from '../../keys.ts';
import { t } from '../../words/words.ts';
import '../../look/find.css';

const shownAs: Readonly<Record<string, string>> = { Escape: 'Esc', ' ': 'Space' };

function KeyList({ title, keys }: { title: string; keys: ReturnType<typeof wordedKeys> }) {
  return (
    <section class="stack-2">
      <h3>{title}</h3>
      <dl class="key-list">
        {keys.map(([key, word]) => (
          <div key={key}>
            <dt>
              {key.split(/(?<=.) /).map((one) => (
                <kbd key={one}>{shownAs[one] ?? one}</kbd>
              ))}
            </dt>
            <dd>{t(word)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function KeysHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const own = wordedKeys('page');
  const close = () => {
    asked.value = null;
  };
  return (
    <dialog ref={dialog} class="box keys-help" aria-labelledby="key-help" onClose={close}>
      <div class="stack">
        <h2 id="key-help">{t('shell.keys')}</h2>
        {own.length > 0 && <KeyList title={t('keys.here')} keys={own} />}
        <KeyList title={t('keys.everywhere')} keys={[...wordedKeys('frame'), ['Ctrl+K', 'find.title']]} />
        <label class="option">
          <input type="checkbox" checked={keysOn.value} onChange={(event) => setKeys(event.currentTarget.checked)} />
          {t('keys.setting')}
        </label>
        <div class="form-end">
          <button
            ref={(button) => button?.focus()}
            type="button"
            class="button"
            onClick={() => dialog.current?.close()}
          >
            {t('common.close')}
          </button>
        </div>
      </div>
    </dialog>
  );
}
