/** Alerts: what fires now, or a list of them one by one. */
import type { Alert } from '../../../../shared/api.ts';
import { alertFilters, weightOf } from '../../../../shared/level.ts';
import { number, time } from '../../../../shared/words/format.ts';
import { fleetFilters } from '../../fleet/filters.ts';
import { useRow } from '../../fleet/store.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Empty, PageHead, Ready } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Choices } from '../../parts/field.tsx';
import { SeverityMark } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { search, setQuery, to } from '../../router.ts';
import { ruleName } from '../../words/value.ts';
import { language, t, wordOr } from '../../words/words.ts';
import { AlertsNow } from './now.tsx';
import { AlertTabs } from './tabs.tsx';
import { Acknowledge, AlertButton, AlertState, instanceOf, limitOf, measuredOf, titleOf } from './words.tsx';

const filters = [...alertFilters, 'all'] as const;
type AlertFilter = (typeof filters)[number];

function Value({ alert }: { alert: Alert }) {
  const limit = limitOf(alert);
  return (
    <div>
      <span class="strong">{measuredOf(alert)}</span>
      {limit !== null && <div class="quiet small nowrap">{limit}</div>}
    </div>
  );
}

const stateOrder = ['firing', 'pending', 'unknown', 'resolved'];

/** Most urgent first: firing before pending, critical before the rest, the newest of those. */
function byUrgency(a: Alert, b: Alert): number {
  return (
    stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) ||
    weightOf(b.severity) - weightOf(a.severity) ||
    (b.firedAt ?? b.pendingAt) - (a.firedAt ?? a.pendingAt)
  );
}

/** One click makes the ticket that its rule only proposes. */
const Proposal = ({ alert, onDone }: { alert: Alert; onDone: () => void }) =>
  may('operator') ? (
    <AlertButton alert={alert} word={t('ticket.create')} path="ticket" onDone={onDone} />
  ) : (
    <span class="quiet small">{t('alert.ticketProposed')}</span>
  );

export function AlertTable({ items, onDone }: { items: readonly Alert[]; onDone: () => void }) {
  return (
    <Table
      caption={t('page.alerts')}
      rows={items}
      keyOf={(row) => row.id}
      columns={[
        {
          key: 'rule',
          head: t('alert.what'),
          cell: (row) => (
            <div>
              <a href={to.alert(row.id)}>{titleOf(row)}</a>
              <div class="small plain">
                <EndpointLink of={row.endpoint} /> <span class="quiet">{instanceOf(row)}</span>
              </div>
            </div>
          ),
        },
        { key: 'severity', head: t('alert.severity'), cell: (row) => <SeverityMark severity={row.severity} chip /> },
        {
          key: 'state',
          head: t('column.state'),
          cell: (row) => (
            <div>
              <AlertState alert={row} />
              {row.resolvedWhy && (
                <div class="quiet small">{wordOr('alert.why', row.resolvedWhy, wordOr('cause', row.resolvedWhy))}</div>
              )}
            </div>
          ),
        },
        { key: 'value', head: t('alert.value'), cell: (row) => <Value alert={row} /> },
        { key: 'since', head: t('alert.since'), cell: (row) => <Moment at={row.firedAt ?? row.pendingAt} /> },
        {
          key: 'ticket',
          head: t('alert.ticket'),
          cell: (row) =>
            row.ticket !== null ? (
              <a href={to.ticket(row.ticket)}>#{row.ticket}</a>
            ) : row.proposesTicket ? (
              <Proposal alert={row} onDone={onDone} />
            ) : (
              '—'
            ),
        },
        { key: 'act', head: t('alert.seen'), cell: (row) => <Acknowledge alert={row} onDone={onDone} /> },
      ]}
    />
  );
}

const isByTime = (filter: AlertFilter) => filter === 'resolved' || filter === 'all';

function AlertsLead({ filter }: { filter: AlertFilter }) {
  const n = fleetFilters.value?.data?.waiting;
  return (
    <>
      {n !== undefined && `${t('shell.waitingHere', { n })} · `}
      {isByTime(filter) ? t('ticket.byChange') : t('alert.lead')}
    </>
  );
}

/** As the number that led here, in the same words. */
function Behind({ of, outcome }: { of: Page<Alert> | null; outcome: string | null }) {
  const what = outcome === null ? t('alert.noise.fired') : wordOr('alert.noise.outcome', outcome);
  // Of more than one page nobody has counted the rest.
  return <>{of === null || of.next !== null ? what : `${what}: ${number(of.items.length, language.value)}`}</>;
}

export function AlertsPage() {
  const query = new URLSearchParams(search.value);
  const isList = ['state', 'endpoint', 'rule'].some((name) => query.has(name));
  return isList ? <AlertList /> : <AlertsNow />;
}

/** One by one, also those that are over. */
function AlertList() {
  const query = new URLSearchParams(search.value);
  const wanted = query.get('state');
  const endpoint = query.get('endpoint');
  const filter: AlertFilter = filters.find((name) => name === wanted) ?? 'active';
  const rule = query.get('rule');
  const alertname = query.get('alertname');
  const only = new URLSearchParams(
    ['endpoint', 'rule', 'alertname', 'fired', 'outcome'].flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const fired = Number(query.get('fired') ?? 0);
  const outcome = query.get('outcome');
  const name = useRow(endpoint)?.name;
  const address = `alerts?limit=200${filter === 'all' ? '' : `&state=${filter}`}&${only}`;
  const list = useLoad<Page<Alert>>(address, (change) => change.kind === 'alert');
  return (
    <>
      <PageHead
        title={t('page.alerts')}
        lead={fired > 0 ? <Behind of={list.data} outcome={outcome} /> : <AlertsLead filter={filter} />}
      />
      <AlertTabs current="history" />
      {endpoint !== null && (
        <p>
          <a href={to.endpoint(endpoint)}>{name ?? endpoint}</a> · <a href="/alerts">{t('alert.everywhere')}</a>
        </p>
      )}
      {rule !== null && (
        <p>
          {alertname ?? <a href={to.rule(rule)}>{ruleName(list.data?.items[0]?.rule ?? { id: rule })}</a>} ·{' '}
          <a href="/alerts">{t('rules.allAlerts')}</a>
        </p>
      )}
      {fired > 0 && (
        <p>
          {t('alert.noise.since', { at: time(fired, language.value) })}·{' '}
          <a href="/alerts?state=all">{t('rules.allAlerts')}</a>
        </p>
      )}
      <Choices
        label={t('alert.filter')}
        value={filter}
        options={filters.map((name) => [name, t(`alert.filters.${name}`)] as const)}
        onChoose={(name) => setQuery({ state: name })}
      />
      <section class="box">
        <Ready of={list}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty icon="ok" title={t(`alert.none.${filter === 'active' || filter === 'firing' ? 'now' : 'such'}`)}>
                <p>{t('alert.noneLead')}</p>
              </Empty>
            ) : (
              <>
                <AlertTable items={isByTime(filter) ? items : [...items].sort(byUrgency)} onDone={list.reload} />
                {next !== null && <p class="box-body quiet small">{t('common.onlyFirst', { n: items.length })}</p>}
              </>
            )
          }
        </Ready>
      </section>
    </>
  );
}
