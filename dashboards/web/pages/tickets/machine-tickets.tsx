/** Tickets about machines of a list, filled in: for one row, or for all that are ticked. */
import { useState } from 'preact/hooks';
import { number } from '../../../../shared/words/format.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { ProblemCallout } from '../../parts/box.tsx';
import { Toast, toast } from '../../parts/toast.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';

/** What a ticket would say. */
export interface TicketWish {
  endpoint: { id: string; name: string };
  title: string;
  text: string;
}

/** A row of a list that may have a ticket already. */
export interface TicketSubject {
  key: string;
  ticket: number | null;
  wish: TicketWish;
}

/** @param topic the tag by which the collector knows what the ticket is about */
export function useMachineTickets(topic: 'backup' | 'patches', onDone: () => void) {
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const { busy, problem, send } = useSend();
  /** One after the other: those before one that fails are open, and their rows have them. */
  const open = async (subjects: readonly TicketSubject[]) => {
    let done = 0;
    await send(async () => {
      for (const { wish } of subjects) {
        const { endpoint, ...said } = wish;
        await call('tickets', { method: 'POST', body: { ...said, endpoint: endpoint.id, tags: [topic] } });
        done++;
      }
    });
    if (done > 0) toast(t('machineTickets.done', { n: number(done, language.value) }));
    choose(new Set());
    onDone();
  };
  return { chosen, choose, busy, problem, open };
}

type MachineTickets = ReturnType<typeof useMachineTickets>;

/** A box before each row that has no ticket yet, and one for all of them. */
export function pickOf<Row>(
  { chosen, choose }: MachineTickets,
  rows: readonly Row[],
  subjectOf: (row: Row) => TicketSubject | null,
) {
  const free = rows.flatMap((row) => {
    const subject = subjectOf(row);
    return subject?.ticket === null ? subject.key : [];
  });
  if (!may('operator') || free.length === 0) return false;
  const isAll = free.every((key) => chosen.has(key));
  const toggle = (key: string) => {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    choose(next);
  };
  return {
    head: (
      <input
        type="checkbox"
        aria-label={t('machineTickets.all')}
        checked={isAll}
        onChange={() => choose(new Set(isAll ? [] : free))}
      />
    ),
    cell: (row: Row) => {
      const subject = subjectOf(row);
      return (
        subject?.ticket === null && (
          <input
            type="checkbox"
            aria-label={t('machineTickets.choose', { name: subject.wish.endpoint.name })}
            checked={chosen.has(subject.key)}
            onChange={() => toggle(subject.key)}
          />
        )
      );
    },
  };
}

/** What is done with those that are ticked. */
export function TicketBar({ of, subjects }: { of: MachineTickets; subjects: readonly TicketSubject[] }) {
  const wanted = subjects.filter(({ key, ticket }) => ticket === null && of.chosen.has(key));
  return (
    <>
      <Toast />
      {of.problem && <ProblemCallout problem={of.problem} />}
      {wanted.length > 0 && (
        <section class="bulk" aria-label={t('machineTickets.title')}>
          <button type="button" class="button main" disabled={of.busy} onClick={() => void of.open(wanted)}>
            {of.busy ? t('common.working') : t('machineTickets.open', { n: number(wanted.length, language.value) })}
          </button>
          <button type="button" class="link" onClick={() => of.choose(new Set())}>
            {t('keys.clear')}
          </button>
        </section>
      )}
    </>
  );
}

/** Its ticket, or the way to one. */
export function TicketCell({ of, subject }: { of: MachineTickets; subject: TicketSubject }) {
  if (subject.ticket !== null) return <a href={to.ticket(subject.ticket)}>#{subject.ticket}</a>;
  if (!may('operator')) return null;
  return (
    <button type="button" class="button slim" disabled={of.busy} onClick={() => void of.open([subject])}>
      {t('machineTickets.one')}
      <span class="unseen"> {subject.wish.endpoint.name}</span>
    </button>
  );
}
