/** A silence, new or to be changed: what, with what it hides now; how long; why. */

import { useState } from 'preact/hooks';
import type { SilencePreview, SilenceRow } from '../../../../shared/silence.ts';
import { duration } from '../../../../shared/words/format.ts';
import { useBase, useSend } from '../../net/load.ts';
import { usePreview } from '../../net/preview.ts';
import { call } from '../../net/request.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { wallInstant, wallText } from '../../time/wall.ts';
import { formatReasons } from '../../words/reason.ts';
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
  const { preview, problem: fault } = usePreview<SilencePreview>(
    'silences/preview',
    () => (linesOf(draft.matchers).length === 0 ? null : { matchers: linesOf(draft.matchers) }),
    draft.matchers,
  );
  const { busy, problem, send } = useSend();
  const base = useBase('silences');
  const start = draft.start === '' ? null : wallInstant(draft.start, zone, 'open');
  const end = endOf(draft.length, draft.until, start ?? Date.now(), zone);
  const submit = async () => {
    const what = hasBegun ? {} : { matchers: linesOf(draft.matchers), ...(start === null ? {} : { start }) };
    const body = { ...what, reason: draft.reason, ...(end === null ? {} : { end }) };
    const address = row ? `silences/${encodeURIComponent(row.id)}` : 'silences';
    if (await send(() => call(address, { method: row ? 'PATCH' : 'POST', body, base }))) onDone();
  };
  const shown = problem ?? fault;
  return (
    <Box title={row ? t('silence.change') : t('silence.new')}>
      <Form
        problem={shown}
        onSubmit={submit}
        busy={busy}
        word={row ? t('common.save') : t('silence.create')}
        onCancel={onCancel}
      >
        <TextArea
          label={t('silence.what')}
          help={t('silence.whatHelp')}
          value={draft.matchers}
          onInput={(matchers) => set({ matchers })}
          disabled={hasBegun}
          rows={3}
          spellcheck={false}
          required
        />
        <div aria-live="polite">
          {preview && (
            <>
              <p class="strong">{t('silence.hidesNow', { n: say(preview.alerts), of: say(preview.of) })}</p>
              <HiddenAlerts row={preview} />
              {preview.warnings.map((warning) => (
                <Callout key={JSON.stringify(warning)} tone="warning" title={formatReasons([warning])} />
              ))}
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
        <TextArea
          label={t('silence.reason')}
          value={draft.reason}
          onInput={(reason) => set({ reason })}
          maxLength={1000}
          required
        />
      </Form>
    </Box>
  );
}
