/** What is being worked on. */

import { useState } from 'preact/hooks';
import type { TicketDetail, TicketName, TicketQueues, TicketRow } from '../../../shared/api.ts';
import { ticketTitle } from '../../../shared/words/names.ts';
import { now } from '../clock.ts';
import { rows } from '../fleet/store.ts';
import { useLoad, useSend } from '../net/load.ts';
import { call, type Page } from '../net/request.ts';
import { may, me } from '../net/session.ts';
import { Box, Empty, PageHead, ProblemCallout, Ready } from '../parts/box.tsx';
import { EndpointLink } from '../parts/endpoint-link.tsx';
import { Choices, Field, Input, Select } from '../parts/field.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { Ago } from '../parts/moment.tsx';
import { Table } from '../parts/table.tsx';
import { navigate, search, setQuery, to } from '../router.ts';
import { language, t } from '../words/words.ts';
import { nextText } from './due.ts';
import { Due } from './ticket-due.tsx';

const queues = ['mine', 'unassigned', 'breaching'] as const;
const filters = [...queues, 'open', 'resolved', 'all'] as const;

const look: Record<TicketRow['state'], [Tone, IconName]> = {
  new: ['critical', 'online'],
  in_progress: ['info', 'person'],
  on_hold: ['warning', 'never'],
  resolved: ['ok', 'ok'],
  closed: ['idle', 'offline'],
  cancelled: ['idle', 'close'],
};

export function TicketState({ state }: { state: TicketRow['state'] }) {
  const [tone, icon] = look[state];
  return (
    <Mark tone={tone} icon={icon}>
      {t(`ticket.state.${state}`)}
    </Mark>
  );
}

export function Priority({ value }: { value: number }) {
  const tone: Tone = value <= 1 ? 'critical' : value === 2 ? 'warning' : 'unknown';
  return (
    <span class={`chip tone-${tone} prio`} title={t('ticket.priority')}>
      P{value}
    </span>
  );
}

export const sourceOf = ({ kind }: TicketRow) => (kind === 'person' ? 'person' : 'monitor');

/** What the ticket is about, in the language of the page; what a person wrote stays as it is. */
export const titleOf = (ticket: TicketName): string => ticketTitle(language.value, ticket);

/** What to take up next: what is due first, of those the most pressing, of those the one that waits longest. */
function byDue(a: TicketRow, b: TicketRow): number {
  const [dueA, dueB] = [a.dueAt ?? Infinity, b.dueAt ?? Infinity];
  return (dueA === dueB ? 0 : dueA - dueB) || a.priority - b.priority || a.openedAt - b.openedAt;
}

/** Where the queue of the caller stands, in a sentence whose numbers are links. */
function Waiting() {
  const { data } = useLoad<TicketQueues>('tickets/queues', (change) => change.kind === 'ticket');
  if (data === null) return <>{t('ticket.lead')}</>;
  const { next, unassigned, late } = data;
  return (
    <>
      {next === null ? (
        t('ticket.nextNone')
      ) : (
        <a href={to.ticket(next.ticket)}>{nextText(next, now.value, language.value)}</a>
      )}{' '}
      <a href="/tickets?state=unassigned">{t('ticket.unassignedNow', { n: unassigned })}</a>{' '}
      <a href="/tickets?state=breaching">{t('ticket.lateNow', { n: late })}</a>
    </>
  );
}

function TicketTable({ items }: { items: readonly TicketRow[] }) {
  return (
    <Table
      caption={t('page.tickets')}
      rows={items}
      keyOf={(row) => row.id}
      columns={[
        {
          key: 'title',
          head: t('page.ticket'),
          cell: (row) => (
            <div>
              <a href={to.ticket(row.id)}>
                #{row.id} {titleOf(row)}
              </a>
              <div class="quiet small plain">{t(`ticket.source.${sourceOf(row)}`)}</div>
            </div>
          ),
        },
        { key: 'due', head: t('ticket.due'), cell: (row) => <Due row={row} /> },
        { key: 'priority', head: t('ticket.priority'), cell: (row) => <Priority value={row.priority} /> },
        { key: 'state', head: t('column.state'), cell: (row) => <TicketState state={row.state} /> },
        {
          key: 'endpoint',
          head: t('column.endpoint'),
          cell: (row) => (row.endpoint ? <EndpointLink of={row.endpoint} class="nowrap" /> : '—'),
        },
        {
          key: 'assignee',
          head: t('ticket.assignee'),
          cell: (row) => row.assignee ?? <span class="quiet">{t('ticket.nobody')}</span>,
        },
        { key: 'opened', head: t('ticket.opened'), cell: (row) => <Ago at={row.openedAt} /> },
        { key: 'updated', head: t('ticket.updated'), cell: (row) => <Ago at={row.updatedAt} /> },
      ]}
    />
  );
}

const levels = ['1', '2', '3'] as const;
const channels = ['portal', 'mail', 'phone', 'chat'] as const;
const categories = ['incident', 'request', 'question', 'problem'] as const;

function NewTicket({ onClose }: { onClose: () => void }) {
  const [title, setTitle] = useState('');
  const [text, setText] = useState('');
  const [endpoint, setEndpoint] = useState('');
  const [impact, setImpact] = useState('3');
  const [urgency, setUrgency] = useState('3');
  const [requester, setRequester] = useState('');
  const [category, setCategory] = useState('incident');
  const [channel, setChannel] = useState('portal');
  const { busy, problem, send } = useSend();
  const names = [...(rows.value?.values() ?? [])].sort((a, b) => a.name.localeCompare(b.name));
  const submit = async (event: Event) => {
    event.preventDefault();
    const body = {
      title,
      impact: Number(impact),
      urgency: Number(urgency),
      ...(text.trim() === '' ? {} : { text }),
      ...(endpoint === '' ? {} : { endpoint }),
      ...(requester.trim() === '' ? {} : { requester: requester.trim() }),
      ...{ category, channel },
    };
    await send(async () => {
      const made = await call<TicketDetail>('tickets', { method: 'POST', body });
      navigate(to.ticket(made.row.id));
    });
  };
  return (
    <Box title={t('ticket.new')}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        {problem && <ProblemCallout problem={problem} />}
        <Input label={t('ticket.title')} value={title} onInput={setTitle} required maxLength={200} />
        <Field label={t('ticket.text')}>
          {(ids) => (
            <textarea class="input" value={text} onInput={(event) => setText(event.currentTarget.value)} {...ids} />
          )}
        </Field>
        <div class="form-row">
          <Input
            label={t('ticket.requester')}
            value={requester}
            onInput={setRequester}
            placeholder={me.value?.user ?? ''}
            maxLength={128}
            autocomplete="off"
          />
          <Select
            label={t('ticket.channel')}
            value={channel}
            onChange={setChannel}
            options={channels.map((one) => [one, t(`ticket.channels.${one}`)] as const)}
          />
          <Select
            label={t('ticket.category')}
            value={category}
            onChange={setCategory}
            options={categories.map((one) => [one, t(`ticket.categories.${one}`)] as const)}
          />
        </div>
        <div class="form-row">
          <Select
            label={t('column.endpoint')}
            value={endpoint}
            onChange={setEndpoint}
            options={[['', t('ticket.noEndpoint')], ...names.map((row) => [row.id, row.name] as const)]}
          />
          <Select
            label={t('ticket.impact')}
            value={impact}
            onChange={setImpact}
            options={levels.map((level) => [level, t(`ticket.impacts.${level}`)] as const)}
          />
          <Select
            label={t('ticket.urgency')}
            value={urgency}
            onChange={setUrgency}
            options={levels.map((level) => [level, t(`ticket.urgencies.${level}`)] as const)}
          />
        </div>
        <div class="form-end">
          <button type="submit" class="button main" disabled={busy}>
            {busy ? t('common.working') : t('ticket.create')}
          </button>
          <button type="button" class="button" onClick={onClose}>
            {t('common.cancel')}
          </button>
        </div>
      </form>
    </Box>
  );
}

export function TicketsPage() {
  const [making, setMaking] = useState(false);
  const wanted = new URLSearchParams(search.value).get('state');
  const filter = filters.find((name) => name === wanted) ?? 'open';
  const query = queues.some((one) => one === filter) ? `&queue=${filter}` : filter === 'all' ? '' : `&state=${filter}`;
  const address = `tickets?limit=200${query}`;
  const list = useLoad<Page<TicketRow>>(address, (change) => change.kind === 'ticket');
  return (
    <>
      <PageHead title={t('page.tickets')} lead={<Waiting />}>
        {may('operator') && !making && (
          <button type="button" class="button" onClick={() => setMaking(true)}>
            <Icon name="add" />
            {t('ticket.new')}
          </button>
        )}
      </PageHead>
      {making && <NewTicket onClose={() => setMaking(false)} />}
      <Choices
        label={t('ticket.filter')}
        value={filter}
        options={filters.map((name) => [name, t(`ticket.filters.${name}`)] as const)}
        onChoose={(name) => setQuery({ state: name === 'open' ? null : name })}
      />
      <section class="box">
        <Ready of={list}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty icon="ticket" title={t(`ticket.none.${filter}`)}>
                <p>{t('ticket.noneLead')}</p>
              </Empty>
            ) : (
              <>
                <p class="box-body quiet small">
                  {filter === 'resolved' || filter === 'all' ? t('ticket.byChange') : t('ticket.byDue')}
                </p>
                <TicketTable items={filter === 'open' ? [...items].sort(byDue) : items} />
                {next !== null && <p class="box-body quiet small">{t('common.onlyFirst', { n: items.length })}</p>}
              </>
            )
          }
        </Ready>
      </section>
    </>
  );
}
