/** One incident: what it was, how long, whom it hit and what it cost, how it was found, and what changed before it. */
import type { Alert, Impact, Incident, TicketDetail } from '../../../../shared/api.ts';
import { peopleHit } from '../../../../shared/people-hit.ts';
import { duration, none, number, time } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, PageHead, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Dots } from '../../parts/dots.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { SeverityMark } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { StateKey } from '../../parts/timeline.tsx';
import { to } from '../../router.ts';
import { endpointName, ruleName } from '../../words/value.ts';
import { actorName, language, t, wordOr } from '../../words/words.ts';
import { ChangeLink } from '../changes/facts.tsx';
import { formatHours, formatMonth } from '../stability/format.ts';
import { Priority, TicketState, titleOf } from '../tickets/marks.tsx';
import { Story } from '../tickets/story.tsx';
import { ImpactBox } from './impact.tsx';
import { type Axis, Lanes } from './lanes.tsx';

interface Whole {
  incident: Incident;
  detail: TicketDetail;
}

const lengthOf = ({ from, to: end, asOf }: Incident) => duration(((end ?? asOf) - from) / 1000, language.value);

/** Why there are none is said in the same breath: a bare zero would read as harmless. */
function NoHours({ incident: { hours, noHours } }: { incident: Incident }) {
  const planned = formatHours(hours.reduce((sum, one) => sum + one.planned, 0));
  return (
    <>
      {t('incident.noHours')} {noHours && t(`incident.noHoursWhy.${noHours}`, { hours: planned })}
    </>
  );
}

function Hours({ incident }: { incident: Incident }) {
  const { hours } = incident;
  const shown = hours.filter(({ lost, unconfirmed }) => lost + unconfirmed > 0);
  if (shown.length === 0) return <NoHours incident={incident} />;
  return (
    <>
      {shown.map(({ period, lost, unconfirmed }) => {
        const month = <a href={`/stability?period=${period}`}>{formatMonth(period)}</a>;
        const list = (value: number) => <a href={`/stability/lost_hours?period=${period}`}>{formatHours(value)}</a>;
        return (
          <span key={period}>
            {lost > 0 && <Sentence of="incident.lost" values={{ hours: list(lost), month }} />}{' '}
            {unconfirmed > 0 && (
              <Sentence
                of="incident.estimated"
                values={{ hours: <a href="#impact">{formatHours(unconfirmed)}</a>, month }}
              />
            )}{' '}
          </span>
        );
      })}
    </>
  );
}

function People({ id }: { id: number }) {
  const { data } = useLoad<Impact>(
    `tickets/${id}/impact`,
    (change) => change.kind === 'ticket' && change.ticket === id,
  );
  if (!data) return null;
  const n = peopleHit(data);
  if (n === null) return <>{t('incident.peopleUnknown')}</>;
  return <Sentence of="incident.people" values={{ n: <a href="#impact">{number(n, language.value)}</a> }} />;
}

function Lead({ incident, detail }: Whole) {
  const { from, to: end, found } = incident;
  const at = (ms: number) => time(ms, language.value);
  const values = { from: at(from), to: end === null ? '' : at(end), length: lengthOf(incident) };
  const after = duration(found.afterMs / 1000, language.value);
  return (
    <p class="lead">
      {end === null ? t('incident.lasts', values) : t('incident.was', values)} <People id={detail.row.id} />{' '}
      <Hours incident={incident} />{' '}
      {found.by === 'monitor'
        ? t('incident.foundByUs', { after })
        : t('incident.foundBy', { name: actorName(found.by), after })}
    </p>
  );
}

/** A sixth of its length around it, so that the first signal and the recovery do not lie on the edge. */
function axisOf({ from, to: end, asOf }: Incident): Axis {
  const until = end ?? asOf;
  const margin = Math.max(5 * 60_000, (until - from) / 6);
  return { from: from - margin, to: Math.min(asOf, until + margin) };
}

function AlertTable({ alerts }: { alerts: readonly Alert[] }) {
  return (
    <Table
      caption={t('page.alerts')}
      rows={alerts}
      keyOf={({ id }) => id}
      columns={[
        {
          key: 'endpoint',
          head: t('column.endpoint'),
          cell: ({ endpoint }) => <EndpointLink of={endpoint} tab="presence" />,
        },
        { key: 'rule', head: t('alert.what'), cell: ({ id, rule }) => <a href={to.alert(id)}>{ruleName(rule)}</a> },
        { key: 'severity', head: t('alert.severity'), cell: ({ severity }) => <SeverityMark severity={severity} /> },
        { key: 'fired', head: t('incident.fired'), cell: ({ firedAt }) => <Moment at={firedAt} /> },
        { key: 'resolved', head: t('incident.resolved'), cell: ({ resolvedAt }) => <Moment at={resolvedAt} /> },
      ]}
    />
  );
}

/** Only C-12 and 12 are numbers of ours; other names are of another tool. */
function LinkedChange({ target }: { target: string }) {
  const [, number] = /^(?:C-)?([1-9]\d{0,9})$/.exec(target) ?? [];
  const words = t('incident.change', { name: target });
  return <span>{number === undefined ? words : <a href={to.change(Number(number))}>{words}</a>}</span>;
}

/** What was not as usual in the day before it began. */
function Before({ incident, detail }: Whole) {
  const changes = detail.links.filter(({ kind }) => kind === 'change');
  const rows = [
    ...incident.endpoints.flatMap(({ id, name, intervals }) =>
      intervals
        .filter(({ from, to: end, state }) => from < incident.from && end <= incident.from && state !== 'up')
        .map((interval) => ({ at: interval.from, key: `${id}${interval.from}`, id, name, ...interval })),
    ),
    ...incident.ruleChanges.map(({ at, rule, by, reason }) => ({ at, key: `${rule.id}${at}`, rule, by, reason })),
  ].sort((a, b) => b.at - a.at);
  if (rows.length + changes.length === 0) return <p class="quiet">{t('incident.nothingBefore')}</p>;
  return (
    <ul class="stack-2">
      {changes.map(({ id, target }) => (
        <li key={id}>
          <LinkedChange target={target} />
        </li>
      ))}
      {rows.map((row) => (
        <li key={row.key}>
          <Moment at={row.at} />{' '}
          {'rule' in row ? (
            <>
              <a href={to.rule(row.rule.id)}>{ruleName(row.rule)}</a>:{' '}
              {t('incident.ruleChanged', { name: actorName(row.by) })} {row.reason}
            </>
          ) : (
            <>
              <EndpointLink of={row} tab="presence" />: {t(`interval.${row.state}`)}
              {row.cause && ` (${wordOr('cause', row.cause)})`}, {duration((row.to - row.from) / 1000, language.value)}
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function ChangesBefore({ changes }: Pick<Incident, 'changes'>) {
  if (changes.length === 0) return <p class="quiet">{t('change.noneBefore')}</p>;
  return (
    <ul class="stack-2">
      {changes.map(({ at, what, change, endpoint }) => (
        <li key={`${at} ${what} ${endpoint.id} ${change.id}`}>
          <Dots
            of={[
              <Moment at={at} />,
              t(`change.what.${what}`),
              <EndpointLink of={endpoint} tab="charts" />,
              <ChangeLink change={change} />,
            ]}
          />
        </li>
      ))}
    </ul>
  );
}

function Merged({ merged }: Pick<Incident, 'merged'>) {
  if (merged.length === 0) return null;
  return (
    <Box title={t('incident.merged', { n: number(merged.length, language.value) })}>
      <ul class="stack-2">
        {merged.map((ticket) => (
          <li key={ticket.id}>
            <a href={to.ticket(ticket.id)}>
              #{ticket.id} {titleOf(ticket)}
            </a>
          </li>
        ))}
      </ul>
    </Box>
  );
}

const shownStates = ['up', 'down', 'unknown', 'maintenance', 'idle'] as const;

function Body({ incident, detail }: Whole) {
  const { row } = detail;
  return (
    <>
      <Lead incident={incident} detail={detail} />
      <Box title={t('incident.axis')} aside={<StateKey states={shownStates} />}>
        <Lanes incident={incident} detail={detail} axis={axisOf(incident)} />
      </Box>
      <ImpactBox ticket={row.id} from={incident.from} />
      <div class="split">
        <div class="stack">
          <Box title={`${t('page.alerts')} ${number(incident.alerts.length, language.value)}`} flush>
            {incident.alerts.length === 0 ? (
              <p class="box-body quiet">{t('incident.noAlerts')}</p>
            ) : (
              <AlertTable alerts={incident.alerts} />
            )}
          </Box>
          <Box title={t('ticket.story')}>
            <Story detail={detail} />
          </Box>
        </div>
        <div class="stack">
          <Box title={t('incident.before')}>
            <Before incident={incident} detail={detail} />
          </Box>
          <Box title={t('change.before')}>
            <ChangesBefore changes={incident.changes} />
          </Box>
          <Merged merged={incident.merged} />
        </div>
      </div>
    </>
  );
}

export function IncidentPage({ id }: { id: number }) {
  const concerns = (change: { kind: string; ticket?: number }) =>
    (change.kind === 'ticket' && change.ticket === id) || change.kind === 'alert';
  const ticket = useLoad<TicketDetail>(`tickets/${id}`, concerns);
  const incident = useLoad<Incident>(`incidents/${id}`, concerns, 5000);
  const row = ticket.data?.row;
  const title = row ? titleOf(row) : `#${id}`;
  return (
    <>
      <Crumbs list="tickets" title={row ? `I-${id} ${title}` : `I-${id}`} via={[to.ticket(id), `#${id}`]} />
      <PageHead
        title={title}
        lead={
          row && (
            <Dots
              of={[
                <>
                  <Priority value={row.priority} /> <TicketState state={row.state} />
                </>,
                row.site ?? (row.endpoint ? endpointName(row.endpoint) : none),
              ]}
            />
          )
        }
      >
        <a class="button screen-only" href={to.ticket(id)}>
          {t('page.ticket')} #{id}
        </a>
      </PageHead>
      <Ready of={ticket} lines={3}>
        {(detail) => <Ready of={incident}>{(data) => <Body incident={data} detail={detail} />}</Ready>}
      </Ready>
    </>
  );
}
