/** What people and rules did about an endpoint: its alerts; its tickets and changes. */
import type { ChangeRow, EndpointRow, TicketList } from '../../../../shared/api.ts';
import { type Loaded, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Table } from '../../parts/table.tsx';
import { search, setQuery } from '../../router.ts';
import { t } from '../../words/words.ts';
import { AlertTable } from '../alerts/list.tsx';
import { columnsOf } from '../changes/list.tsx';
import { TicketTable } from '../tickets/list.tsx';
import { NewTicket } from '../tickets/new.tsx';
import { useAlerts } from './now.tsx';

export function AlertsTab({ row: { id } }: { row: EndpointRow }) {
  const [active, resolved] = [useAlerts(id, 'active'), useAlerts(id, 'resolved')];
  const reload = () => {
    active.reload();
    resolved.reload();
  };
  return (
    <>
      <Box title={t('overview.alertsNow')} flush>
        <Ready of={active} lines={3}>
          {({ items }) =>
            items.length === 0 ? (
              <p class="box-body quiet">{t('alert.none.now')}</p>
            ) : (
              <AlertTable items={items} onDone={reload} />
            )
          }
        </Ready>
      </Box>
      <Box title={t('overview.alertsOver')} flush>
        <Ready of={resolved} lines={3}>
          {({ items }) =>
            items.length === 0 ? (
              <p class="box-body quiet">{t('overview.noAlertsOver')}</p>
            ) : (
              <AlertTable items={items} onDone={reload} />
            )
          }
        </Ready>
      </Box>
    </>
  );
}

const ticketsOf = (id: string) => `tickets?endpoint=${encodeURIComponent(id)}&limit=100`;
const concernsTickets = ({ kind }: { kind: string }) => kind === 'ticket';

export const useOpenTickets = (id: string) => useLoad<TicketList>(`${ticketsOf(id)}&state=open`, concernsTickets, 3000);

interface TicketsTabProps {
  row: EndpointRow;
  open: Loaded<TicketList>;
}

export function TicketsTab({ row: { id, name }, open }: TicketsTabProps) {
  const isAsked = new URLSearchParams(search.value).get('new') !== null;
  const all = useLoad<TicketList>(ticketsOf(id), concernsTickets, 3000);
  const changes = useLoad<Page<ChangeRow>>(
    `changes?endpoint=${encodeURIComponent(id)}&limit=50`,
    ({ kind }) => kind === 'change',
    5000,
  );
  const setMaking = (isMaking: boolean) => setQuery({ new: isMaking ? '1' : null });
  return (
    <>
      {isAsked && may('operator') && <NewTicket endpoint={{ id, name }} onClose={() => setMaking(false)} />}
      <Box
        title={t('overview.ticketsOpen')}
        flush
        aside={
          may('operator') &&
          !isAsked && (
            <button type="button" class="button slim" onClick={() => setMaking(true)}>
              <Icon name="add" />
              {t('ticket.new')}
            </button>
          )
        }
      >
        <Ready of={open} lines={3}>
          {({ items }) =>
            items.length === 0 ? (
              <p class="box-body quiet">{t('overview.noTickets')}</p>
            ) : (
              <TicketTable items={items} choice={null} />
            )
          }
        </Ready>
      </Box>
      <Ready of={all} lines={1}>
        {({ items }) => {
          const over = items.filter(({ state }) => !['new', 'in_progress', 'on_hold'].includes(state));
          if (over.length === 0) return null;
          return (
            <details>
              <summary>{t('overview.ticketsOver', { n: over.length })}</summary>
              <section class="box">
                <TicketTable items={over} choice={null} />
              </section>
            </details>
          );
        }}
      </Ready>
      <Box title={t('page.changes')} flush>
        <Ready of={changes} lines={3}>
          {({ items }) =>
            items.length === 0 ? (
              <p class="box-body quiet">{t('overview.noChanges')}</p>
            ) : (
              <Table caption={t('page.changes')} columns={columnsOf()} rows={items} keyOf={(row) => row.id} />
            )
          }
        </Ready>
      </Box>
    </>
  );
}
