/** What people do to alerts, one or many: acknowledge, take, silence, hand over. */
import { useState } from 'preact/hooks';
import type { BulkOutcome } from '../../../../shared/alert-groups.ts';
import type { Alert } from '../../../../shared/api.ts';
import type { SilencePreview } from '../../../../shared/silence.ts';
import { number, time } from '../../../../shared/words/format.ts';
import { asProblem } from '../../net/load.ts';
import { call, isAway } from '../../net/request.ts';
import { me } from '../../net/session.ts';
import { toast } from '../../parts/toast.tsx';
import { language, t, wordOr } from '../../words/words.ts';

/** A ticket each: of more it is one outage, whose tickets the collector opens together. */
const ticketsAtMost = 20;

const many = (verb: 'acknowledge' | 'withdraw', ids: readonly string[]) =>
  call<BulkOutcome>(`alerts/${verb}`, { method: 'POST', body: { ids } });

const count = (n: number) => number(n, language.value);

function sayProblem(thrown: unknown): void {
  const problem = asProblem(thrown);
  const { code, message } = problem;
  // Whoever is on call must not believe that it is done.
  toast(isAway(problem) ? t('alert.now.notSent') : wordOr('problem', `${code}.message`, message));
}

/** Says what came of it, with a way back. Never rejects. */
export async function acknowledge(ids: readonly string[], onDone: () => void): Promise<void> {
  try {
    const { done, failed } = await many('acknowledge', ids);
    const undo = () => void many('withdraw', done).then(onDone, sayProblem);
    const text = t('alert.now.acknowledged', { n: count(done.length) });
    const [only] = done;
    toast(
      failed.length === 0 ? text : `${text} ${t('alert.now.failed', { n: count(failed.length) })}`,
      undo,
      done.length === 1 && only !== undefined ? <NoteField alert={only} onDone={onDone} /> : null,
    );
  } catch (thrown) {
    sayProblem(thrown);
  }
  onDone();
}

/** Acknowledges, takes the tickets that are there, and opens those that are missing. */
export async function take(
  alerts: readonly Pick<Alert, 'id' | 'ticket'>[],
  ids: readonly string[],
  onDone: () => void,
) {
  try {
    const { done, failed } = await many('acknowledge', ids);
    let opened = 0;
    for (const { id, ticket } of alerts.slice(0, ticketsAtMost)) {
      if (ticket !== null) {
        await call(`tickets/${ticket}/assign`, { method: 'POST', body: { assignee: me.value?.user } });
        continue;
      }
      const isNew = await call(`alerts/${encodeURIComponent(id)}/ticket`, { method: 'POST' }).then(
        () => true,
        (thrown: unknown) => {
          // It was opened meanwhile.
          if (asProblem(thrown).code !== 'CONFLICT') throw thrown;
          return false;
        },
      );
      if (isNew) opened++;
    }
    const text = t('alert.now.taken', { n: count(done.length), tickets: count(opened) });
    toast(failed.length === 0 ? text : `${text} ${t('alert.now.failed', { n: count(failed.length) })}`);
  } catch (thrown) {
    sayProblem(thrown);
  }
  onDone();
}

const post = <Answer,>(path: string, body: object = {}) => call<Answer>(path, { method: 'POST', body });
const pathOf = ({ id }: Pick<Alert, 'id'>, verb: string) => `alerts/${encodeURIComponent(id)}/${verb}`;

/** A word for whoever looks next: in the message, where nobody has to look for it. */
function NoteField({ alert, onDone }: { alert: string; onDone: () => void }) {
  const [note, setNote] = useState('');
  const save = (event: Event) => {
    event.preventDefault();
    if (note.trim() === '') return;
    const said = post(pathOf({ id: alert }, 'acknowledge'), { note: note.trim() });
    void said.then(() => toast(t('alert.bar.noted')), sayProblem).then(onDone);
  };
  return (
    <form class="toast-note" onSubmit={save}>
      <input
        class="input"
        aria-label={t('alert.bar.note')}
        placeholder={t('alert.bar.note')}
        value={note}
        maxLength={500}
        onInput={(event) => setNote(event.currentTarget.value)}
      />
      <button type="submit" class="button slim">
        {t('common.save')}
      </button>
    </form>
  );
}

/** One thing that is done at once, said with a way back. Never rejects. */
async function done(
  work: () => Promise<readonly [text: string, undo: (() => Promise<unknown>) | null]>,
  onDone: () => void,
) {
  try {
    const [text, undo] = await work();
    toast(text, undo && (() => void undo().then(onDone, sayProblem)));
  } catch (thrown) {
    sayProblem(thrown);
  }
  onDone();
}

/** Of this alert and nothing else, as the collector proposes it. */
export const silenceFor = (alert: Alert, end: number, onDone: () => void) =>
  done(async () => {
    const { matchers } = await call<SilencePreview>(`silences/proposal?alert=${encodeURIComponent(alert.id)}`);
    const { id } = await post<{ id: string }>('silences', { matchers, end, reason: t('alert.bar.silence.reason') });
    return [
      t('alert.bar.silence.done', { at: time(end, language.value) }),
      () => post(`silences/${encodeURIComponent(id)}/end`),
    ];
  }, onDone);

export const handOver = (alert: Alert, person: string, onDone: () => void) =>
  done(async () => {
    await post(pathOf(alert, 'hand-over'), { to: person });
    // Acknowledged again it stays with whoever had it.
    return [t('alert.bar.handed', { name: person }), () => post(pathOf(alert, 'acknowledge'))];
  }, onDone);

export const withdraw = (alert: Alert, onDone: () => void) =>
  done(async () => {
    await call(pathOf(alert, 'withdraw'), { method: 'POST' });
    return [t('alert.bar.withdrawn'), () => post(pathOf(alert, 'acknowledge'))];
  }, onDone);
