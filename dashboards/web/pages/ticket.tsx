/** One ticket: what happened, what was done, and what can be done now. */

import { useMemo, useState } from 'preact/hooks';
import type { Alert, EndpointDetail, Series, TicketDetail } from '../../../shared/api.ts';
import { fieldOf } from '../../../shared/metrics.ts';
import { duration, none, time } from '../../../shared/words/format.ts';
import { silence } from '../../../shared/words/names.ts';
import { useLoad, useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { may } from '../net/session.ts';
import { Box, PageHead, ProblemCallout, Ready } from '../parts/box.tsx';
import { Chart } from '../parts/chart.tsx';
import { SeverityMark } from '../parts/mark.tsx';
import { Ago, Moment } from '../parts/moment.tsx';
import { StateKey, Timeline } from '../parts/timeline.tsx';
import { to } from '../router.ts';
import { spanAround } from '../time/story.ts';
import { metricName, metricTitle, ruleName } from '../words/value.ts';
import { language, t } from '../words/words.ts';
import { AlertState, instanceOf, limitOf, measuredOf } from './alerts.tsx';
import { ImpactBox } from './incident/impact.tsx';
import { Actions } from './ticket-actions.tsx';
import { DueFacts } from './ticket-due.tsx';
import { Story } from './ticket-story.tsx';
import { Company, RatingBox } from './ticket-work.tsx';
import { Priority, sourceOf, TicketState, titleOf } from './tickets.tsx';

/** Does a line carry the tags of the alert? An alert may name fewer tags than its series has. */
function carries(tags: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === undefined || tags[name] === value);
}

function Around({ alert }: { alert: Alert }) {
  // Fixed when the page was opened: a chart must not move while it is studied.
  const [span, setSpan] = useState(() => spanAround(alert, Date.now()));
  const field = fieldOf(alert.metric);
  const from = Math.round(span.from);
  const address = `endpoints/${encodeURIComponent(alert.endpoint.id)}/series?metric=${alert.metric}&from=${from}&to=${Math.round(span.to)}`;
  const loaded = useLoad<Series>(field ? address : null);
  const marks = useMemo(
    () => [alert.firedAt, alert.resolvedAt].filter((at) => at !== null),
    [alert.firedAt, alert.resolvedAt],
  );
  const spoken = language.value;
  const lines = useMemo(
    () =>
      (loaded.data?.series ?? [])
        .filter((line) => carries(line.tags, alert.tags))
        .slice(0, 3)
        .map((line) => ({
          label: instanceOf({ ...alert, tags: line.tags }) || metricName(line.metric),
          points: line.points,
        })),
    [loaded.data, alert, spoken],
  );
  if (!field) return null;
  const name = metricTitle(alert.metric);
  return (
    <Box
      title={name}
      aside={
        <button type="button" class="link small" onClick={() => setSpan(spanAround(alert, Date.now()))}>
          {t('range.reset')}
        </button>
      }
    >
      {loaded.problem && <ProblemCallout problem={loaded.problem} retry={loaded.reload} />}
      {loaded.data && lines.length === 0 && <p class="quiet">{t('chart.none')}</p>}
      {loaded.data && lines.length > 0 && (
        <Chart
          name={name}
          unit={alert.unit}
          lines={lines}
          from={span.from}
          to={span.to}
          asOf={loaded.data.asOf}
          step={loaded.data.step}
          limit={alert.threshold}
          marks={marks}
          onZoom={(a, b) => setSpan({ from: a, to: b })}
        />
      )}
    </Box>
  );
}

/** An endpoint without reports has no value to draw: its availability is shown instead. */
function Presence({ alert }: { alert: Alert }) {
  const loaded = useLoad<EndpointDetail>(
    `endpoints/${encodeURIComponent(alert.endpoint.id)}`,
    (change) => 'endpoint' in change && change.endpoint === alert.endpoint.id && change.kind !== 'values',
    2000,
  );
  const { from, to: until } = spanAround(alert, Date.now());
  return (
    <Box
      title={t('ticket.presence')}
      aside={
        <a class="small" href={`${to.endpoint(alert.endpoint.id)}?tab=presence`}>
          {t('ticket.presenceMore')}
        </a>
      }
    >
      <Ready of={loaded} lines={2}>
        {({ timeline }) => (
          <div class="stack-2">
            <Timeline name={t('ticket.presence')} intervals={timeline} from={from} to={until} />
            <div class="axis">
              <span>{time(from, language.value)}</span>
              <span>{time(until, language.value)}</span>
            </div>
            <StateKey />
          </div>
        )}
      </Ready>
    </Box>
  );
}

function AlertFacts({ alert }: { alert: Alert }) {
  return (
    <Box title={t('ticket.alert')} aside={<AlertState alert={alert} />}>
      <dl class="facts side-facts">
        <div>
          <dt>{t('alert.what')}</dt>
          <dd>{ruleName(alert.rule)}</dd>
        </div>
        <div>
          <dt>{t('alert.severity')}</dt>
          <dd>
            <SeverityMark severity={alert.severity} />
          </dd>
        </div>
        <div>
          <dt>{t('alert.value')}</dt>
          <dd>
            {measuredOf(alert)} <span class="quiet small nowrap">{limitOf(alert)}</span>
          </dd>
        </div>
      </dl>
    </Box>
  );
}

function Evidence({ alert }: { alert: Alert }) {
  return alert.metric === silence ? <Presence alert={alert} /> : <Around alert={alert} />;
}

function Facts({ detail }: { detail: TicketDetail }) {
  const { row } = detail;
  const length = ((row.resolvedAt ?? Date.now()) - row.openedAt) / 1000;
  return (
    <Box>
      <dl class="facts side-facts">
        <div>
          <dt>{t('column.state')}</dt>
          <dd>
            <TicketState state={row.state} />
          </dd>
        </div>
        <div>
          <dt>{t('ticket.priority')}</dt>
          <dd>
            <Priority value={row.priority} />
          </dd>
        </div>
        <DueFacts row={row} />
        <div>
          <dt>{t('ticket.assignee')}</dt>
          <dd>{row.assignee ?? t('ticket.nobody')}</dd>
        </div>
        <div>
          <dt>{t('column.endpoint')}</dt>
          <dd>{row.endpoint ? <a href={to.endpoint(row.endpoint.id)}>{row.endpoint.name}</a> : none}</dd>
        </div>
        <div>
          <dt>{t('ticket.opened')}</dt>
          <dd>
            <Moment at={row.openedAt} />
          </dd>
        </div>
        <div>
          <dt>{row.resolvedAt === null ? t('ticket.openFor') : t('ticket.took')}</dt>
          <dd>{duration(length, language.value)}</dd>
        </div>
        <div>
          <dt>{t('ticket.restored')}</dt>
          <dd>
            <Moment at={row.restoredAt} />
          </dd>
        </div>
        <div>
          <dt>{t('ticket.fires')}</dt>
          <dd>{row.fires}</dd>
        </div>
        {detail.follows !== null && (
          <div>
            <dt>{t('ticket.follows')}</dt>
            <dd>
              <a href={to.ticket(detail.follows)}>#{detail.follows}</a>
            </dd>
          </div>
        )}
      </dl>
    </Box>
  );
}

export function TicketPage({ id }: { id: number }) {
  const loaded = useLoad<TicketDetail>(
    `tickets/${id}`,
    (change) => (change.kind === 'ticket' && change.ticket === id) || change.kind === 'alert',
  );
  const row = loaded.data?.row;
  const [token, setToken] = useState<string | null>(null);
  const { problem, send } = useSend();
  const renew = () =>
    void send(async () => {
      const made = await call<TicketDetail>(`tickets/${id}/rating-link`, { method: 'POST', body: {} });
      setToken(made.ratingToken);
    });
  return (
    <>
      <p class="small">
        <a href="/tickets">{t('page.tickets')}</a> <span class="quiet">› #{id}</span>
      </p>
      <PageHead
        title={row ? titleOf(row) : `#${id}`}
        lead={
          row && (
            <>
              {t(`ticket.source.${sourceOf(row)}`)} · {t('ticket.updated')} <Ago at={row.updatedAt} />
            </>
          )
        }
      />
      {problem && <ProblemCallout problem={problem} />}
      <Ready of={loaded} lines={8}>
        {(detail) => (
          <div class="split">
            <div class="stack">
              {detail.alert && detail.row.endpoint && <Evidence alert={detail.alert} />}
              <ImpactBox ticket={id} from={detail.row.openedAt} />
              <Box title={t('ticket.story')} aside={<a href={to.incident(id)}>{t('incident.axis')}</a>}>
                <Story detail={detail} />
              </Box>
            </div>
            <div class="stack">
              <Facts detail={detail} />
              {may('operator') && <Actions detail={detail} onDone={loaded.reload} onToken={setToken} />}
              <RatingBox detail={detail} token={token} onRenew={may('operator') ? renew : null} />
              <Company detail={detail} />
              {detail.alert && <AlertFacts alert={detail.alert} />}
            </div>
          </div>
        )}
      </Ready>
    </>
  );
}
