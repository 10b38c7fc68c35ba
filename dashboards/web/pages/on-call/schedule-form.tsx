/** A schedule, new or changed: layers from low to high, each with its rotation, hours and holidays. */
import { useState } from 'preact/hooks';
import type { OnCallScheduleRow, ScheduleContent } from '../../../../shared/on-call.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { ProblemCallout } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { wallText } from '../../time/wall.ts';
import { t } from '../../words/words.ts';
import { listOf } from './lists.ts';

type Layer = ScheduleContent['layers'][number];
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

interface LayerDraft {
  name: string;
  users: string;
  unit: Layer['rotation']['unit'];
  every: string;
  start: string;
  days: string;
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
    ...{ name, users: users.join(', '), unit: rotation.unit, every: String(rotation.every), start: rotation.start },
    ...{ days: plain?.days.join(', ') ?? '', from: plain?.from ?? '', to: plain?.to ?? '' },
    ...{ holidays: holidays.join(', '), hours: more.length > 0 ? hours : undefined },
  };
};

const layerOf = (draft: LayerDraft): Layer => {
  const chosen = days.filter((day) => listOf(draft.days).includes(day));
  const own = { days: chosen.length > 0 ? [...chosen] : [...days], from: draft.from, to: draft.to };
  const hours = draft.hours ?? (draft.from !== '' || draft.to !== '' ? [own] : undefined);
  const holidays = listOf(draft.holidays);
  return {
    ...{ name: draft.name, users: listOf(draft.users) },
    rotation: { unit: draft.unit, every: Number(draft.every), start: draft.start },
    ...(hours ? { hours } : {}),
    ...(holidays.length > 0 ? { holidays } : {}),
  };
};

const blank = (n: number): LayerDraft => ({
  ...{ name: n === 1 ? 'main' : `layer ${n}`, users: '', unit: 'week', every: '1', hours: undefined },
  ...{ start: `${wallText(Date.now(), readersZone()).slice(0, 11)}09:00`, days: '', from: '', to: '', holidays: '' },
});

export function ScheduleForm({ row, onDone }: { row?: OnCallScheduleRow; onDone: () => void }) {
  const [name, setName] = useState(row?.name ?? '');
  const [zone, setZone] = useState(row?.zone ?? readersZone());
  const [fallback, setFallback] = useState(row?.content.fallback ?? '');
  const [layers, setLayers] = useState(() => row?.content.layers.map(draftOf) ?? [blank(1)]);
  const [isAtOnce, setAtOnce] = useState(false);
  const { busy, problem, send } = useSend();
  const address = `on-call/schedules/${encodeURIComponent(name.trim())}`;
  const set = (n: number, part: Partial<LayerDraft>) =>
    setLayers((old) => old.map((layer, i) => (i === n ? { ...layer, ...part } : layer)));
  const save = async (event: Event) => {
    event.preventDefault();
    const content = { zone, layers: layers.map(layerOf), ...(fallback ? { fallback } : {}) };
    const body = { content, ...(isAtOnce ? { from: Date.now() } : {}) };
    if (await send(() => call(address, { method: 'PUT', body }))) onDone();
  };
  const remove = async () => {
    if (await send(() => call(address, { method: 'DELETE' }))) onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      {problem && <ProblemCallout problem={problem} />}
      <div class="form-row">
        {!row && <Input label={t('onCall.name')} value={name} onInput={setName} required maxLength={64} />}
        <Input label={t('place.zone')} value={zone} onInput={setZone} required />
        <Input label={t('onCall.fallback')} value={fallback} onInput={setFallback} help={t('onCall.fallbackHelp')} />
      </div>
      {layers.map((layer, n) => (
        <fieldset class="form" key={n}>
          <legend>{t('onCall.layer', { n: n + 1 })}</legend>
          <div class="form-row">
            <Input label={t('onCall.name')} value={layer.name} onInput={(text) => set(n, { name: text })} required />
            <Input
              label={t('onCall.users')}
              value={layer.users}
              onInput={(users) => set(n, { users })}
              help={t('onCall.usersHelp')}
            />
            <Input
              label={t('onCall.every')}
              type="number"
              min="1"
              value={layer.every}
              onInput={(every) => set(n, { every })}
            />
            <Select
              label={t('onCall.unit')}
              value={layer.unit}
              onChange={(unit) => set(n, { unit: unit as LayerDraft['unit'] })}
              options={(['hour', 'day', 'week'] as const).map((unit) => [unit, t(`onCall.units.${unit}`)] as const)}
            />
            <Input
              label={t('onCall.start')}
              type="datetime-local"
              value={layer.start}
              onInput={(start) => set(n, { start: start.slice(0, 16) })}
              required
            />
          </div>
          <div class="form-row">
            <Input
              label={t('onCall.days')}
              value={layer.days}
              onInput={(text) => set(n, { days: text })}
              help={t('onCall.hoursHelp')}
            />
            <Input label={t('onCall.from')} type="time" value={layer.from} onInput={(from) => set(n, { from })} />
            <Input label={t('onCall.to')} type="time" value={layer.to} onInput={(to) => set(n, { to })} />
            <Input
              label={t('onCall.holidays')}
              value={layer.holidays}
              onInput={(holidays) => set(n, { holidays })}
              help="2026-12-25, 2026-12-26"
            />
          </div>
          {layers.length > 1 && (
            <button type="button" class="link" onClick={() => setLayers((old) => old.filter((_, i) => i !== n))}>
              {t('onCall.remove')}
            </button>
          )}
        </fieldset>
      ))}
      <div class="form-end">
        <button type="submit" class="button main" disabled={busy}>
          {busy ? t('common.working') : t('common.save')}
        </button>
        <button type="button" class="button" onClick={() => setLayers((old) => [...old, blank(old.length + 1)])}>
          {t('onCall.addLayer')}
        </button>
        {row && (
          <label class="row">
            <input type="checkbox" checked={isAtOnce} onChange={(event) => setAtOnce(event.currentTarget.checked)} />
            {t('onCall.atOnce')}
          </label>
        )}
        {row && (
          <button type="button" class="button" disabled={busy} onClick={() => void remove()}>
            {t('onCall.removeNamed', { name: row.name })}
          </button>
        )}
        <button type="button" class="button" onClick={onDone}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}
