/** Removing a site or a group. Where it is in use, the person chooses first where its endpoints go. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { number } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { Box, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Select } from '../../parts/field.tsx';
import { navigate } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import type { PlaceKind, PlaceRow } from './kinds.ts';

interface RemoveProps {
  kind: PlaceKind;
  place: PlaceRow;
  onCancel: () => void;
}

export function Remove({ kind, place, onCancel }: RemoveProps) {
  const codes = place.joinCodes ?? 0;
  const inUse = place.endpoints + codes > 0;
  const others = useLoad<Page<PlaceRow>>(inUse ? kind : null);
  const [moveTo, setMoveTo] = useState('');
  const { busy, problem, send } = useSend();
  const cancel = useRef<HTMLButtonElement>(null);
  // Enter right after opening must not delete.
  useEffect(() => cancel.current?.focus(), []);
  const format = (n: number) => number(n, language.value);
  const remove = async () => {
    const address = `${kind}/${encodeURIComponent(place.id)}${moveTo === '' ? '' : `?moveTo=${encodeURIComponent(moveTo)}`}`;
    if (await send(() => call(address, { method: 'DELETE' }))) navigate(`/${kind}`);
  };
  return (
    <Box title={t('place.deleteOf', { name: place.name })}>
      <div class="form">
        {problem && <ProblemCallout problem={problem} />}
        <p>
          {inUse ? t('place.inUse', { endpoints: format(place.endpoints) }) : t('place.unused')}
          {codes > 0 && ` ${t('place.codesInUse', { n: format(codes) })}`}
        </p>
        {inUse && (
          <Ready of={others} lines={1}>
            {({ items }) => (
              <div class="form-row">
                <Select
                  label={t('place.moveTo')}
                  value={moveTo}
                  onChange={setMoveTo}
                  options={[
                    ['', t('common.choose')],
                    ...items.filter(({ id }) => id !== place.id).map(({ id, name }) => [id, name] as const),
                    ['none', t(`place.${kind}.nowhere`)],
                  ]}
                />
              </div>
            )}
          </Ready>
        )}
        <div class="form-end">
          <button
            type="button"
            class="button danger"
            disabled={busy || (inUse && moveTo === '')}
            onClick={() => void remove()}
          >
            {busy ? t('common.working') : t('place.deleteOf', { name: place.name })}
          </button>
          <button type="button" class="button" onClick={onCancel} ref={cancel}>
            {t('common.cancel')}
          </button>
        </div>
      </div>
    </Box>
  );
}
