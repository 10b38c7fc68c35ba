/** What a person can do with a ticket: comment, assign it to oneself, resolve it, reopen it. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { TicketDetail } from '../../../shared/api.ts';
import { useKeys } from '../keys.ts';
import { useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { me } from '../net/session.ts';
import { Box, Callout, ProblemCallout } from '../parts/box.tsx';
import { Input, Select } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { hasMention, MentionArea } from '../parts/mention-area.tsx';
import { PersonInput } from '../parts/person-input.tsx';
import { navigate, to } from '../router.ts';
import { t } from '../words/words.ts';
import { Unmerge } from './ticket-parts.tsx';
import { Close, MoreWork } from './ticket-work.tsx';
import { openFold } from './work-fold.tsx';

const open: readonly TicketDetail['row']['state'][] = ['new', 'in_progress', 'on_hold'];

interface ActionsProps {
  detail: TicketDetail;
  onDone: () => void;
  /** The secret of a link for rating: it is shown only once. */
  onToken: (token: string) => void;
}

const audiences = ['internal', 'public', 'requester'] as const;
type Audience = (typeof audiences)[number];
const asWhom = { internal: {}, public: { public: true }, requester: { fromRequester: true } };
/** Actions that send the comment along. */
const texted: ReadonlySet<string> = new Set(['comment', 'resolve', 'reopen']);

function Assign({
  detail,
  run,
  busy,
}: {
  detail: TicketDetail;
  busy: boolean;
  run: (name: string, body: unknown) => void;
}) {
  const [name, setName] = useState('');
  const user = me.value?.user ?? '';
  const mine = detail.row.assignee === user;
  return (
    <Form
      class="stack-2"
      busy={busy}
      onSubmit={() => run('assign', { assignee: name.trim() })}
      word={t('ticket.assign')}
      lacks={name.trim() === '' && t('form.lacks.person')}
      look="slim"
      end={
        <>
          {!mine && user !== '' && (
            <button type="button" class="button slim" disabled={busy} onClick={() => run('assign', { assignee: user })}>
              {t('ticket.take')}
            </button>
          )}
          {detail.row.assignee !== null && (
            <button type="button" class="button slim" disabled={busy} onClick={() => run('assign', { assignee: null })}>
              {t('ticket.release')}
            </button>
          )}
        </>
      }
    >
      <PersonInput label={t('ticket.assignTo')} value={name} onInput={setName} />
    </Form>
  );
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

/** Before a ticket is resolved whose alert fires: what happens then, and how to prevent it. */
function StillFires({
  busy,
  onResolve,
  onCancel,
}: {
  busy: boolean;
  onResolve: (more: object) => void;
  onCancel: () => void;
}) {
  const [until, setUntil] = useState('');
  return (
    <div class="callout tone-warning" role="alert">
      <div class="stack-2">
        <p>{t('ticket.stillFires.text')}</p>
        <Input
          label={t('ticket.stillFires.until')}
          type="datetime-local"
          value={until}
          onInput={setUntil}
          help={t('ticket.stillFires.help')}
        />
        <div class="form-end">
          <button type="button" class="button slim" onClick={onCancel}>
            {t('common.cancel')}
          </button>
          <button
            type="button"
            class="button slim main"
            disabled={busy}
            onClick={() => onResolve(until === '' ? {} : { wontFixUntil: new Date(until).getTime() })}
          >
            {t(until === '' ? 'ticket.stillFires.anyway' : 'ticket.stillFires.muted')}
          </button>
        </div>
      </div>
    </div>
  );
}

export function Actions({ detail, onDone, onToken }: ActionsProps) {
  const [text, setText] = useState('');
  const [audience, setAudience] = useState<Audience>('internal');
  const [isAsking, setAsking] = useState(false);
  const [solution, setSolution] = useState<StatedSolution>({});
  const { busy, problem, send } = useSend();
  const refused = useRef<HTMLDivElement>(null);
  // The button that was pressed may be far below.
  useEffect(() => {
    if (problem) refused.current?.scrollIntoView({ block: 'center' });
  }, [problem]);
  const comment = text.trim();
  const isSaidApart = comment !== '' && audience !== 'internal';
  const isOpen = open.includes(detail.row.state);
  const run = (name: string, body: unknown) =>
    send(async () => {
      // What others than the desk may read is a comment of its own, whatever is done with it.
      if (isSaidApart && name !== 'comment' && texted.has(name)) {
        await call(`tickets/${detail.row.id}/comment`, {
          ...{ method: 'POST', body: { text: comment, ...asWhom[audience] } },
        });
        setText('');
      }
      const { ratingToken, made } = await call<TicketDetail>(`tickets/${detail.row.id}/${name}`, {
        ...{ method: 'POST', body },
      });
      if (ratingToken !== null) onToken(ratingToken);
      if (made !== null) navigate(to.ticket(made));
    }).then((done) => {
      if (done && texted.has(name)) setText('');
      onDone();
      return done;
    });
  const fires = detail.alert?.state === 'firing' || detail.alert?.state === 'unknown';
  const resolve = (more: object = {}) => run('resolve', { ...withText, ...solution, ...more });
  useKeys({
    c: ['ticket.comment', () => document.getElementById('ticket-comment')?.querySelector('textarea')?.focus()],
    ...(isOpen && {
      a: ['ticket.take', () => run('assign', { assignee: me.value?.user ?? null })],
      h: ['ticket.handOff', () => openFold('hand-off')],
    }),
  });
  const withText = comment === '' || isSaidApart ? {} : { text: comment };
  return (
    <Box title={t('ticket.act')}>
      <div class="stack" id="ticket-comment">
        <div ref={refused}>{problem && <ProblemCallout problem={problem} />}</div>
        <Form
          class="stack-2"
          onSubmit={() => run('comment', { text: comment, ...asWhom[audience] })}
          busy={busy}
          word={t('ticket.send')}
          lacks={comment === '' && t('form.lacks.comment')}
          look=""
          end={
            <>
              {isOpen && (
                <button
                  type="button"
                  class="button main"
                  disabled={busy}
                  onClick={() => (fires ? setAsking(true) : resolve())}
                >
                  {t('ticket.resolve')}
                </button>
              )}
              {detail.row.state === 'resolved' && (
                <button type="button" class="button" disabled={busy} onClick={() => run('reopen', withText)}>
                  {t('ticket.reopen')}
                </button>
              )}
            </>
          }
        >
          <MentionArea
            label={t('ticket.comment')}
            help={t('ticket.commentHelp')}
            value={text}
            onInput={setText}
            maxLength={10_000}
          />
          {audience !== 'internal' && hasMention(text) && (
            <Callout tone="warning" title={t('ticket.mentionPublic')} spoken />
          )}
          <Select
            label={t('ticket.audience')}
            value={audience}
            help={
              audience === 'public' && t(detail.requesterIsMailed ? 'ticket.publicMailed' : 'ticket.publicUnmailed')
            }
            onChange={(one) => setAudience(one as Audience)}
            options={audiences
              .filter((one) => one !== 'requester' || detail.row.requester !== null)
              .map((one) => [one, t(`ticket.audiences.${one}`)] as const)}
          />
          {isOpen && <Solved row={detail.row} solution={solution} onChange={setSolution} />}
        </Form>
        {isOpen && isAsking && <StillFires busy={busy} onResolve={resolve} onCancel={() => setAsking(false)} />}
        {isOpen && <Assign detail={detail} run={run} busy={busy} />}
        {detail.row.state === 'on_hold' && (
          <div class="form-end">
            <button
              type="button"
              class="button slim"
              disabled={busy}
              onClick={() => run('state', { state: 'in_progress' })}
            >
              {t('ticket.holdEnd')}
            </button>
          </div>
        )}
        {isOpen && <MoreWork detail={detail} run={run} busy={busy} />}
        {detail.row.state === 'resolved' && <Close run={run} busy={busy} />}
        <Unmerge detail={detail} run={run} busy={busy} />
      </div>
    </Box>
  );
}
