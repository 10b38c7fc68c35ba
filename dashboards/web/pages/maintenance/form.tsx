/** A maintenance window, new or to be changed: what, when, how long, why; with what it would cover. */

import { useState } from 'preact/hooks';
import type { MaintenanceRow } from '../../../../shared/api.ts';
import { duration } from '../../../../shared/words/format.ts';
import { choiceWord, fleetFilters } from '../../fleet/filters.ts';
import { useFleet } from '../../fleet/store.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { usePreview } from '../../net/preview.ts';
import { call, type Page, type Problem } from '../../net/request.ts';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { ZoneSelect } from '../../parts/zone-select.tsx';
import { search } from '../../router.ts';
import { readersZone } from '../../time/readers-zone.ts';
import { wallText } from '../../time/wall.ts';
import { language, t } from '../../words/words.ts';
import { Covered, NextDates, Warnings } from './facts.tsx';
import { bodyOf, draftOf, editOf, repeats, scopes, type WindowDraft } from './plan.ts';

const lengths = ['30', '60', '120', '240', '480', '1440', '2880'];
const lengthWord = (minutes: string) =>
  minutes === 'until' ? t('maintenance.untilClock') : duration(Number(minutes) * 60, language.value);

function blank(): WindowDraft {
  const params = new URLSearchParams(search.value);
  const of = scopes.find((one) => one === params.get('of')) ?? 'site';
  const zone = readersZone();
  const when = { from: '', to: '', minutes: '120', repeat: 'once', cron: '0 22 * * TUE#2', zone } as const;
  return { of, target: params.get('target') ?? '', reason: '', ...when };
}

function targetsOf(of: WindowDraft['of'], watched: readonly { id: string; name: string }[]): [string, string][] {
  if (of === 'endpoint') return watched.map(({ id, name }) => [id, name]);
  const choices = fleetFilters.value?.data?.filters.find(({ name }) => name === of)?.choices ?? [];
  return choices.filter(({ value }) => value !== '').map((choice) => [choice.value, choiceWord(of, choice)]);
}

/** A preview knows nothing of the dates that are left out of the one that is changed. */
const withoutSkipped = (preview: MaintenanceRow, skip: readonly string[]): MaintenanceRow => ({
  ...preview,
  next: preview.next.filter(({ start }) => !skip.includes(wallText(start, preview.repeat?.zone ?? 'UTC').slice(0, 10))),
});

interface MaintenanceFormProps {
  /** To be changed; without one it is new. */
  row?: MaintenanceRow | undefined;
  onDone: () => void;
  onCancel: () => void;
}

export function MaintenanceForm({ row, onDone, onCancel }: MaintenanceFormProps) {
  const [before] = useState(() => (row ? draftOf(row, readersZone()) : null));
  const [draft, setDraft] = useState(() => before ?? blank());
  const set = (part: Partial<WindowDraft>) => setDraft((old) => ({ ...old, ...part }));
  const { preview, problem: fault } = usePreview<MaintenanceRow>(
    'maintenance/preview',
    // The reason does not change what it covers.
    () => bodyOf({ ...draft, reason: draft.reason || '…' }, Date.now()),
    draft,
  );
  const { busy, problem, send } = useSend();
  const base = useBase('maintenance');
  const submit = async () => {
    const body = before ? editOf(draft, before, Date.now()) : bodyOf(draft, Date.now());
    const address = row ? `maintenance/${encodeURIComponent(row.id)}` : 'maintenance';
    if (body && (await send(() => call(address, { method: row ? 'PATCH' : 'POST', body, base })))) onDone();
    // Nothing was changed, and all that is needed is there.
    if (!body && before && bodyOf(draft, Date.now())) onCancel();
  };
  const repeating = draft.repeat !== 'once';
  // Targets and services are worked on as machines are.
  const isOne = draft.of === 'endpoint';
  const watched = useLoad<Page<{ id: string; name: string }>>(isOne ? 'targets' : null);
  const services = useLoad<Page<{ id: string; name: string }>>(isOne ? 'services' : null);
  const fleet = useFleet();
  const known = targetsOf(draft.of, [
    ...(fleet?.values() ?? []),
    ...(watched.data?.items ?? []),
    ...(services.data?.items ?? []),
  ]);
  // A site without endpoints is no choice of the fleet's filter.
  if (draft.target !== '' && !known.some(([value]) => value === draft.target)) known.push([draft.target, draft.target]);
  const targets = known.sort((a, b) => a[1].localeCompare(b[1], 'en', { numeric: true }));
  return (
    <Box title={row ? t('maintenance.change') : t('maintenance.new')}>
      <Form onSubmit={submit} busy={busy} word={row ? t('common.save') : t('maintenance.create')} onCancel={onCancel}>
        {(problem ?? fault) && <ProblemCallout problem={(problem ?? fault) as Problem} />}
        <div class="form-row">
          <Select
            label={t('maintenance.what')}
            value={draft.of}
            onChange={(of) => set({ of: of as WindowDraft['of'], target: '' })}
            options={scopes.map((of) => [of, t(`maintenance.scope.${of}`)] as const)}
          />
          <Select
            label={t(`maintenance.scope.${draft.of}`)}
            value={draft.target}
            onChange={(target) => set({ target })}
            options={[['', t('common.choose')], ...targets]}
          />
        </div>
        <div class="form-row">
          <Select
            label={t('maintenance.repeat')}
            value={draft.repeat}
            onChange={(repeat) => set({ repeat: repeat as WindowDraft['repeat'] })}
            options={repeats.map((one) => [one, t(`maintenance.repeats.${one}`)] as const)}
          />
          {draft.repeat === 'cron' ? (
            <Input
              label={t('maintenance.cron')}
              value={draft.cron}
              onInput={(cron) => set({ cron })}
              maxLength={100}
              help={t('maintenance.cronHelp')}
            />
          ) : (
            <Input
              label={t('maintenance.from')}
              type="datetime-local"
              value={draft.from}
              onInput={(from) => set({ from })}
              required={repeating}
              help={repeating ? undefined : t('maintenance.fromHelp')}
            />
          )}
          <Select
            label={t('maintenance.length')}
            value={draft.minutes}
            onChange={(minutes) => set({ minutes })}
            options={[...new Set([draft.minutes, ...lengths, 'until'])].map((one) => [one, lengthWord(one)] as const)}
          />
          {draft.minutes === 'until' && (
            <Input
              label={t('maintenance.to')}
              type={repeating ? 'time' : 'datetime-local'}
              value={draft.to}
              onInput={(to) => set({ to })}
              required
              help={t('maintenance.toHelp')}
            />
          )}
          <ZoneSelect value={draft.zone} onChange={(zone) => set({ zone })} />
        </div>
        <TextArea
          label={t('maintenance.reason')}
          value={draft.reason}
          onInput={(reason) => set({ reason })}
          maxLength={1000}
          required
        />
        <div aria-live="polite" class="stack-2">
          {preview && (
            <>
              <p class="strong">
                <Covered row={preview} />
              </p>
              <NextDates row={withoutSkipped(preview, row?.repeat?.skip ?? [])} />
              <Warnings row={preview} />
            </>
          )}
        </div>
      </Form>
    </Box>
  );
}
