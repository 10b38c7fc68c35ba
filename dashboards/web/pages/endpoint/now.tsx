/** What is wrong with an endpoint now: each alert with its value and limit, how long, until when, and what to do. */
import type { Alert, DiskForecasts, EndpointRow } from '../../../../shared/api.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Mark, SeverityMark } from '../../parts/mark.tsx';
import { Ago } from '../../parts/moment.tsx';
import { to } from '../../router.ts';
import { t } from '../../words/words.ts';
import { acknowledge } from '../alerts/acts.tsx';
import { AlertState, instanceOf, Lapsed, limitOf, measuredOf, Owner, titleOf } from '../alerts/words.tsx';
import { silenceHrefOf } from '../silence-link.ts';
import { daysText } from '../stability/ages-and-disks.tsx';

type FullForecast = DiskForecasts['items'][number];

/** When the disk that it is about will be full. */
function fullText({ metric, tags }: Alert, forecasts: readonly FullForecast[]): string | null {
  const disk = metric === 'disk.used_percent' ? forecasts.find(({ path }) => path === tags.path) : undefined;
  return disk ? t('overview.full', { when: daysText(disk) }) : null;
}

interface FiringProps {
  alert: Alert;
  forecasts: readonly FullForecast[];
  onDone: () => void;
}

function Firing({ alert, forecasts, onDone }: FiringProps) {
  const isFree = alert.acknowledgedAt === null || alert.handedTo === me.value?.user;
  const name = titleOf(alert);
  return (
    <li>
      <div class="what">
        <SeverityMark severity={alert.severity} />{' '}
        <a class="strong" href={to.alert(alert.id)}>
          {name}
        </a>{' '}
        {(alert.state !== 'firing' || alert.suppressedBy.length > 0) && <AlertState alert={alert} />}
        <div class="small">
          <Dots
            of={[
              instanceOf(alert),
              <span class="strong">{measuredOf(alert)}</span>,
              limitOf(alert),
              <Ago at={alert.firedAt ?? alert.pendingAt} />,
              fullText(alert, forecasts),
              alert.ticket !== null && <a href={to.ticket(alert.ticket)}>#{alert.ticket}</a>,
            ]}
          />
        </div>
        <Owner alert={alert} />
        {isFree && <Lapsed alert={alert} />}
      </div>
      {may('operator') && (
        <div class="acts">
          {isFree && (
            <button type="button" class="button slim" onClick={() => void acknowledge([alert.id], onDone)}>
              {t('alert.acknowledge')}
              <span class="unseen"> {name}</span>
            </button>
          )}
          <a class="button slim" href={silenceHrefOf(alert)}>
            {t('alert.now.silence')}
            <span class="unseen"> {name}</span>
          </a>
        </div>
      )}
    </li>
  );
}

/** Nothing fires; of a machine that does not report, that is only what it said last. */
function Fine({ row }: { row: EndpointRow }) {
  const isKnown = row.state === 'online';
  return (
    <p class="box-body">
      <Mark tone={isKnown ? 'ok' : 'unknown'} icon={isKnown ? 'ok' : 'unknown'}>
        {t(isKnown ? 'overview.fine' : 'overview.fineThen')} {!isKnown && <Ago at={row.lastSeenAt} />}
      </Mark>
    </p>
  );
}

export const useAlerts = (id: string, state: 'active' | 'resolved') =>
  useLoad<Page<Alert>>(
    `alerts?endpoint=${encodeURIComponent(id)}&state=${state}&limit=100`,
    (change) => change.kind === 'alert' && change.endpoint === id,
  );

const weights = { critical: 0, warning: 1, info: 2 };

export function Now({ row, children }: { row: EndpointRow; children: preact.ComponentChildren }) {
  const alerts = useAlerts(row.id, 'active');
  const aboutDisks = alerts.data?.items.some(({ metric }) => metric === 'disk.used_percent') ?? false;
  const disks = useLoad<DiskForecasts>(aboutDisks ? `disks/forecast?endpoint=${encodeURIComponent(row.id)}` : null);
  const unowned = (alerts.data?.items ?? []).filter(
    ({ state, acknowledgedAt }) => state !== 'pending' && acknowledgedAt === null,
  ).length;
  return (
    <Box
      title={t('overview.now')}
      flush
      aside={unowned > 0 && <span class="strong small">{t('overview.unowned', { n: unowned })}</span>}
    >
      <Ready of={alerts} lines={2}>
        {({ items }) => {
          const firing = items
            .filter(({ state }) => state !== 'pending')
            .sort((a, b) => weights[a.severity] - weights[b.severity] || a.pendingAt - b.pendingAt);
          const waiting = items.length - firing.length;
          return (
            <>
              {firing.length === 0 ? (
                <Fine row={row} />
              ) : (
                <ul class="alert-rows now-rows">
                  {firing.map((alert) => (
                    <Firing key={alert.id} alert={alert} forecasts={disks.data?.items ?? []} onDone={alerts.reload} />
                  ))}
                </ul>
              )}
              {waiting > 0 && (
                <p class="box-body small">
                  <a href={`${to.endpoint(row.id)}?tab=alerts`}>{t('overview.pending', { n: waiting })}</a>
                </p>
              )}
            </>
          );
        }}
      </Ready>
      {children}
    </Box>
  );
}
