/** A schedule, new or changed: layers from low to high, each with its rotation, hours and holidays. */
import { useState } from 'preact/hooks';
import { type Weekday, weekdays } from '../../../../shared/calendar.ts';
import type { OnCallScheduleRow, ScheduleContent } from '../../../../shared/on-call.ts';
import type { ReceiverChoices } from '../../../../shared/receivers.ts';
import { Input, Select } from '../../parts/field.tsx';
import { ZoneSelect } from '../../parts/zone-select.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import type { FaultAt } from '../../words/fault.ts';
import { t } from '../../words/words.ts';
import { DayChecks } from './day-checks.tsx';
import { DocumentForm, useRows } from './document-form.tsx';
import { lastHandOver } from './hand-over.ts';
import { listOf } from './lists.ts';
import { OneReceiver, Picks, useReceivers, withoutPolicies } from './receivers.tsx';

type Layer = ScheduleContent['layers'][number];

interface LayerDraft {
  name: string;
  users: string[];
  unit: Layer['rotation']['unit'];
  every: string;
  start: string;
  days: Weekday[];
  from: string;
  to: string;
  holidays: string;
  /** More than one span of hours is written in evenkeel.yaml, or by the interface; it stays as it is. */
  hours: Layer['hours'];
}

const draftOf = ({ name, users, rotation, hours, holidays = [] }: Layer): LayerDraft => {
  const [first, ...more] = hours ?? [];
  const plain = first && more.length === 0 ? first : undefined;
  return {
    ...{ name, users: [...users], unit: rotation.unit, every: String(rotation.every), start: rotation.start },
    ...{ days: [...(plain?.days ?? [])], from: plain?.from ?? '', to: plain?.to ?? '' },
    ...{ holidays: holidays.join(', '), hours: more.length > 0 ? hours : undefined },
  };
};

/** Days without a time are these days from midnight to midnight. */
function hoursOf({ days, from, to, hours }: LayerDraft): Layer['hours'] {
  if (hours) return hours;
  if (days.length === 0 && from === '' && to === '') return undefined;
  return [{ days: days.length > 0 ? days : [...weekdays], from: from || '00:00', to: to || '24:00' }];
}

const layerOf = (draft: LayerDraft): Layer => {
  const hours = hoursOf(draft);
  const holidays = listOf(draft.holidays);
  return {
    ...{ name: draft.name, users: draft.users },
    rotation: { unit: draft.unit, every: Number(draft.every), start: draft.start },
    ...(hours ? { hours } : {}),
    ...(holidays.length > 0 ? { holidays } : {}),
  };
};

const blank = (n: number): LayerDraft => ({
  ...{ name: n === 1 ? 'main' : `layer ${n}`, users: [], unit: 'week', every: '1', hours: undefined },
  ...{ start: lastHandOver(Date.now(), readersZone()), days: [], from: '', to: '', holidays: '' },
});

interface LayerFieldsProps {
  layer: LayerDraft;
  known: ReceiverChoices | null;
  /** Of this layer. */
  faultAt: FaultAt;
  set: (part: Partial<LayerDraft>) => void;
}

const LayerFields = ({ layer, known, faultAt, set }: LayerFieldsProps) => (
  <>
    <div class="form-row">
      <Input
        label={t('onCall.name')}
        value={layer.name}
        onInput={(name) => set({ name })}
        error={faultAt('name')}
        required
      />
      <Picks
        label={t('onCall.users')}
        value={layer.users}
        onChange={(users) => set({ users })}
        known={known}
        kinds={null}
        error={faultAt('users')}
      />
    </div>
    <div class="form-row">
      <Input
        label={t('onCall.every')}
        type="number"
        min="1"
        value={layer.every}
        onInput={(every) => set({ every })}
        error={faultAt('rotation.every')}
      />
      <Select
        label={t('onCall.unit')}
        value={layer.unit}
        onChange={(unit) => set({ unit: unit as LayerDraft['unit'] })}
        options={(['hour', 'day', 'week'] as const).map((unit) => [unit, t(`onCall.units.${unit}`)] as const)}
      />
      <Input
        label={t('onCall.start')}
        type="datetime-local"
        value={layer.start}
        onInput={(start) => set({ start: start.slice(0, 16) })}
        error={faultAt('rotation.start')}
        required
      />
    </div>
    {layer.hours ? (
      <p class="quiet">{t('onCall.moreHours')}</p>
    ) : (
      <>
        <DayChecks chosen={layer.days} onChoose={(days) => set({ days })} />
        <div class="form-row">
          <Input
            label={t('onCall.from')}
            type="time"
            value={layer.from}
            onInput={(from) => set({ from })}
            help={t('onCall.hoursHelp')}
            error={faultAt('hours.0.from')}
          />
          <Input
            label={t('onCall.to')}
            type="time"
            value={layer.to}
            onInput={(to) => set({ to })}
            error={faultAt('hours.0.to')}
          />
          <Input
            label={t('onCall.holidays')}
            value={layer.holidays}
            onInput={(holidays) => set({ holidays })}
            help="2026-12-25, 2026-12-26"
            error={faultAt('holidays')}
          />
        </div>
      </>
    )}
  </>
);

export function ScheduleForm({ row, onDone }: { row?: OnCallScheduleRow; onDone: () => void }) {
  const known = useReceivers();
  const [zone, setZone] = useState(row?.zone ?? readersZone());
  const [fallback, setFallback] = useState(row?.content.fallback ?? '');
  const layers = useRows(() => row?.content.layers.map(draftOf) ?? [blank(1)]);
  const [isAtOnce, setAtOnce] = useState(false);
  const bodyOf = () => ({
    content: { zone, layers: layers.list.map(layerOf), ...(fallback ? { fallback } : {}) },
    ...(isAtOnce ? { from: Date.now() } : {}),
  });
  return (
    <DocumentForm
      folder="schedules"
      name={row?.name}
      taken={known?.schedules ?? []}
      bodyOf={bodyOf}
      addWord={t('onCall.addLayer')}
      onAdd={() => layers.add(blank(layers.list.length + 1))}
      onDone={onDone}
      aside={
        row && (
          <label class="row">
            <input type="checkbox" checked={isAtOnce} onChange={(event) => setAtOnce(event.currentTarget.checked)} />
            {t('onCall.atOnce')}
          </label>
        )
      }
    >
      {(faultAt) => (
        <>
          <div class="form-row">
            <ZoneSelect value={zone} onChange={setZone} error={faultAt('zone')} />
            <OneReceiver
              label={t('onCall.fallback')}
              value={fallback}
              onChange={setFallback}
              known={known}
              kinds={withoutPolicies}
              help={t('onCall.fallbackHelp')}
              error={faultAt('fallback')}
            />
          </div>
          {layers.list.map((layer, n) => (
            <fieldset class="form" key={n}>
              <legend>{t('onCall.layer', { n: n + 1 })}</legend>
              <LayerFields
                layer={layer}
                known={known}
                faultAt={(place) => faultAt(`layers.${n}.${place}`)}
                set={(part) => layers.set(n, part)}
              />
              {layers.list.length > 1 && (
                <button type="button" class="link" onClick={() => layers.remove(n)}>
                  {t('onCall.removeNamed', { name: t('onCall.layer', { n: n + 1 }) })}
                </button>
              )}
            </fieldset>
          ))}
        </>
      )}
    </DocumentForm>
  );
}
