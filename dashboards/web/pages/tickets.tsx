/** What is being worked on. */

import { useState } from 'preact/hooks';
import type { TicketList, TicketQueues, TicketRow } from '../../../shared/api.ts';
import { number } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { useLoad } from '../net/load.ts';
import { may } from '../net/session.ts';
import { Empty, PageHead, Ready } from '../parts/box.tsx';
import { EndpointLink } from '../parts/endpoint-link.tsx';
import { Choices } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Ago } from '../parts/moment.tsx';
import { Table } from '../parts/table.tsx';
import { TableFile } from '../parts/table-file.tsx';
import { useStartView, Views } from '../parts/views.tsx';
import { search, setQuery, to } from '../router.ts';
import { language, t } from '../words/words.ts';
import { nextText } from './due.ts';
import { Due } from './ticket-due.tsx';
import { Filters, HiddenBy, ticketLists, ticketsWanted } from './ticket-filters.tsx';
import { Priority, sourceOf, TicketState, titleOf } from './ticket-marks.tsx';
import { NewTicket } from './ticket-new.tsx';

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

export function TicketsPage() {
  useStartView('tickets');
  const [making, setMaking] = useState(false);
  const wanted = ticketsWanted(search.value);
  const { list, query } = wanted;
  const found = useLoad<TicketList>(`tickets?limit=200&${query}`, (change) => change.kind === 'ticket');
  return (
    <>
      <PageHead title={t('page.tickets')} lead={<Waiting />}>
        <Views page="tickets" />
        <a class="button" href="/tickets/targets">
          {t('page.ticketTargets')}
        </a>
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
        value={list}
        options={ticketLists.map((name) => [name, t(`ticket.filters.${name}`)] as const)}
        onChoose={(name) => setQuery({ state: name === 'open' ? null : name })}
      />
      <section class="box">
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
                <TicketTable items={items} />
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
