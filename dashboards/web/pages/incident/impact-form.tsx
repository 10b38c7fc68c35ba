/** Who was hindered, when and how much, as a person knows it: the estimate confirmed, or corrected. */

import { useState } from 'preact/hooks';
import type { Impact, SiteRow } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { instantIn, localText } from '../../time/local.ts';
import { t } from '../../words/words.ts';
import { factors, formatFactor } from './impact-words.ts';

type SegmentDraft = Impact['segments'][number];
interface ImpactDraft {
  was: SegmentDraft;
  start: string;
  end: string;
  factor: string;
  affected: { site: string; people: string }[];
}

const draftOf = (was: SegmentDraft): ImpactDraft => ({
  was,
  start: localText(was.start),
  end: localText(was.end),
  factor: String(was.factor),
  affected: was.affected.map(({ site, people }) => ({ site: site ?? '', people: String(people) })),
});

const segmentOf = ({ was, start, end, factor, affected }: ImpactDraft): SegmentDraft => ({
  start: instantIn(start, was.start) ?? was.start,
  end: instantIn(end, was.end),
  factor: Number(factor),
  affected: affected.map(({ site, people }) => ({ site: site === '' ? null : site, people: Number(people) })),
});

interface SegmentProps {
  n: number;
  draft: ImpactDraft;
  sites: readonly SiteRow[];
  onChange: (draft: ImpactDraft | null) => void;
}

function SegmentFields({ n, draft, sites, onChange }: SegmentProps) {
  const set = (change: Partial<ImpactDraft>) => onChange({ ...draft, ...change });
  const values = [...new Set([...factors.map(([value]) => value), draft.was.factor])].sort((a, b) => b - a);
  const setPlace = (at: number, change: Partial<ImpactDraft['affected'][number]>) =>
    set({ affected: draft.affected.map((one, m) => (m === at ? { ...one, ...change } : one)) });
  const options: [string, string][] = [
    ['', t('stability.noSite')],
    ...sites.map(({ id, name }): [string, string] => [id, name]),
  ];
  return (
    <fieldset class="part-fields">
      <legend>{t('impact.segment', { n: n + 1 })}</legend>
      <div class="form-row">
        <Input
          label={t('interval.from')}
          type="datetime-local"
          step="1"
          value={draft.start}
          onInput={(start) => set({ start })}
          required
        />
        <Input
          label={t('interval.to')}
          type="datetime-local"
          step="1"
          value={draft.end}
          onInput={(end) => set({ end })}
          help={t('impact.endHelp')}
        />
        <Select
          label={t('impact.howMuch')}
          value={draft.factor}
          onChange={(factor) => set({ factor })}
          options={values.map((value) => [String(value), formatFactor(value)] as const)}
        />
      </div>
      {draft.affected.map(({ site, people }, at) => (
        <div class="form-row" key={at}>
          <Select
            label={t('page.site')}
            value={site}
            onChange={(next) => setPlace(at, { site: next })}
            options={options}
          />
          <Input
            label={t('impact.people')}
            type="number"
            min="0"
            value={people}
            onInput={(next) => setPlace(at, { people: next })}
            required
          />
        </div>
      ))}
      <div class="row">
        <button
          type="button"
          class="button slim"
          onClick={() => set({ affected: [...draft.affected, { site: '', people: '' }] })}
        >
          {t('impact.addSite')}
        </button>
        <button type="button" class="button slim" onClick={() => onChange(null)}>
          {t('impact.removeSegment', { n: n + 1 })}
        </button>
      </div>
    </fieldset>
  );
}

interface ImpactFormProps {
  ticket: number;
  impact: Impact;
  sites: readonly SiteRow[];
  /** Where a new segment begins. */
  from: number;
  /** The segments as they are, with a reason only. */
  confirm: boolean;
  onDone: () => void;
  onCancel: () => void;
}

export function ImpactForm({ ticket, impact, sites, from, confirm, onDone, onCancel }: ImpactFormProps) {
  const [drafts, setDrafts] = useState(() => impact.segments.map(draftOf));
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const body = { segments: drafts.map(segmentOf), reason };
    if (await send(() => call(`tickets/${ticket}/impact`, { method: 'PUT', body }))) onDone();
  };
  const added: SegmentDraft = { start: from, end: null, factor: 1, affected: [] };
  return (
    <Form
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={confirm ? t('impact.confirm') : t('impact.save')}
      onCancel={onCancel}
    >
      {!confirm &&
        drafts.map((draft, n) => (
          <SegmentFields
            key={n}
            n={n}
            draft={draft}
            sites={sites}
            onChange={(next) =>
              setDrafts(
                next === null ? drafts.filter((_, m) => m !== n) : drafts.map((one, m) => (m === n ? next : one)),
              )
            }
          />
        ))}
      {!confirm && drafts.length === 0 && <p class="small">{t('impact.nobody')}</p>}
      {!confirm && (
        <p>
          <button type="button" class="button slim" onClick={() => setDrafts([...drafts, draftOf(added)])}>
            {t('impact.addSegment')}
          </button>
        </p>
      )}
      <Input
        label={t('stability.reason')}
        value={reason}
        onInput={setReason}
        required
        maxLength={500}
        help={t('impact.reasonHelp')}
      />
    </Form>
  );
}
