/** A silence, new or to be changed: what, with what it hides now; how long; why. */
import { useEffect, useState } from 'preact/hooks';
import type { SilencePreview, SilenceRow } from '../../../../shared/silence.ts';
import { duration } from '../../../../shared/words/format.ts';
import { asProblem, useSend } from '../../net/load.ts';
import { call, type Problem } from '../../net/request.ts';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Moment } from '../../parts/moment.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { wallInstant, wallText } from '../../time/wall.ts';
import { language, t } from '../../words/words.ts';
import { HiddenAlerts, say } from './hidden.tsx';
import { endOf, type Length, lengths } from './when.ts';

interface SilenceDraft {
  matchers: string;
  reason: string;
  start: string;
  length: Length;
  until: string;
}

const hours: Partial<Record<Length, number>> = { '1h': 1, '2h': 2, '4h': 4, '24h': 24, '7d': 168 };

function lengthWord(length: Length): string {
  const given = hours[length];
  if (given !== undefined) return duration(given * 3600, language.value);
  return length === 'until' ? t('silence.untilClock') : t(length === 'morning' ? 'silence.morning' : 'silence.monday');
}

const linesOf = (text: string) => text.split('\n').flatMap((line) => line.trim() || []);

/** What it would hide, a moment after the last change. */
function usePreview(matchers: string) {
  const [preview, setPreview] = useState<SilencePreview | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const wanted = linesOf(matchers);
    const show = (found: SilencePreview | null, fault: Problem | null) => {
      if (abort.signal.aborted) return;
      setPreview(found);
      setProblem(fault);
    };
    const timer = setTimeout(() => {
      if (wanted.length === 0) return show(null, null);
      const body = { matchers: wanted };
      void call<SilencePreview>('silences/preview', { method: 'POST', body, signal: abort.signal }).then(
        (found) => show(found, null),
        (thrown) => show(null, asProblem(thrown)),
      );
    }, 400);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [matchers]);
  return { preview, problem };
}

interface SilenceFormProps {
  /** To be changed; without one it is new. */
  row?: SilenceRow | undefined;
  /** Of a new one. */
  matchers?: readonly string[] | undefined;
  onDone: () => void;
  onCancel: () => void;
}

export function SilenceForm({ row, matchers = [], onDone, onCancel }: SilenceFormProps) {
  const zone = readersZone();
  const [draft, setDraft] = useState<SilenceDraft>(() => ({
    matchers: (row?.matchers ?? matchers).join('\n'),
    reason: row?.reason ?? '',
    start: row?.state === 'pending' ? wallText(row.start, zone) : '',
    length: row ? 'until' : '2h',
    until: row ? wallText(row.end, zone) : '',
  }));
  const set = (part: Partial<SilenceDraft>) => setDraft((old) => ({ ...old, ...part }));
  const hasBegun = row?.state === 'active';
  const { preview, problem: fault } = usePreview(draft.matchers);
  const { busy, problem, send } = useSend();
  const start = draft.start === '' ? null : wallInstant(draft.start, zone, 'open');
  const end = endOf(draft.length, draft.until, start ?? Date.now(), zone);
  const submit = async (event: Event) => {
    event.preventDefault();
    const what = hasBegun ? {} : { matchers: linesOf(draft.matchers), ...(start === null ? {} : { start }) };
    const body = { ...what, reason: draft.reason, ...(end === null ? {} : { end }) };
    const address = row ? `silences/${encodeURIComponent(row.id)}` : 'silences';
    if (await send(() => call(address, { method: row ? 'PATCH' : 'POST', body }))) onDone();
  };
  const shown = problem ?? fault;
  return (
    <Box title={row ? t('silence.change') : t('silence.new')}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        {shown && <ProblemCallout problem={shown} />}
        <Field label={t('silence.what')} help={t('silence.whatHelp')}>
          {(ids) => (
            <textarea
              class="input"
              required
              disabled={hasBegun}
              rows={3}
              spellcheck={false}
              value={draft.matchers}
              onInput={(event) => set({ matchers: event.currentTarget.value })}
              {...ids}
            />
          )}
        </Field>
        <div aria-live="polite">
          {preview && (
            <>
              <p class="strong">{t('silence.hidesNow', { n: say(preview.alerts), of: say(preview.of) })}</p>
              <HiddenAlerts row={preview} />
            </>
          )}
        </div>
        <div class="form-row">
          {!hasBegun && (
            <Input
              label={t('silence.from')}
              type="datetime-local"
              value={draft.start}
              onInput={(from) => set({ start: from })}
              help={t('silence.fromHelp')}
            />
          )}
          <Select
            label={t('silence.length')}
            value={draft.length}
            onChange={(length) => set({ length: length as Length })}
            options={lengths.map((one) => [one, lengthWord(one)] as const)}
            help={end !== null && <Moment at={end} />}
          />
          {draft.length === 'until' && (
            <Input
              label={t('silence.to')}
              type="datetime-local"
              value={draft.until}
              onInput={(until) => set({ until })}
              required
            />
          )}
        </div>
        <Field label={t('silence.reason')}>
          {(ids) => (
            <textarea
              class="input"
              required
              maxLength={1000}
              value={draft.reason}
              onInput={(event) => set({ reason: event.currentTarget.value })}
              {...ids}
            />
          )}
        </Field>
        <div class="form-end">
          <button type="submit" class="button main" disabled={busy}>
            {busy ? t('common.working') : row ? t('common.save') : t('silence.create')}
          </button>
          <button type="button" class="button" onClick={onCancel}>
            {t('common.cancel')}
          </button>
        </div>
      </form>
    </Box>
  );
}
