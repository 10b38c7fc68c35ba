/** What is done with a ticket every day, beside its name, and on a phone where the thumb is. */
import { useEffect, useState } from 'preact/hooks';
import type { TicketDetail, TicketQueues } from '../../../../shared/api.ts';
import { useKeys } from '../../keys.ts';
import { call } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Input, Select } from '../../parts/field.tsx';
import { isPhone } from '../../parts/fold.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { toast } from '../../parts/toast.tsx';
import { navigate, search, to } from '../../router.ts';
import { t } from '../../words/words.ts';
import { type Act, ActBar } from '../act-bar.tsx';
import { isFiring, isFree, silenceAct } from '../alerts/actions.tsx';
import { acknowledge } from '../alerts/acts.tsx';
import { PersonChoice } from './person-choice.tsx';
import type { TicketRun } from './run.ts';
import { Cancel, Close, HandOff, Hold } from './work.tsx';

interface TicketBarProps {
  detail: TicketDetail;
  work: TicketRun;
  onDone: () => void;
}

interface StatedSolution {
  inContact?: boolean;
  firstContactPossible?: false;
}

/** What only whoever resolves the ticket of a person knows; left as it is, it stays unknown. */
function Solved({
  row,
  solution,
  onChange,
}: {
  row: TicketDetail['row'];
  solution: StatedSolution;
  onChange: (next: StatedSolution) => void;
}) {
  if (row.kind !== 'person' || row.channel === 'api') return null;
  const isLive = row.channel === 'phone' || row.channel === 'chat';
  const { inContact, ...others } = solution;
  const { firstContactPossible, ...rest } = solution;
  return (
    <details>
      <summary>{t('ticket.solved.title')}</summary>
      <div class="stack-2">
        {isLive && (
          <Select
            label={t('ticket.solved.inContact')}
            value={inContact === undefined ? '' : String(inContact)}
            onChange={(one) => onChange(one === '' ? others : { ...others, inContact: one === 'true' })}
            options={[
              ['', t('ticket.solved.notStated')],
              ['true', t('common.yes')],
              ['false', t('ticket.solved.later')],
            ]}
          />
        )}
        <Select
          label={t('ticket.solved.possible')}
          value={String(firstContactPossible ?? '')}
          onChange={(one) => onChange(one === '' ? rest : { ...rest, firstContactPossible: false })}
          options={[
            ['', t('common.yes')],
            ['false', t('ticket.solved.impossible')],
          ]}
        />
      </div>
    </details>
  );
}

/** While its alert fires it would be opened again: what happens then, and how to prevent it, is said before. */
function Resolve({ detail, work }: Pick<TicketBarProps, 'detail' | 'work'>) {
  const [until, setUntil] = useState('');
  const [solution, setSolution] = useState<StatedSolution>({});
  const { text, setText, busy } = work;
  const fires = detail.alert !== null && isFiring(detail.alert);
  const send = () =>
    void work.run('resolve', {
      ...work.withText,
      ...solution,
      ...(until === '' ? {} : { wontFixUntil: new Date(until).getTime() }),
    });
  return (
    <form
      class="stack-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {fires && <p role="alert">{t('ticket.stillFires.text')}</p>}
      <TextArea label={t('ticket.resolveNote')} value={text} onInput={setText} maxLength={10_000} rows={2} />
      <Solved row={detail.row} solution={solution} onChange={setSolution} />
      {fires && (
        <Input
          label={t('ticket.stillFires.until')}
          type="datetime-local"
          value={until}
          onInput={setUntil}
          help={t('ticket.stillFires.help')}
        />
      )}
      <button type="submit" class="button main" disabled={busy}>
        {t(fires ? (until === '' ? 'ticket.stillFires.anyway' : 'ticket.stillFires.muted') : 'ticket.resolveNow')}
      </button>
    </form>
  );
}

const openStates: readonly string[] = ['new', 'in_progress', 'on_hold'];

/** Opened by a link: `?do=resolve`. */
const wantedAct = () => new URLSearchParams(search.value).get('do');

export function TicketBar({ detail, work, onDone }: TicketBarProps) {
  const [opened, open] = useState<string | null>(wantedAct);
  const { row, alert } = detail;
  const user = me.value?.user ?? '';
  const mayAct = may('operator');
  const isOpen = openStates.includes(row.state);
  const { run, busy } = work;
  // What was done puts its sheet away, and says so.
  useEffect(() => {
    if (!isOpen && opened === 'resolve') open(null);
  }, [isOpen]);
  const doing = (name: string, body: object, said: string) =>
    run(name, body).then((isDone) => {
      if (!isDone) return isDone;
      open(null);
      toast(said);
      return isDone;
    });
  const take = () => void doing('assign', { assignee: user }, t('ticket.bar.assigned', { name: user }));
  const sheetRun: typeof run = (name, body) =>
    run(name, body).then((isDone) => {
      if (isDone) open(null);
      return isDone;
    });
  const part = { detail, run: sheetRun, busy };
  const next = () =>
    void call<TicketQueues>('tickets/queues').then(
      ({ next: found }) => {
        if (found === null || found.ticket === row.id) toast(t('ticket.bar.noNext'));
        else navigate(to.ticket(found.ticket));
      },
      () => toast(t('alert.now.notSent')),
    );
  useKeys({
    n: ['keys.nextTicket', next],
    ...(mayAct && isOpen
      ? {
          a: ['alert.now.take', take] as const,
          r: ['ticket.resolve', () => open('resolve')] as const,
          o: ['ticket.holdTitle', () => open('hold')] as const,
          h: ['ticket.handOff', () => open('hand')] as const,
        }
      : {}),
  });
  if (!mayAct) return null;
  const bar = { label: t('alert.page.actions'), busy, opened, open };
  if (row.state === 'resolved')
    return (
      <ActBar
        {...bar}
        acts={[
          { key: 'reopen', word: t('ticket.reopen'), isMain: true, run: () => void run('reopen', work.withText) },
          { key: 'close', word: t('ticket.bar.close'), sheet: () => <Close run={sheetRun} busy={busy} /> },
        ]}
      />
    );
  if (!isOpen) return null;
  const isMine = row.assignee === user;
  const mute: Act[] = alert !== null && isFiring(alert) ? [silenceAct(alert, onDone)] : [];
  const acks: Act[] =
    alert !== null && isFiring(alert) && isFree(alert)
      ? [{ key: 'ack', word: t('alert.acknowledge'), isMain: true, run: () => void acknowledge([alert.id], onDone) }]
      : [];
  const assign: Act = {
    key: 'assign',
    word: t('ticket.assign'),
    sheet: () => (
      <>
        <PersonChoice
          without={row.assignee}
          busy={busy}
          onChoose={(name) => void doing('assign', { assignee: name }, t('ticket.bar.assigned', { name }))}
        />
        {row.assignee !== null && (
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() => void doing('assign', { assignee: null }, t('ticket.bar.released'))}
          >
            {t('ticket.release')}
          </button>
        )}
      </>
    ),
  };
  const isAcked = acks.length === 0;
  const takeIt: Act = { key: 'take', word: t('alert.now.take'), isMain: isAcked, run: take };
  const hold: Act = { key: 'hold', word: t('ticket.bar.hold'), sheet: () => <Hold {...part} /> };
  const goOn: Act = {
    key: 'on',
    word: t('ticket.holdEnd'),
    run: () => void doing('state', { state: 'in_progress' }, t('ticket.bar.goesOn')),
  };
  const resolve: Act = {
    key: 'resolve',
    word: t('ticket.resolve'),
    isMain: isMine,
    sheet: () => <Resolve detail={detail} work={work} />,
  };
  const hand: Act = { key: 'hand', word: t('ticket.handOff'), sheet: () => <HandOff {...part} /> };
  const cancel: Act = { key: 'cancel', word: t('ticket.cancelTitle'), sheet: () => <Cancel {...part} /> };
  const wait = row.state === 'on_hold' ? [goOn, hold] : [hold];
  if (!isPhone.value)
    return (
      <ActBar
        {...bar}
        acts={[...acks, ...(isMine ? [] : [takeIt]), assign, ...wait, resolve]}
        more={[hand, ...mute, cancel]}
      />
    );
  return isMine ? (
    <ActBar {...bar} acts={[resolve, hand]} more={[...acks, ...mute, ...wait, assign, cancel]} />
  ) : (
    <ActBar
      {...bar}
      acts={[...acks, takeIt, ...(mute.length > 0 ? mute : [assign])]}
      more={[...wait, ...(mute.length > 0 ? [assign] : []), resolve, hand, cancel]}
    />
  );
}
