/** Name, note and zone of a site or a group: a new one, or an existing one. */
import { useState } from 'preact/hooks';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { ProblemCallout } from '../../parts/box.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { t } from '../../words/words.ts';
import type { PlaceKind, PlaceRow } from './kinds.ts';

/** What this browser knows, and what is set already: the collector may know more zones. */
function zoneOptions(present: string): [string, string][] {
  const known = new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), ...(present === '' ? [] : [present])]);
  return [['', t('place.reportZone')], ...[...known].sort().map((zone): [string, string] => [zone, zone])];
}

interface PlaceFormProps {
  kind: PlaceKind;
  /** Left out: a new one. */
  place?: PlaceRow;
  onDone: (place: PlaceRow) => void;
  onCancel?: (() => void) | undefined;
}

export function PlaceForm({ kind, place, onDone, onCancel }: PlaceFormProps) {
  const [name, setName] = useState(place?.name ?? '');
  const [note, setNote] = useState(place?.note ?? '');
  const [zone, setZone] = useState(place?.zone ?? '');
  const { busy, problem, send } = useSend();
  const submit = async (event: Event) => {
    event.preventDefault();
    const body = { name, note, ...(kind === 'sites' ? { zone: zone === '' ? null : zone } : {}) };
    await send(async () => {
      const address = place ? `${kind}/${encodeURIComponent(place.id)}` : kind;
      onDone(await call<PlaceRow>(address, { method: place ? 'PATCH' : 'POST', body }));
    });
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      {problem && <ProblemCallout problem={problem} />}
      <div class="form-row">
        <Input
          label={t('endpoint.name')}
          value={name}
          onInput={setName}
          required
          maxLength={256}
          autocomplete="off"
          help={place ? t(`place.${kind}.renameHelp`) : undefined}
        />
        {kind === 'sites' && (
          <Select label={t('place.zone')} value={zone} onChange={setZone} options={zoneOptions(zone)} />
        )}
      </div>
      <Field label={t('place.note')}>
        {(ids) => (
          <textarea
            class="input"
            maxLength={2000}
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
            {...ids}
          />
        )}
      </Field>
      <div class="form-end">
        <button type="submit" class="button main" disabled={busy}>
          {busy ? t('common.working') : place ? t('common.save') : t(`place.${kind}.create`)}
        </button>
        {onCancel && (
          <button type="button" class="button" onClick={onCancel}>
            {t('common.cancel')}
          </button>
        )}
      </div>
    </form>
  );
}
