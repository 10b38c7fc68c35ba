/** Name, note, zone, people and calendars of a site, name and note of a group: a new one, or an existing one. */

import { useState } from 'preact/hooks';
import type { CalendarRow } from '../../../../shared/api.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { ZoneSelect } from '../../parts/zone-select.tsx';
import { t } from '../../words/words.ts';
import type { PlaceKind, PlaceRow } from './kinds.ts';

const uses = ['service', 'working', 'support'] as const;
type ChosenCalendars = Record<(typeof uses)[number], string>;

interface WorkProps {
  people: string;
  calendars: ChosenCalendars;
  onPeople: (people: string) => void;
  onCalendars: (calendars: ChosenCalendars) => void;
}

/** How many people an outage hits, and when that counts. */
function Work({ people, calendars, onPeople, onCalendars }: WorkProps) {
  const list = useLoad<Page<CalendarRow>>('calendars');
  const known = list.data?.items ?? [];
  return (
    <>
      <div class="form-row">
        <Input
          label={t('place.people')}
          type="number"
          min="0"
          value={people}
          onInput={onPeople}
          help={t('place.peopleHelp')}
        />
        {uses.map((use) => (
          <Select
            key={use}
            label={t(`calendar.use.${use}`)}
            value={calendars[use]}
            onChange={(id) => onCalendars({ ...calendars, [use]: id })}
            options={[
              ['', t('calendar.always')],
              ...known.map(({ id, name }) => [id, name] as const),
              // Until the list has come, what is set stays set.
              ...(list.data || calendars[use] === '' ? [] : [[calendars[use], '…'] as const]),
            ]}
          />
        ))}
      </div>
      <p class="small">
        <a href="/calendars">{t('page.calendars')}</a>
      </p>
    </>
  );
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
  const [people, setPeople] = useState(place?.people == null ? '' : String(place.people));
  const [calendars, setCalendars] = useState<ChosenCalendars>(() => ({
    service: place?.calendars?.service ?? '',
    working: place?.calendars?.working ?? '',
    support: place?.calendars?.support ?? '',
  }));
  const { busy, problem, send } = useSend();
  const base = useBase(place ? `${kind}/${encodeURIComponent(place.id)}` : kind);
  const submit = async () => {
    const ofSite = {
      zone: zone === '' ? null : zone,
      people: people === '' ? null : Number(people),
      calendars: Object.fromEntries(uses.map((use) => [use, calendars[use] === '' ? null : calendars[use]])),
    };
    const body = { name, note, ...(kind === 'sites' ? ofSite : {}) };
    await send(async () => {
      const address = place ? `${kind}/${encodeURIComponent(place.id)}` : kind;
      onDone(await call<PlaceRow>(address, { method: place ? 'PATCH' : 'POST', body, base }));
    });
  };
  return (
    <Form
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={place ? t('common.save') : t(`place.${kind}.create`)}
      onCancel={onCancel}
    >
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
        {kind === 'sites' && <ZoneSelect value={zone} onChange={setZone} none={t('place.reportZone')} />}
      </div>
      {kind === 'sites' && (
        <Work people={people} calendars={calendars} onPeople={setPeople} onCalendars={setCalendars} />
      )}
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
    </Form>
  );
}
