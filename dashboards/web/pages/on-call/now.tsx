/** Who is on call now, the next four weeks, gaps, and taking over a time. */

import { useState } from 'preact/hooks';
import type { OnCallAnswer, OnCallScheduleRow } from '../../../../shared/on-call.ts';
import { time } from '../../../../shared/words/format.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Box, Callout, Empty, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { CopyButton, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { useFlagIn } from '../../parts/in-address.ts';
import { Moment } from '../../parts/moment.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { wallInstant, wallText } from '../../time/wall.ts';
import { language, t } from '../../words/words.ts';
import { DocumentBox } from './document-form.tsx';
import { receiverWord } from './receivers.tsx';
import { ScheduleForm } from './schedule-form.tsx';
import { OnCallTabs } from './tabs.tsx';
import { withoutEffect } from './without-effect.ts';

const concerns = ({ kind }: LiveChange) => kind === 'on_call';
const dayMs = 86_400_000;
const gapsShown = 5;
const shiftsShown = 6;
type ShiftRow = OnCallScheduleRow['shifts'][number];
const isOpen = ({ by }: Pick<ShiftRow, 'by'>) => by === 'gap' || by === 'fallback';
/** Who is notified: of a gap that the fallback fills, that. */
const whoOf = ({ by, user }: Pick<ShiftRow, 'by' | 'user'>) =>
  user === null ? t('onCall.nobody') : by === 'fallback' ? receiverWord(user) : user;

interface Wish {
  from: string;
  to: string;
  user: string;
  replace: string;
}

function OverrideForm({ row, shift, onDone }: { row: OnCallScheduleRow; shift: ShiftRow; onDone: () => void }) {
  const zone = readersZone();
  const [draft, setDraft] = useState<Wish>({
    from: wallText(shift.start, zone),
    to: wallText(shift.end, zone),
    user: me.value?.user ?? '',
    replace: '',
  });
  const names = useLoad<Page<string>>('users/names');
  const { busy, problem, send } = useSend();
  const set = (part: Partial<Wish>) => setDraft((old) => ({ ...old, ...part }));
  const submit = async (wins: boolean) => {
    const [from, to] = [wallInstant(draft.from, zone, 'open'), wallInstant(draft.to, zone, 'open')];
    if (from === null || to === null) return;
    const body = { from, to, user: draft.user, ...(draft.replace ? { replace: draft.replace } : {}), wins };
    const address = `on-call/schedules/${encodeURIComponent(row.name)}/overrides`;
    if (await send(() => call(address, { method: 'POST', body }))) onDone();
  };
  const users = (names.data?.items ?? []).map((name) => [name, name] as const);
  const [from, to] = [wallInstant(draft.from, zone, 'open'), wallInstant(draft.to, zone, 'open')];
  const planned = from !== null && to !== null && { from, to, user: draft.user, replace: draft.replace || null };
  return (
    <Form
      problem={problem}
      onSubmit={() => void submit(false)}
      busy={busy}
      word={t('onCall.takeOver')}
      onCancel={onDone}
      end={
        problem?.code === 'CONFLICT' && (
          <button type="button" class="button" onClick={() => void submit(true)}>
            {t('onCall.winOver')}
          </button>
        )
      }
    >
      <div class="form-row">
        <Select
          label={t('onCall.takesOver')}
          value={draft.user}
          onChange={(user) => set({ user })}
          options={users}
          required
        />
        <Select
          label={t('onCall.insteadOf')}
          value={draft.replace}
          onChange={(replace) => set({ replace })}
          options={[['', t('onCall.anyone')], ...users]}
        />
        <Input
          label={t('onCall.from')}
          type="datetime-local"
          value={draft.from}
          onInput={(from) => set({ from })}
          required
          help={zone}
        />
        <Input label={t('onCall.to')} type="datetime-local" value={draft.to} onInput={(to) => set({ to })} required />
      </div>
      {planned && <Idle shifts={row.shifts} of={planned} />}
    </Form>
  );
}

interface IdleProps {
  shifts: OnCallScheduleRow['shifts'];
  of: Parameters<typeof withoutEffect>[1];
}

/** Whoever asked to be stood in for may not be on call at all of that time. */
function Idle({ shifts, of }: IdleProps) {
  const parts = withoutEffect(shifts, of);
  if (parts.length === 0 || of.replace === null) return null;
  return (
    <div class="small tone-warning" role="status">
      {t('onCall.idle', { user: of.replace })}
      <ul class="plain">
        {parts.map(({ start, end, user }) => (
          <li key={start}>
            <Moment at={start} /> – <Moment at={end} /> ({user ?? t('onCall.nobody')})
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The persons of a local day, in their order. */
function personsOf(shifts: readonly ShiftRow[], start: number, end: number): string[] {
  const names = shifts.filter((shift) => shift.start < end && shift.end > start).map((shift) => whoOf(shift));
  return [...new Set(names)];
}

/** Four weeks on the reader's clock, as every time on this page. */
function Weeks({ row, from }: { row: OnCallScheduleRow; from: number }) {
  const zone = readersZone();
  const first = wallText(from, zone).slice(0, 10);
  const days = Array.from({ length: 29 }, (_, n) => {
    const date = new Date(Date.parse(`${first}T00:00Z`) + n * dayMs).toISOString().slice(0, 10);
    return wallInstant(`${date}T00:00`, zone, 'open') ?? 0;
  });
  return (
    <details>
      <summary>{t('onCall.weeks')}</summary>
      <ol class="oncall-weeks plain" aria-label={t('onCall.weeks')}>
        {days.slice(0, -1).map((start, n) => (
          <li key={start}>
            <span class="quiet small">
              {weekday(start)} {time(start, language.value, 'day')}
            </span>
            <strong>{personsOf(row.shifts, start, days[n + 1] ?? start + dayMs).join(' → ')}</strong>
          </li>
        ))}
      </ol>
    </details>
  );
}

const weekday = (at: number) => new Intl.DateTimeFormat(language.value, { weekday: 'short' }).format(at);

/** From when to when; where nobody hands over in the time that is known, that is said. */
const Times = ({ start, end, known }: { start: number; end: number; known: number }) =>
  end >= known ? (
    <span>{t('onCall.onward', { from: time(start, language.value), until: time(known, language.value) })}</span>
  ) : (
    <>
      <Moment at={start} /> – <Moment at={end} />
    </>
  );

interface ScheduleBoxProps {
  row: OnCallScheduleRow;
  answer: OnCallAnswer;
  reload: () => void;
}

/** Times in which nobody is on call, each with a button to fill it. */
function Gaps({ row, known, onFill }: { row: OnCallScheduleRow; known: number; onFill: (gap: ShiftRow) => void }) {
  const shown = row.gaps.slice(0, gapsShown);
  const more = row.gaps.length - shown.length;
  if (shown.length === 0) return null;
  return (
    <Callout tone="warning" title={t('onCall.gaps', { n: row.gaps.length })}>
      <ul class="plain">
        {shown.map((gap) => (
          <li key={gap.start}>
            <Times {...gap} known={known} />{' '}
            {may('operator') && (
              <button type="button" class="link" onClick={() => onFill(gap)}>
                {t('onCall.fill')}
                <span class="unseen"> {time(gap.start, language.value)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {more > 0 && <p>{t('onCall.moreGaps', { n: more })}</p>}
    </Callout>
  );
}

function ScheduleBox({ row, answer, reload }: ScheduleBoxProps) {
  const [taking, setTaking] = useState<ShiftRow | null>(null);
  const [editing, setEditing] = useState(false);
  const { problem, send } = useSend();
  const { now: on } = row;
  const isNobody = isOpen(on);
  const done = () => {
    setTaking(null);
    setEditing(false);
    reload();
  };
  const remove = (address: string) => void send(() => call(address, { method: 'DELETE' })).then(reload);
  return (
    <DocumentBox title={row.name} owner={row.owner} isEditing={editing} onEdit={() => setEditing(true)}>
      <div class="form">
        {problem && <ProblemCallout problem={problem} />}
        <p>
          <strong>{whoOf(on)}</strong>{' '}
          {on.until !== null && (
            <span>
              {t('onCall.until')} <Moment at={on.until} />
              {on.next && t('onCall.thenUser', { user: on.next })}
            </span>
          )}
          {row.zone !== readersZone() && <span class="quiet small"> {t('onCall.zoneOf', { zone: row.zone })}</span>}
        </p>
        {!isNobody && !on.isReached && (
          <Callout tone="warning" title={t('onCall.unreached', { user: on.user ?? '' })}>
            <p>
              {t('onCall.unreachedHint')} {on.user === me.value?.user && <a href="/settings">{t('onCall.ways')}</a>}
            </p>
          </Callout>
        )}
        {row.changesAt !== null && (
          <p class="quiet">{t('onCall.changes', { at: time(row.changesAt, language.value) })}</p>
        )}
        <Gaps row={row} known={answer.known} onFill={setTaking} />
        {editing && <ScheduleForm row={row} onDone={done} />}
        {taking && <OverrideForm key={taking.start} row={row} shift={taking} onDone={done} />}
        <ul class="plain stack-2">
          {row.shifts.slice(0, shiftsShown).map((shift) => (
            <li key={shift.start}>
              <Times {...shift} known={answer.known} /> <strong>{whoOf(shift)}</strong>{' '}
              {shift.isOff && <span class="fault">{t('onCall.lacks.off')} </span>}
              {shift.by === 'override' && <span class="quiet">{t('onCall.override')}</span>}{' '}
              {may('operator') && (
                <button type="button" class="link" onClick={() => setTaking(shift)}>
                  {t('onCall.takeOver')}
                  <span class="unseen"> {time(shift.start, language.value)}</span>
                </button>
              )}
            </li>
          ))}
        </ul>
        <Weeks row={row} from={answer.from} />
        {row.overrides.length > 0 && (
          <details>
            <summary>{t('onCall.overrides', { n: row.overrides.length })}</summary>
            <ul class="plain">
              {row.overrides.map((one) => (
                <li key={one.id}>
                  {one.user} {one.replace !== null && t('onCall.for', { user: one.replace })} <Moment at={one.from} /> –{' '}
                  <Moment at={one.to} />{' '}
                  {may('operator') && !one.id.startsWith('file-') && (
                    <button type="button" class="link" onClick={() => remove(`on-call/overrides/${one.id}`)}>
                      {t('onCall.remove')}
                    </button>
                  )}
                  <Idle shifts={row.shifts} of={one} />
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </DocumentBox>
  );
}

function Feed({ has, reload }: { has: boolean; reload: () => void }) {
  const [url, setUrl] = useState('');
  const { busy, problem, send } = useSend();
  const create = () =>
    void send(async () => setUrl((await call<{ url: string }>('on-call/feed', { method: 'POST' })).url)).then(reload);
  const revoke = () =>
    void send(() => call('on-call/feed', { method: 'DELETE' })).then(() => {
      setUrl('');
      reload();
    });
  return (
    <Box title={t('onCall.feed')}>
      {problem && <ProblemCallout problem={problem} />}
      <p class="quiet">{t('onCall.feedLead')}</p>
      {url !== '' && (
        <p>
          <code>{url}</code> <CopyButton text={url} />
        </p>
      )}
      <div class="row">
        <button type="button" class="button" disabled={busy} onClick={create}>
          {has ? t('onCall.feedAgain') : t('onCall.feedMake')}
        </button>
        {has && (
          <button type="button" class="button" disabled={busy} onClick={revoke}>
            {t('onCall.feedRevoke')}
          </button>
        )}
      </div>
    </Box>
  );
}

function Lead({ answer }: { answer: OnCallAnswer }) {
  const { schedules, me: own } = answer;
  const names = [
    ...new Set(
      schedules
        .filter(({ now: on }) => !isOpen(on) && on.user !== null)
        .map(({ now: on }) => (on.isReached ? on.user : `${on.user} (${t('onCall.lacks.no_way')})`)),
    ),
  ];
  const mine = own.now.length > 0 ? t('onCall.youNow') : own.next ? t('onCall.youNext') : null;
  return (
    <>
      {names.length > 0 ? t('onCall.lead', { names: names.join(', ') }) : t('onCall.leadNobody')} {mine}{' '}
      {own.now.length === 0 && own.next && <Moment at={own.next.start} />}{' '}
      {schedules.length > 0 && <span class="small">{t('onCall.allIn', { zone: readersZone() })}</span>}
    </>
  );
}

export function OnCallPage() {
  const loaded = useLoad<OnCallAnswer>('on-call', concerns, 2000);
  const [adding, setAdding] = useFlagIn('new');
  return (
    <>
      <PageHead title={t('page.onCall')} lead={loaded.data && <Lead answer={loaded.data} />}>
        {may('admin') && !adding && (
          <button type="button" class="button" onClick={() => setAdding(true)}>
            {t('onCall.addSchedule')}
          </button>
        )}
      </PageHead>
      <OnCallTabs current="now" />
      {adding && (
        <Box title={t('onCall.addSchedule')}>
          <ScheduleForm
            onDone={() => {
              setAdding(false);
              loaded.reload();
            }}
          />
        </Box>
      )}
      <Ready of={loaded}>
        {(answer) => (
          <>
            {answer.schedules.length === 0 && !adding && (
              <Empty icon="person" title={t('onCall.emptyTitle')}>
                <p>{t('onCall.emptyLead')}</p>
              </Empty>
            )}
            {answer.schedules.map((row) => (
              <ScheduleBox key={row.name} row={row} answer={answer} reload={loaded.reload} />
            ))}
            {may('operator') && answer.schedules.length > 0 && <Feed has={answer.me.hasFeed} reload={loaded.reload} />}
          </>
        )}
      </Ready>
    </>
  );
}
