/** What is being worked on. */

import { useState } from 'preact/hooks';
import type { TicketList, TicketQueues, TicketRow } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useKeys } from '../../keys.ts';
import { useLoad } from '../../net/load.ts';
import { may } from '../../net/session.ts';
import { Empty, PageHead, Ready } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Choices } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { useStartView, Views } from '../../parts/views.tsx';
import { navigate, search, setQuery, to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { TicketBulk, type TicketBulkAct } from './bulk.tsx';
import { nextText } from './due.ts';
import { Due } from './due.tsx';
import { Filters, HiddenBy, ticketLists, ticketsWanted } from './filters.tsx';
import { Priority, sourceOf, Tags, TicketState, titleOf } from './marks.tsx';
import { NewTicket } from './new.tsx';

/** What to take up next with the reason, in one click or key, and how many wait. */
function Waiting({ queues }: { queues: TicketQueues | null }) {
  if (queues === null) return <>{t('ticket.lead')}</>;
  const { next, mine, unassigned, late } = queues;
  return (
    <>
      {may('operator') && (next === null ? t('ticket.nextNone') : nextText(next, now.value, language.value))}{' '}
      <a href="/tickets?state=mine">{t('ticket.mineNow', { n: mine })}</a>{' '}
      <a href="/tickets?state=unassigned">{t('ticket.unassignedNow', { n: unassigned })}</a>{' '}
      <a href="/tickets?state=breaching">{t('ticket.lateNow', { n: late })}</a>
    </>
  );
}

interface TicketTableProps {
  items: readonly TicketRow[];
  /** Null for those who may change nothing. */
  choice: { chosen: ReadonlySet<number>; choose: (chosen: ReadonlySet<number>) => void } | null;
}

const toggled = (chosen: ReadonlySet<number>, id: number) => {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return next;
};

export function TicketTable({ items, choice }: TicketTableProps) {
  const isAll = choice !== null && items.every(({ id }) => choice.chosen.has(id));
  return (
    <Table
      caption={t('page.tickets')}
      rows={items}
      keyOf={(row) => row.id}
      pick={
        choice !== null && {
          head: (
            <input
              type="checkbox"
              aria-label={t('ticket.bulk.all')}
              checked={isAll}
              onChange={() => choice.choose(new Set(isAll ? [] : items.map(({ id }) => id)))}
            />
          ),
          cell: (row) => (
            <input
              type="checkbox"
              aria-label={t('ticket.bulk.choose', { n: row.id })}
              checked={choice.chosen.has(row.id)}
              onChange={() => choice.choose(toggled(choice.chosen, row.id))}
            />
          ),
        }
      }
      columns={[
        {
          key: 'title',
          head: t('page.ticket'),
          cell: (row) => (
            <div>
              <a href={to.ticket(row.id)} data-ticket={row.id}>
                #{row.id} {titleOf(row)}
              </a>
              <div class="quiet small plain">
                {t(`ticket.source.${sourceOf(row)}`)} <Tags of={row.tags} />
              </div>
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

const links = () => [...document.querySelectorAll<HTMLElement>('main [data-ticket]')];
const focused = () => Number((document.activeElement as HTMLElement | null)?.dataset.ticket ?? 0);

/** Keys and bar act on the chosen tickets, without any on the one with the focus. */
function useQueueKeys(items: readonly TicketRow[], next: number | null) {
  const [chosen, choose] = useState<ReadonlySet<number>>(new Set());
  const [act, setAct] = useState<TicketBulkAct | null>(null);
  const rows = items.filter(({ id }) => chosen.has(id));
  const move = (step: 1 | -1) => {
    const all = links();
    const at = all.findIndex((link) => Number(link.dataset.ticket) === focused());
    all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
  };
  const withOne = (work: () => void) => {
    if (rows.length === 0 && focused() > 0) choose(new Set([focused()]));
    if (rows.length > 0 || focused() > 0) work();
  };
  const mayAct = may('operator');
  const open = (one: TicketBulkAct) => () => withOne(() => setAct(one));
  useKeys({
    n: ['keys.nextTicket', () => next !== null && navigate(to.ticket(next))],
    j: ['keys.next', () => move(1)],
    k: ['keys.previous', () => move(-1)],
    Enter: ['keys.open', null],
    ...(mayAct && {
      x: ['keys.select', () => focused() > 0 && choose(toggled(chosen, focused()))],
      Escape: ['keys.clear', () => (act === null ? choose(new Set()) : setAct(null))],
      a: ['ticket.take', open('take')],
      c: ['ticket.comment', open('comment')],
      h: ['ticket.handOff', open('hand-off')],
      p: ['ticket.weigh', open('priority')],
      t: ['ticket.tags', open('tags')],
      m: ['ticket.merge', open('merge')],
    }),
  });
  return { rows, chosen, choose, act, setAct, mayAct };
}

export function TicketsPage() {
  useStartView('tickets');
  const making = may('operator') && new URLSearchParams(search.value).has('new');
  const wanted = ticketsWanted(search.value);
  const { list, query } = wanted;
  const found = useLoad<TicketList>(`tickets?limit=200&${query}`, (change) => change.kind === 'ticket');
  const queues = useLoad<TicketQueues>('tickets/queues', (change) => change.kind === 'ticket');
  const next = queues.data?.next?.ticket ?? null;
  const queue = useQueueKeys(found.data?.items ?? [], next);
  return (
    <>
      <PageHead title={t('page.tickets')} lead={<Waiting queues={queues.data} />}>
        {next !== null && (
          <a class="button main" href={to.ticket(next)}>
            {t('ticket.nextOpen')} <kbd>n</kbd>
          </a>
        )}
        <Views page="tickets" />
        {may('operator') && (
          <a class="button" href="/tickets/people">
            {t('page.workload')}
          </a>
        )}
        <a class="button" href="/tickets/targets">
          {t('page.ticketTargets')}
        </a>
        {may('operator') && !making && (
          <button type="button" class="button" onClick={() => setQuery({ new: '1' })}>
            <Icon name="add" />
            {t('ticket.new')}
          </button>
        )}
      </PageHead>
      {making && <NewTicket onClose={() => setQuery({ new: null })} />}
      <Choices
        label={t('ticket.filter')}
        value={list}
        options={ticketLists.map((name) => [name, t(`ticket.filters.${name}`)] as const)}
        onChoose={(name) => setQuery({ state: name === 'open' ? null : name })}
      />
      {queue.mayAct && (
        <TicketBulk
          chosen={queue.rows}
          act={queue.act}
          setAct={queue.setAct}
          onDone={(refused) => {
            queue.choose(new Set(refused));
            found.reload();
          }}
          onClear={() => queue.choose(new Set())}
        />
      )}
      <section key="list" class="box">
        <Filters wanted={wanted} />
        <Ready of={found}>
          {({ items, total, without }) =>
            items.length === 0 ? (
              <Empty icon="ticket" title={wanted.count > 0 ? t('ticket.noneSuch') : t(`ticket.none.${list}`)}>
                {wanted.count > 0 ? <HiddenBy wanted={wanted} without={without} /> : <p>{t('ticket.noneLead')}</p>}
              </Empty>
            ) : (
              <>
                <p class="box-body row quiet small">
                  <span>
                    {t('ticket.found', { n: number(total, language.value) })}{' '}
                    {list === 'resolved' || list === 'all' ? t('ticket.byChange') : t('ticket.byDue')}{' '}
                    {total > items.length && t('ticket.firstShown', { n: number(items.length, language.value) })}
                  </span>
                  <a href={`/api/v1/tickets/table?${query}&language=${language.value}`} download>
                    {t('csv.get')}
                  </a>
                </p>
                <TicketTable items={items} choice={queue.mayAct ? queue : null} />
              </>
            )
          }
        </Ready>
      </section>
      <TableFile
        title={t('csv.impact')}
        lead={t('csv.impactLead')}
        address="impacts/table"
        columns="ticket,start,end,factor,site,people,confirmed"
        mayRead={may('operator')}
        onDone={found.reload}
      />
    </>
  );
}
