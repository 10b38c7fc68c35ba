/** The keys of a page, behind a button and the key `?`. */
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../words/words.ts';

interface KeyHelpProps {
  keys: readonly (readonly [key: string, words: string])[];
  onClose: () => void;
}

export function KeyHelp({ keys, onClose }: KeyHelpProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="box" aria-labelledby="key-help" onClose={onClose}>
      <div class="stack">
        <h2 id="key-help">{t('keys.title')}</h2>
        <dl class="facts key-list">
          {keys.map(([key, words]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
        <p class="quiet small">{t('keys.off')}</p>
        <div class="form-end">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {t('common.close')}
          </button>
        </div>
      </div>
    </dialog>
  );
}
