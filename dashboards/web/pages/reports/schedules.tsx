/** Reports that are made and mailed regularly. For managers: the addresses of readers are nobody else's business. */

import { useState } from 'preact/hooks';
import type { ReportSchedule, SiteRow } from '../../../../shared/api.ts';
import { periodKinds } from '../../../../shared/period.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { aboutLanguage, actorName, type Language, language, t, wordOr } from '../../words/words.ts';
import { formatMonth } from '../stability/format.ts';
import { LanguageSelect, SiteSelect } from './make.tsx';
import '../../look/reports.css';

interface ScheduleDraft {
  rhythm: string;
  hour: string;
  zone: string;
  site: string;
  language: string;
  recipients: string;
  enabled: boolean;
}

const draftOf = (schedule: ReportSchedule | null): ScheduleDraft => ({
  rhythm: schedule?.rhythm ?? 'month',
  hour: String(schedule?.hour ?? 7),
  zone: schedule?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  site: schedule?.site ?? '',
  language: schedule?.language ?? language.value,
  recipients: schedule?.recipients.join('\n') ?? '',
  enabled: schedule?.enabled ?? true,
});

const hourText = (hour: number) => `${String(hour).padStart(2, '0')}:00`;

interface ScheduleFormProps {
  schedule: ReportSchedule | null;
  onDone: () => void;
  onCancel: () => void;
}

function ScheduleForm({ schedule, onDone, onCancel }: ScheduleFormProps) {
  const [draft, setDraft] = useState(() => draftOf(schedule));
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('report-schedules');
  const set = (change: Partial<ScheduleDraft>) => setDraft((old) => ({ ...old, ...change }));
  const submit = async () => {
    const { site, hour, recipients, ...rest } = draft;
    const body = {
      ...{ ...rest, reason, hour: Number(hour), site: site === '' ? null : site },
      recipients: [...new Set(recipients.split(/[\s,;]+/).filter((one) => one !== ''))],
    };
    const address = schedule ? `report-schedules/${encodeURIComponent(schedule.id)}` : 'report-schedules';
    if (await send(() => call(address, { method: schedule ? 'PATCH' : 'POST', body, base }))) onDone();
  };
  return (
    <div class="stack">
      <Form busy={busy} problem={problem} onSubmit={submit} word={t('report.schedule.save')} onCancel={onCancel}>
        <div class="form-row">
          <Select
            label={t('report.schedule.rhythm')}
            value={draft.rhythm}
            onChange={(rhythm) => set({ rhythm })}
            options={periodKinds.map((kind) => [kind, t(`report.schedule.rhythms.${kind}`)] as const)}
          />
          <Select
            label={t('report.schedule.hour')}
            value={draft.hour}
            onChange={(hour) => set({ hour })}
            options={Array.from({ length: 24 }, (_, hour) => [String(hour), hourText(hour)] as const)}
          />
          <Input label={t('place.zone')} value={draft.zone} onInput={(zone) => set({ zone })} required maxLength={64} />
          <SiteSelect site={draft.site} onChange={(site) => set({ site })} />
          <LanguageSelect value={draft.language} onChange={(code) => set({ language: code })} />
        </div>
        <Field label={t('report.schedule.recipients')} help={t('report.schedule.recipientsHelp')}>
          {(ids) => (
            <textarea
              class="input"
              rows={3}
              value={draft.recipients}
              onInput={(event) => set({ recipients: event.currentTarget.value })}
              {...ids}
            />
          )}
        </Field>
        <label class="row">
          <input
            type="checkbox"
            checked={draft.enabled}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
          />
          {t('report.schedule.enabled')}
        </label>
        <Input label={t('stability.reason')} value={reason} onInput={setReason} maxLength={500} />
      </Form>
      {schedule && (
        <Delete
          name={t(`report.schedule.rhythms.${schedule.rhythm}`)}
          warning={t('report.schedule.deleteWarning')}
          address={`report-schedules/${schedule.id}?${new URLSearchParams({ reason })}`}
          onDone={onDone}
        />
      )}
    </div>
  );
}

/** What the last run made, and whether its mails went out. */
function LastRun({ last }: { last: ReportSchedule['last'] }) {
  if (last === null) return <span class="quiet">{none}</span>;
  const { period, report, mails, sent, failed, problem, error } = last;
  const name = formatMonth(period);
  return (
    <>
      {report === null ? name : <a href={`/reports/${report}`}>{name}</a>}
      <div class="quiet small">
        {problem === null
          ? t('report.schedule.mails', { sent: number(sent, language.value), all: number(mails, language.value) })
          : wordOr('report.schedule.problem', problem, problem)}
      </div>
      {error !== null && (
        <div class="small tone-critical">
          {failed > 0 ? t('report.schedule.givenUp') : t('report.schedule.waiting')} {error}
        </div>
      )}
    </>
  );
}

export function Schedules() {
  const loaded = useLoad<Page<ReportSchedule>>('report-schedules');
  const sites = useLoad<Page<SiteRow>>('sites');
  const [edited, setEdited] = useState<ReportSchedule | 'new' | null>(null);
  const siteName = (id: string | null) =>
    id === null
      ? t('stability.allSites')
      : (sites.data?.items.find((one) => one.id === id)?.name ?? (sites.data || sites.problem ? id : '…'));
  const done = () => {
    setEdited(null);
    loaded.reload();
  };
  return (
    <Box
      title={t('report.schedule.title')}
      aside={
        edited === null && (
          <button type="button" class="button slim" onClick={() => setEdited('new')}>
            {t('report.schedule.new')}
          </button>
        )
      }
      flush
    >
      {edited !== null && (
        <div class="box-body">
          <ScheduleForm
            key={edited === 'new' ? '' : edited.id}
            schedule={edited === 'new' ? null : edited}
            onDone={done}
            onCancel={() => setEdited(null)}
          />
        </div>
      )}
      <Ready of={loaded} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="box-body quiet">{t('report.schedule.none')}</p>
          ) : (
            <Table
              caption={t('report.schedule.title')}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  key: 'rhythm',
                  head: t('report.schedule.rhythm'),
                  cell: ({ rhythm, hour, zone, updatedBy }) => (
                    <>
                      {t(`report.schedule.rhythms.${rhythm}`)}, {hourText(hour)}
                      <div class="quiet small">
                        {zone} · {actorName(updatedBy)}
                      </div>
                    </>
                  ),
                },
                { key: 'site', head: t('page.site'), cell: ({ site }) => siteName(site) },
                {
                  key: 'readers',
                  head: t('report.schedule.recipients'),
                  cell: ({ recipients, language: code }) => (
                    <>
                      <span class="digest">{recipients.join(', ') || none}</span>
                      <div class="quiet small">{aboutLanguage(code as Language).name}</div>
                    </>
                  ),
                },
                {
                  key: 'next',
                  head: t('report.schedule.next'),
                  cell: ({ next, enabled, zone }) =>
                    enabled ? <Moment at={next} zone={zone} /> : <span class="tag">{t('report.schedule.off')}</span>,
                },
                { key: 'last', head: t('report.schedule.last'), cell: ({ last }) => <LastRun last={last} /> },
                {
                  key: 'act',
                  acts: true,
                  head: t('add.act'),
                  cell: (row) => (
                    <button type="button" class="button slim" onClick={() => setEdited(row)}>
                      {t('report.schedule.edit')}
                    </button>
                  ),
                },
              ]}
            />
          )
        }
      </Ready>
    </Box>
  );
}
