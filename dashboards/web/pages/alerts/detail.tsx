/** One alert: what is wrong, who has it, what was measured, and each change of it. */
import { useEffect } from 'preact/hooks';
import type { AlertDetail } from '../../../../shared/api.ts';
import type { AlertAnswer } from '../../../../shared/suppression.ts';
import { none, percent } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, PageHead, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Dots } from '../../parts/dots.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { SeverityMark, type Tone } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Toast } from '../../parts/toast.tsx';
import { to } from '../../router.ts';
import { RuleTextsBox } from '../../rules/rule-texts.tsx';
import { endpointName, formatMeasured } from '../../words/value.ts';
import { actorName, language, t, wordOr } from '../../words/words.ts';
import { HelpBox } from '../knowledge/help.tsx';
import { receiverWord } from '../on-call/receivers.tsx';
import { ScriptsBox } from '../scripts/box.tsx';
import { NotificationItem } from '../tickets/story.tsx';
import { AlertActions } from './actions.tsx';
import { Beside } from './context.tsx';
import { Escalations } from './escalation.tsx';
import { Evidence } from './evidence.tsx';
import { Found } from './finding.tsx';
import { OwnAlert } from './own.tsx';
import { Suppressions } from './suppressions.tsx';
import { AlertState, instanceOf, Lapsed, limitOf, measuredOf, Owner, titleOf, untilText } from './words.tsx';

type AlertEvent = AlertDetail['events'][number];

const looks: Readonly<Record<string, readonly [IconName, Tone]>> = {
  firing: ['alert', 'critical'],
  worse: ['alert', 'critical'],
  flapping: ['alert', 'warning'],
  acknowledged: ['person', 'info'],
  handed_over: ['person', 'info'],
  acknowledgement_ended: ['person', 'warning'],
  ticket_wanted: ['ticket', 'info'],
  maintenance: ['maintenance', 'info'],
  maintenance_ended: ['maintenance', 'info'],
  eased: ['ok', 'ok'],
  resolved: ['ok', 'ok'],
  stable: ['ok', 'ok'],
  reaches_nobody: ['warning', 'warning'],
  opened: ['person', 'info'],
  stands_in: ['warning', 'warning'],
  exhausted: ['warning', 'warning'],
  not_reached: ['warning', 'warning'],
  said_before: ['info', 'info'],
};

const codeOf = (text: string) => text.replaceAll(/\W+/g, '_');

/** What belongs to a change: why, until when, to whom, what a person noted. */
function detailsOf({ params }: AlertEvent): string[] {
  const { reason, cause, why, until, to: person, note, percent: share } = params as Record<string, unknown>;
  const { who, receiver, step, round, isLast, via, instead } = params as Record<string, unknown>;
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return [
    isText(reason) && wordOr('alert.reason', codeOf(reason)),
    isText(cause) && wordOr('cause', cause),
    isText(why) && wordOr('alert.reason', codeOf(why)),
    isText(person) && t('alert.toPerson', { name: person }),
    typeof until === 'number' && untilText(until),
    typeof share === 'number' && t('alert.flapShare', { share: percent(share, language.value, 0) }),
    isText(note) && t('alert.noted', { note }),
    via === 'link' && t('actor.message link'),
    isText(who) && receiverWord(who),
    isText(receiver) && receiverWord(receiver),
    isText(instead) && `→ ${receiverWord(instead)}`,
    Array.isArray(person) && `→ ${person.map((one) => receiverWord(String(one))).join(', ')}`,
    typeof step === 'number' && typeof round === 'number' && t('alert.step', { step, round }),
    isLast === true && t('alert.noFallback'),
  ].filter((text) => text !== false);
}

function EventItem({ event, metric, unit }: { event: AlertEvent; metric: string; unit: string }) {
  const [icon, tone] = looks[event.code] ?? ['never', 'unknown'];
  const details = detailsOf(event);
  return (
    <li>
      <span class={`dot tone-${tone}`}>
        <Icon name={icon} />
      </span>
      <div>
        <p>
          {actorName(event.actor)}: {wordOr('alert.event', event.code, t('alert.event.other'))}{' '}
          <SeverityMark severity={event.severity} />{' '}
          {event.value !== null && (
            <span class="strong">{formatMeasured({ metric, value: event.value, unit, threshold: null }).value}</span>
          )}{' '}
          <span class="quiet small nowrap">
            <Moment at={event.at} />
          </span>
        </p>
        {details.length > 0 && <p class="small quiet">{details.join(' · ')}</p>}
      </div>
    </li>
  );
}

function TicketItem({ of: { ticket, code, at, by } }: { of: NonNullable<AlertAnswer['ticketed']> }) {
  return (
    <li>
      <span class="dot tone-info">
        <Icon name="ticket" />
      </span>
      <p>
        {actorName(by)}: {t(`alert.ticketed.${code}`)} <a href={to.ticket(ticket)}>#{ticket}</a>{' '}
        <span class="quiet small nowrap">
          <Moment at={at} />
        </span>
      </p>
    </li>
  );
}

/** What happened and what was sent, in one order: who knew what when. */
const historyOf = ({ alert, events, notifications, ticketed }: AlertAnswer) =>
  [
    ...(ticketed ? [{ at: ticketed.at, item: <TicketItem key="ticket" of={ticketed} /> }] : []),
    ...events.map((event, n) => ({
      at: event.at,
      item: <EventItem key={`event ${n}`} event={event} metric={alert.metric} unit={alert.unit} />,
    })),
    ...notifications.map((notification, n) => ({
      at: notification.sentAt ?? notification.createdAt,
      item: <NotificationItem key={`message ${n}`} notification={notification} />,
    })),
  ]
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

function Facts({ alert, suppressions, escalations }: Pick<AlertAnswer, 'alert' | 'suppressions' | 'escalations'>) {
  return (
    <Box>
      <dl class="facts side-facts">
        <Fact name={t('column.state')}>
          <AlertState alert={alert} />
        </Fact>
        {suppressions.length > 0 && (
          <Fact name={t('alert.hidden.title')}>
            <Suppressions of={suppressions} />
          </Fact>
        )}
        {escalations.length > 0 && (
          <Fact name={t('alert.escalation.title')}>
            <Escalations of={escalations} />
          </Fact>
        )}
        <Fact name={t('alert.severity')}>
          <SeverityMark severity={alert.severity} />
        </Fact>
        {measuredOf(alert) !== '' && (
          <Fact name={wordOr('own.at', alert.rule.id, t('alert.value'))}>
            <span class="strong">{measuredOf(alert)}</span> <span class="quiet small nowrap">{limitOf(alert)}</span>
          </Fact>
        )}
        <Fact name={t('alert.since')}>
          <Moment at={alert.firedAt ?? alert.pendingAt} />
        </Fact>
        {alert.resolvedAt !== null && (
          <Fact name={t('alert.state.resolved')}>
            <Moment at={alert.resolvedAt} />
            {alert.resolvedWhy && (
              <div class="quiet small">
                {wordOr('alert.why', alert.resolvedWhy, wordOr('cause', alert.resolvedWhy))}
              </div>
            )}
          </Fact>
        )}
        <Fact name={t('alert.ticket')}>
          {alert.ticket === null ? none : <a href={to.ticket(alert.ticket)}>#{alert.ticket}</a>}
        </Fact>
        <Fact name={t('alert.seen')} wide={alert.acknowledgedAt === null && alert.firstAcknowledgedAt !== null}>
          <Owner alert={alert} />
          {alert.acknowledgedAt === null && (
            <>
              <span class="strong">{t('alert.now.nobody')}</span> <Lapsed alert={alert} />
            </>
          )}
        </Fact>
      </dl>
    </Box>
  );
}

/** Once somebody looks at the page: what a browser loads ahead, or in a tab behind, is seen by nobody. */
function tellWhenSeen(id: string): (() => void) | undefined {
  const tell = () => {
    if (document.visibilityState !== 'visible') return;
    document.removeEventListener('visibilitychange', tell);
    // Without it they only hear of more at once.
    call(`alerts/${encodeURIComponent(id)}/opened`, { method: 'POST' }).catch(() => undefined);
  };
  document.addEventListener('visibilitychange', tell);
  tell();
  return () => document.removeEventListener('visibilitychange', tell);
}

export function AlertPage({ id }: { id: string }) {
  const loaded = useLoad<AlertAnswer>(
    `alerts/${encodeURIComponent(id)}`,
    (change) => change.kind === 'alert' && change.alert === id,
  );
  const alert = loaded.data?.alert;
  const name = alert ? titleOf(alert) : t('page.alert');
  const fires = alert?.state === 'firing' || alert?.state === 'unknown';
  useEffect(() => (fires && may('operator') ? tellWhenSeen(id) : undefined), [id, fires]);
  return (
    <>
      <Crumbs list="alerts" title={alert ? `${name} · ${endpointName(alert.endpoint)}` : null} />
      <PageHead
        title={name}
        lead={
          alert && (
            <Dots
              of={[
                <>
                  <EndpointLink of={alert.endpoint} /> {instanceOf(alert)}
                </>,
                <a href={to.rule(alert.rule.level_of ?? alert.rule.id)}>{t('page.rule')}</a>,
              ]}
            />
          )
        }
      >
        {alert && <AlertActions alert={alert} onDone={loaded.reload} />}
      </PageHead>
      <Ready of={loaded} lines={8}>
        {(detail) => (
          <>
            <Facts {...detail} />
            <OwnAlert alert={detail.alert} />
            {detail.finding && <Found alert={detail.alert} finding={detail.finding} />}
            <RuleTextsBox
              alert={detail.alert}
              texts={detail.texts}
              instance={instanceOf(detail.alert)}
              source={detail.source}
            />
            <Evidence alert={detail.alert} />
            <HelpBox of="alerts" id={id} ticket={detail.alert.ticket} />
            <ScriptsBox endpoint={detail.alert.endpoint} alert={id} isOver={!fires} />
            <Beside alert={detail.alert} />
            <Box title={t('alert.history')}>
              <ol class="story">{historyOf(detail)}</ol>
            </Box>
          </>
        )}
      </Ready>
      <Toast />
    </>
  );
}
