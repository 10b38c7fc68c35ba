/** What is done about a machine without a good backup, from its row: a ticket, the line to run there, or an exception. */
import { useState } from 'preact/hooks';
import type { ProtectionRow } from '../../../shared/api.ts';
import { useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { may } from '../net/session.ts';
import { Input } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { PasteLine } from '../parts/paste-line.tsx';
import { toast } from '../parts/toast.tsx';
import { to } from '../router.ts';
import { t } from '../words/words.ts';
import { TicketCell, type TicketSubject, type useMachineTickets } from './tickets/machine-tickets.tsx';

const lineOf = ({ job }: ProtectionRow) =>
  `sudo evenkeel-agent run-backup --job ${/^[\w.-]+$/.test(job?.job ?? '') ? job?.job : 'nightly'} -- ${t('protection.command')}`;

/** What is in order, or not needed, asks for nothing. */
export function subjectOf(row: ProtectionRow): TicketSubject | null {
  const { endpoint, job, groups, ticket } = row;
  const [group = 'ok'] = groups;
  if (group === 'ok' || group === 'not_needed' || group === 'unverified') return null;
  const values = { name: endpoint.name, job: job?.job ?? '', what: t(`protection.group.${group}`) };
  const title = t(job ? 'protection.ticketOfJob' : 'protection.ticket', values).slice(0, 200);
  const text = job ? t(`protection.about.${group}`) : `${t(`protection.about.${group}`)}\n${lineOf(row)}`;
  return { key: `${endpoint.id} ${job?.product} ${job?.job}`, ticket, wish: { endpoint, title, text } };
}

interface NotNeededProps {
  endpoint: Pick<ProtectionRow['endpoint'], 'id' | 'name' | 'kind'>;
  onDone: () => void;
}

/** The rule about a missing backup is turned off for this one machine; taken back on the page of the rule. */
export function NotNeeded({ endpoint, onDone }: NotNeededProps) {
  const [reason, setReason] = useState<string | null>(null);
  const { busy, problem, send } = useSend();
  const rule = `rules/backup-none${endpoint.kind === 'server' ? '-server' : ''}`;
  const scope = { of: 'endpoint', target: endpoint.id };
  const undo = () => void call(rule, { method: 'DELETE', body: { scope, reason: t('common.undo') } }).then(onDone);
  const submit = async () => {
    if (!(await send(() => call(rule, { method: 'PUT', body: { scope, parts: { enabled: false }, reason } })))) return;
    toast(t('protection.notNeededDone', { name: endpoint.name }), undo);
    onDone();
  };
  if (reason === null)
    return (
      <button type="button" class="button slim" onClick={() => setReason('')}>
        {t('protection.notNeeded')}
        <span class="unseen"> {endpoint.name}</span>
      </button>
    );
  return (
    <Form
      class="stack"
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={t('protection.notNeededSave')}
      look="main slim"
      lacks={reason.trim() === '' && t('form.lacks.reason')}
      onCancel={() => setReason(null)}
    >
      <Input label={t('protection.notNeededWhy')} value={reason} onInput={setReason} required maxLength={500} />
    </Form>
  );
}

interface ActsProps {
  row: ProtectionRow;
  tickets: ReturnType<typeof useMachineTickets>;
  onDone: () => void;
}

export function ProtectionActs({ row, tickets, onDone }: ActsProps) {
  const { endpoint, job, groups, notNeeded } = row;
  const [isShown, show] = useState(false);
  const subject = subjectOf(row);
  if (notNeeded !== null) return <a href={to.rule(notNeeded)}>{t('protection.notNeededRule')}</a>;
  if (subject === null) return null;
  return (
    <div class="stack-2">
      <div class="row">
        <TicketCell of={tickets} subject={subject} />
        {(job === null || groups.includes('never')) && (
          <button type="button" class="button slim" aria-expanded={isShown} onClick={() => show(!isShown)}>
            {t('protection.line')}
            <span class="unseen"> {endpoint.name}</span>
          </button>
        )}
        {groups.includes('none') && may('admin') && <NotNeeded endpoint={endpoint} onDone={onDone} />}
      </div>
      {isShown && (
        <div class="small">
          <p>{t('protection.lineHelp')}</p>
          <PasteLine text={lineOf(row)} />
        </div>
      )}
    </div>
  );
}
