/** Hours of one calendar, its holidays and its exceptions. */

import { useState } from 'preact/hooks';
import type { CalendarRow } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { ProblemCallout } from '../../parts/box.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { ZoneSelect } from '../../parts/zone-select.tsx';
import { periodOf } from '../../time/period.ts';
import { language, t } from '../../words/words.ts';
import { linesOf, pairsIn, spansIn, spansText, weekdays, weekHours } from './hours.ts';

const office = '09:00-17:00';

function draftOf(calendar: CalendarRow | null) {
  const weekly = (calendar?.weekly ?? {}) as Record<string, [string, string][] | undefined>;
  return {
    name: calendar?.name ?? '',
    zone: calendar?.zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    region: calendar?.region ?? '',
    days: weekdays.map((day, n) => (calendar ? spansText(weekly[day]) : n < 5 ? office : '')),
    holidays: linesOf((calendar?.holidays ?? []).map(({ date, name }) => [date, name] as const)),
    overrides: linesOf(
      Object.entries(calendar?.overrides ?? {}).map(([date, spans]) => [date, spansText(spans)] as const),
    ),
  };
}
type Draft = ReturnType<typeof draftOf>;

const bodyOf = ({ name, zone, region, days, holidays, overrides }: Draft, reason: string) => ({
  ...{ name, zone, reason, region: region === '' ? null : region },
  weekly: Object.fromEntries(weekdays.map((day, n) => [day, spansIn(days[n] ?? '')])),
  holidays: pairsIn(holidays).map(([date, holiday]) => ({ date, name: holiday })),
  overrides: Object.fromEntries(pairsIn(overrides).map(([date, spans]) => [date, spansIn(spans)])),
});

interface LinesProps {
  label: string;
  help: string;
  value: string;
  onInput: (value: string) => void;
}

const Lines = ({ label, help, value, onInput }: LinesProps) => (
  <Field label={label} help={help}>
    {(ids) => (
      <textarea class="input" rows={6} value={value} onInput={(event) => onInput(event.currentTarget.value)} {...ids} />
    )}
  </Field>
);

interface RegionProps {
  region: string;
  onRegion: (region: string) => void;
  /** Of the calendar, IANA: its year may have begun. */
  zone: string;
  onTake: (lines: string) => void;
}

/** Concrete dates are taken over, this year and the next two: Easter and substitutes move. */
function Region({ region, zone, onRegion, onTake }: RegionProps) {
  const [country = ''] = region.split('-');
  const countries = useLoad<Page<{ id: string; name: string }>>('holidays/regions');
  const parts = useLoad<Page<{ id: string; name: string }>>(
    country === '' ? null : `holidays/regions?country=${country}`,
  );
  const { busy, problem, send } = useSend();
  const take = () =>
    send(async () => {
      const year = Number(periodOf(Date.now(), zone).slice(0, 4));
      const query = new URLSearchParams({
        region,
        from: `${year}`,
        to: `${year + 2}`,
        language: language.value.slice(0, 2),
      });
      const { items } = await call<Page<{ date: string; name: string }>>(`holidays?${query}`);
      onTake(linesOf(items.map(({ date, name }) => [date, name] as const)));
    });
  const named = (list: readonly { id: string; name: string }[] | undefined) =>
    (list ?? []).map(({ id, name }) => [id, name] as const);
  return (
    <>
      {problem && <ProblemCallout problem={problem} />}
      <div class="form-row">
        <Select
          label={t('calendar.country')}
          value={country}
          onChange={onRegion}
          options={[['', t('calendar.noCountry')], ...named(countries.data?.items)]}
        />
        {(parts.data?.items.length ?? 0) > 0 && (
          <Select
            label={t('calendar.part')}
            value={region}
            onChange={onRegion}
            options={[[country, t('calendar.whole')], ...named(parts.data?.items)]}
          />
        )}
      </div>
      {region !== '' && (
        <p>
          <button type="button" class="button slim" disabled={busy} onClick={() => void take()}>
            {t('calendar.take', { region })}
          </button>
        </p>
      )}
    </>
  );
}

interface CalendarFormProps {
  calendar: CalendarRow | null;
  onDone: (calendar: CalendarRow) => void;
  onCancel: () => void;
}

export function CalendarForm({ calendar, onDone, onCancel }: CalendarFormProps) {
  const [draft, setDraft] = useState(() => draftOf(calendar));
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('calendars');
  const set = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));
  const hours = weekHours(draft.days.map(spansIn));
  const submit = async () => {
    const address = calendar ? `calendars/${encodeURIComponent(calendar.id)}` : 'calendars';
    await send(async () =>
      onDone(
        await call<CalendarRow>(address, { method: calendar ? 'PATCH' : 'POST', body: bodyOf(draft, reason), base }),
      ),
    );
  };
  return (
    <Form
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={calendar ? t('common.save') : t('calendar.create')}
      onCancel={onCancel}
    >
      <div class="form-row">
        <Input
          label={t('endpoint.name')}
          value={draft.name}
          onInput={(name) => set({ name })}
          required
          maxLength={512}
        />
        <ZoneSelect value={draft.zone} onChange={(zone) => set({ zone })} />
      </div>
      <fieldset class="part-fields">
        <legend>{t('calendar.hours')}</legend>
        <div class="form-row">
          {weekdays.map((day, n) => (
            <Input
              key={day}
              label={t(`calendar.day.${day}`)}
              value={draft.days[n] ?? ''}
              onInput={(text) => set({ days: draft.days.with(n, text) })}
              autocomplete="off"
            />
          ))}
        </div>
        <p class="small quiet" role="status">
          {Number.isNaN(hours)
            ? t('calendar.hoursHelp')
            : t('calendar.perWeek', { n: number(hours, language.value, 1) })}
        </p>
      </fieldset>
      <Region
        region={draft.region}
        zone={draft.zone}
        onRegion={(region) => set({ region })}
        onTake={(holidays) => set({ holidays })}
      />
      <Lines
        label={t('calendar.holidays')}
        help={t('calendar.holidaysHelp')}
        value={draft.holidays}
        onInput={(holidays) => set({ holidays })}
      />
      <Lines
        label={t('calendar.overrides')}
        help={t('calendar.overridesHelp')}
        value={draft.overrides}
        onInput={(overrides) => set({ overrides })}
      />
      <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
    </Form>
  );
}
