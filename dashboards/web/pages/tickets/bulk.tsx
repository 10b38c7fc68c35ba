/** What is done to several chosen tickets at once, and what became of each. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { TicketRow } from '../../../../shared/api.ts';
import { ticketsAtOnce } from '../../../../shared/choices.ts';
import { holdReasons } from '../../../../shared/hold.ts';
import type { TicketsDone } from '../../../../shared/ticket-work.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { me } from '../../net/session.ts';
import { Callout, ProblemCallout } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { PersonInput } from '../../parts/person-input.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { to } from '../../router.ts';
import { t, wordOr } from '../../words/words.ts';
import { tiers } from './filters.tsx';
import { levels, VendorReference, vendorNamed, vendorTier } from './work.tsx';

const bulkActs = ['assign', 'comment', 'priority', 'state', 'hold', 'hand-off', 'tags', 'merge'] as const;
type FormAct = (typeof bulkActs)[number];
/** take: at once, without a form. */
export type TicketBulkAct = FormAct | 'take';

interface ActFormProps {
  act: FormAct;
  busy: boolean;
  onSend: (name: string, body: object) => void;
  onCancel: () => void;
}

const tagsOf = (text: string) => text.split(/[\s,]+/u).filter(Boolean);
const toStates = ['in_progress', 'resolved', 'cancelled'] as const;

/** What each act asks for, and what it sends; null: something is missing. */
function useAct(act: FormAct): { fields: ComponentChildren; made: () => [string, object] } {
  const [text, setText] = useState('');
  const [tried, setTried] = useState('');
  const [person, setPerson] = useState('');
  const [pair, setPair] = useState<[string, string]>(['3', '3']);
  const [state, setState] = useState<string>('resolved');
  const [tier, setTier] = useState('2');
  const [number, setNumber] = useState('');
  const [taken, setTaken] = useState('');
  const [why, setWhy] = useState<string>(holdReasons[0]);
  const [until, setUntil] = useState('');
  const vendor = <VendorReference value={number} onInput={setNumber} />;
  const reason = <Input label={t('ticket.reason')} value={text} onInput={setText} required maxLength={500} />;
  const said = (label: string, required = true) => (
    <TextArea label={label} value={text} onInput={setText} required={required} maxLength={10_000} rows={3} />
  );
  const note = text.trim() === '' ? {} : { text: text.trim() };
  const whom = person.trim();
  switch (act) {
    case 'assign':
      return {
        fields: <PersonInput label={t('ticket.assignTo')} value={person} onInput={setPerson} />,
        made: () => ['assign', { assignee: whom === '' ? null : whom }],
      };
    case 'comment':
      return { fields: said(t('ticket.comment')), made: () => ['comment', note] };
    case 'priority':
      return {
        fields: (
          <>
            <Select
              label={t('ticket.impact')}
              value={pair[0]}
              onChange={(one) => setPair([one, pair[1]])}
              options={levels.map((level) => [level, t(`ticket.impacts.${level}`)] as const)}
            />
            <Select
              label={t('ticket.urgency')}
              value={pair[1]}
              onChange={(one) => setPair([pair[0], one])}
              options={levels.map((level) => [level, t(`ticket.urgencies.${level}`)] as const)}
            />
            {reason}
          </>
        ),
        made: () => ['priority', { impact: Number(pair[0]), urgency: Number(pair[1]), reason: text }],
      };
    case 'state':
      return {
        fields: (
          <>
            <Select
              label={t('column.state')}
              value={state}
              onChange={setState}
              options={toStates.map((one) => [one, t(`ticket.state.${one}`)] as const)}
            />
            {said(t('ticket.cancelText'), state === 'cancelled')}
          </>
        ),
        made: () =>
          state === 'resolved'
            ? ['resolve', note]
            : ['state', { state, ...note, ...(state === 'cancelled' ? { reason: 'not_an_issue' } : {}) }],
      };
    case 'hold':
      return {
        fields: (
          <>
            <Select
              label={t('ticket.holdWhy')}
              value={why}
              onChange={setWhy}
              options={holdReasons.map((one) => [one, t(`ticket.hold.${one}`)] as const)}
            />
            {why === 'awaiting_vendor' && vendor}
            <Input label={t('ticket.holdUntil')} type="datetime-local" value={until} onInput={setUntil} required />
          </>
        ),
        made: () => [
          'state',
          {
            ...{ state: 'on_hold', reason: why, until: new Date(until).getTime() },
            ...(why === 'awaiting_vendor' ? vendorNamed(number) : {}),
          },
        ],
      };
    case 'hand-off':
      return {
        fields: (
          <>
            <Select
              label={t('ticket.tier')}
              value={tier}
              onChange={setTier}
              options={tiers.map((one) => [one, t(`ticket.tiers.${one}`)] as const)}
            />
            {tier === vendorTier && vendor}
            <PersonInput label={t('ticket.assignee')} value={person} onInput={setPerson} />
            {reason}
            <TextArea label={t('ticket.tried')} value={tried} onInput={setTried} required maxLength={5000} rows={3} />
          </>
        ),
        made: () => [
          'hand-off',
          {
            ...{ tier: Number(tier), reason: text, tried, ...(whom === '' ? {} : { assignee: whom }) },
            ...(tier === vendorTier ? vendorNamed(number) : {}),
          },
        ],
      };
    case 'tags':
      return {
        fields: (
          <>
            <Input label={t('ticket.tagsAdd')} value={number} onInput={setNumber} help={t('ticket.tagsHelp')} />
            <Input label={t('ticket.tagsRemove')} value={taken} onInput={setTaken} />
          </>
        ),
        made: () => ['tags', { add: tagsOf(number), remove: tagsOf(taken) }],
      };
    case 'merge':
      return {
        fields: (
          <>
            <Input label={t('ticket.mergeInto')} value={number} onInput={setNumber} required />
            <TextArea
              label={t('ticket.mergeText')}
              value={text}
              onInput={setText}
              required
              maxLength={10_000}
              rows={3}
              help={t('ticket.mergeHelp')}
            />
          </>
        ),
        made: () => ['merge', { into: Number(number.replace('#', '')), text }],
      };
  }
}

function ActForm({ act, busy, onSend, onCancel }: ActFormProps) {
  const { fields, made } = useAct(act);
  return (
    <Form
      class="bulk-form stack-2"
      busy={busy}
      word={t(`ticket.bulk.${act}`)}
      look="main slim"
      onSubmit={() => onSend(...made())}
      onCancel={onCancel}
    >
      {fields}
    </Form>
  );
}

/** Each that was left as it was, with the reason. */
function Refused({ done }: { done: TicketsDone }) {
  const refused = done.items.flatMap(({ ticket, error }) => (error === null ? [] : { ticket, ...error }));
  return (
    <Callout
      tone={refused.length === 0 ? 'ok' : 'warning'}
      title={t(refused.length === 0 ? 'ticket.bulk.done' : 'ticket.bulk.partly', {
        n: done.done,
        refused: done.refused,
      })}
      spoken
    >
      {refused.length > 0 && (
        <ul>
          {refused.map(({ ticket, code, message }) => (
            <li key={ticket} class="small">
              <a href={to.ticket(ticket)}>#{ticket}</a> {wordOr('problem', `${code}.message`, message)}{' '}
              {wordOr('problem', `${code}.message`, message) !== message && <span>{message}</span>}
            </li>
          ))}
        </ul>
      )}
    </Callout>
  );
}

interface TicketBulkProps {
  chosen: readonly Pick<TicketRow, 'id' | 'updatedAt'>[];
  act: TicketBulkAct | null;
  setAct: (act: TicketBulkAct | null) => void;
  /** Those that were refused stay chosen. */
  onDone: (refused: readonly number[]) => void;
  onClear: () => void;
}

export function TicketBulk({ chosen, act, setAct, onDone, onClear }: TicketBulkProps) {
  const { busy, problem, send } = useSend();
  const [done, setDone] = useState<TicketsDone | null>(null);
  const run = (name: string, body: object) =>
    void send(async () => {
      const tickets = chosen.map(({ id, updatedAt }) => ({ id, updatedAt }));
      const answer = await call<TicketsDone>(`tickets/bulk/${name}`, { method: 'POST', body: { tickets, ...body } });
      setDone(answer);
      setAct(null);
      onDone(answer.items.flatMap(({ ticket, error }) => (error === null ? [] : ticket)));
    });
  const isMany = chosen.length > ticketsAtOnce;
  const take = () => run('assign', { assignee: me.value?.user ?? null });
  const isTaking = act === 'take' && chosen.length > 0 && !busy && !isMany;
  // By key: the bar has the chosen ones only now.
  useEffect(() => {
    if (!isTaking) return;
    setAct(null);
    take();
  }, [isTaking]);
  return (
    <>
      {chosen.length > 0 && (
        <section class="bulk" aria-label={t('ticket.bulk.title')}>
          <span class="strong" role="status">
            {t('ticket.bulk.chosen', { n: chosen.length })}
            {isMany && ` ${t('ticket.bulk.most', { n: ticketsAtOnce })}`}
          </span>
          <button type="button" class="button main" disabled={busy || isMany} onClick={take}>
            {t('ticket.take')}
          </button>
          {bulkActs.map((one) => (
            <button
              key={one}
              type="button"
              class="button"
              disabled={busy || isMany}
              aria-expanded={act === one}
              onClick={() => setAct(act === one ? null : one)}
            >
              {t(`ticket.bulk.${one}`)}
            </button>
          ))}
          <button type="button" class="link" onClick={onClear}>
            {t('keys.clear')}
          </button>
          {problem && <ProblemCallout problem={problem} />}
          {act !== null && act !== 'take' && (
            <ActForm key={act} act={act} busy={busy} onSend={run} onCancel={() => setAct(null)} />
          )}
        </section>
      )}
      {done && <Refused done={done} />}
    </>
  );
}
