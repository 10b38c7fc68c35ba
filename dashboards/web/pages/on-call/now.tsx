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
import { Moment } from '../../parts/moment.tsx';
import { wallInstant, wallText } from '../../time/wall.ts';
import { language, t } from '../../words/words.ts';
import { ScheduleForm } from './schedule-form.tsx';
import { OnCallTabs } from './tabs.tsx';

const concerns = ({ kind }: LiveChange) => kind === 'on_call';
const dayMs = 86_400_000;
type ShiftRow = OnCallScheduleRow['shifts'][number];
const isOpen = ({ by }: ShiftRow) => by === 'gap' || by === 'fallback';

interface Wish {
  from: string;
  to: string;
  user: string;
  replace: string;
}

function OverrideForm({ row, shift, onDone }: { row: OnCallScheduleRow; shift: ShiftRow; onDone: () => void }) {
  const { zone } = row;
  const [draft, setDraft] = useState<Wish>({
    from: wallText(shift.start, zone),
    to: wallText(shift.end, zone),
    user: me.value?.user ?? '',
    replace: isOpen(shift) ? '' : (shift.user ?? ''),
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
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(false);
      }}
    >
      {problem && <ProblemCallout problem={problem} />}
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
      <div class="form-end">
        <button type="submit" class="button main" disabled={busy}>
          {busy ? t('common.working') : t('onCall.takeOver')}
        </button>
        {problem?.code === 'CONFLICT' && (
          <button type="button" class="button" onClick={() => void submit(true)}>
            {t('onCall.winOver')}
          </button>
        )}
        <button type="button" class="button" onClick={onDone}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}

/** The persons of a local day, in their order. */
function personsOf(shifts: readonly ShiftRow[], start: number, end: number): string[] {
  const names = shifts
    .filter((shift) => shift.start < end && shift.end > start)
    .map((shift) => (isOpen(shift) ? t('onCall.nobody') : (shift.user ?? t('onCall.nobody'))));
  return [...new Set(names)];
}

/** Four weeks on the wall clock of the schedule. */
function Weeks({ row, from }: { row: OnCallScheduleRow; from: number }) {
  const first = wallText(from, row.zone).slice(0, 10);
  const days = Array.from({ length: 28 }, (_, n) => {
    const date = new Date(Date.parse(`${first}T00:00Z`) + n * dayMs).toISOString().slice(0, 10);
    const next = new Date(Date.parse(`${date}T00:00Z`) + dayMs).toISOString().slice(0, 10);
    const start = wallInstant(`${date}T00:00`, row.zone, 'open') ?? 0;
    const end = wallInstant(`${next}T00:00`, row.zone, 'open') ?? 0;
    return { start, names: personsOf(row.shifts, start, end) };
  });
  return (
    <details>
      <summary>{t('onCall.weeks')}</summary>
      <ol class="oncall-weeks plain" aria-label={t('onCall.weeks')}>
        {days.map(({ start, names }) => (
          <li key={start}>
            <span class="quiet small">
              {new Intl.DateTimeFormat(language.value, {
                ...{ weekday: 'short', day: 'numeric', month: 'short', timeZone: row.zone },
              }).format(start)}
            </span>
            <strong>{names.join(' → ')}</strong>
          </li>
        ))}
      </ol>
    </details>
  );
}

function ScheduleBox({ row, from, reload }: { row: OnCallScheduleRow; from: number; reload: () => void }) {
  const [taking, setTaking] = useState<ShiftRow | null>(null);
  const [editing, setEditing] = useState(false);
  const { problem, send } = useSend();
  const { now: on, zone } = row;
  const done = () => {
    setTaking(null);
    setEditing(false);
    reload();
  };
  const remove = (address: string) => void send(() => call(address, { method: 'DELETE' })).then(reload);
  return (
    <Box
      title={row.name}
      aside={
        may('admin') &&
        row.owner === 'people' &&
        !editing && (
          <button type="button" class="button slim" onClick={() => setEditing(true)}>
            {t('onCall.change')}
          </button>
        )
      }
    >
      {problem && <ProblemCallout problem={problem} />}
      <p>
        <strong>{isOpen({ ...on, start: 0, end: 0 }) ? t('onCall.nobody') : on.user}</strong>{' '}
        {on.until !== null && (
          <span>
            {t('onCall.until')} <Moment at={on.until} zone={zone} /> ({zone})
            {on.next && t('onCall.thenUser', { user: on.next })}
          </span>
        )}
      </p>
      {row.changesAt !== null && (
        <p class="quiet">{t('onCall.changes', { at: time(row.changesAt, language.value, 'moment', zone) })}</p>
      )}
      {row.owner === 'file' && <p class="quiet">{t('onCall.inFile')}</p>}
      {row.gaps.length > 0 && (
        <Callout tone="warning" title={t('onCall.gaps', { n: row.gaps.length })}>
          <ul class="plain">
            {row.gaps.slice(0, 5).map((gap) => (
              <li key={gap.start}>
                <Moment at={gap.start} zone={zone} /> – <Moment at={gap.end} zone={zone} />{' '}
                {may('operator') && (
                  <button type="button" class="link" onClick={() => setTaking(gap)}>
                    {t('onCall.fill')}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </Callout>
      )}
      {editing && <ScheduleForm row={row} onDone={done} />}
      {taking && <OverrideForm key={taking.start} row={row} shift={taking} onDone={done} />}
      <ul class="plain stack-2">
        {row.shifts.slice(0, 6).map((shift) => (
          <li key={shift.start}>
            <Moment at={shift.start} zone={zone} /> – <Moment at={shift.end} zone={zone} />{' '}
            <strong>{isOpen(shift) ? t('onCall.nobody') : shift.user}</strong>{' '}
            {shift.by === 'override' && <span class="quiet">{t('onCall.override')}</span>}{' '}
            {may('operator') && (
              <button type="button" class="link" onClick={() => setTaking(shift)}>
                {t('onCall.takeOver')}
              </button>
            )}
          </li>
        ))}
      </ul>
      <Weeks row={row} from={from} />
      {row.overrides.length > 0 && (
        <details>
          <summary>{t('onCall.overrides', { n: row.overrides.length })}</summary>
          <ul class="plain">
            {row.overrides.map((one) => (
              <li key={one.id}>
                {one.user} {one.replace !== null && t('onCall.for', { user: one.replace })}{' '}
                <Moment at={one.from} zone={zone} /> – <Moment at={one.to} zone={zone} />{' '}
                {may('operator') && !one.id.startsWith('file-') && (
                  <button
                    type="button"
                    class="link"
                    onClick={() => remove(`on-call/overrides/${encodeURIComponent(one.id)}`)}
                  >
                    {t('onCall.remove')}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Box>
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
    ...new Set(schedules.flatMap(({ now: on }) => (isOpen({ ...on, start: 0, end: 0 }) ? [] : (on.user ?? [])))),
  ];
  const mine = own.now.length > 0 ? t('onCall.youNow') : own.next ? t('onCall.youNext') : null;
  return (
    <>
      {schedules.length > 0 &&
        (names.length > 0 ? t('onCall.lead', { names: names.join(', ') }) : t('onCall.leadNobody'))}{' '}
      {mine} {own.now.length === 0 && own.next && <Moment at={own.next.start} />}
    </>
  );
}

export function OnCallPage() {
  const loaded = useLoad<OnCallAnswer>('on-call', concerns, 2000);
  const [adding, setAdding] = useState(false);
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
              <ScheduleBox key={row.name} row={row} from={answer.from} reload={loaded.reload} />
            ))}
            {may('operator') && answer.schedules.length > 0 && <Feed has={answer.me.hasFeed} reload={loaded.reload} />}
          </>
        )}
      </Ready>
    </>
  );
}
