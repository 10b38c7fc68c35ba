/** All that happened in an incident on one axis of time, one lane for each kind. The lists below say the same in words. */
import type { Incident, TicketDetail } from '../../../../shared/api.ts';
import { number, time } from '../../../../shared/words/format.ts';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Timeline } from '../../parts/timeline.tsx';
import { endpointName, ruleName } from '../../words/value.ts';
import { actorName, language, t, wordOr } from '../../words/words.ts';
import '../../look/incident.css';

export interface Axis {
  from: number;
  to: number;
}

interface LaneMark {
  at: number;
  /** Of a stretch; a moment has none. */
  until?: number;
  look: 'critical' | 'info' | 'ok' | 'unknown';
  text: string;
}

const lanes = ['signals', 'alerts', 'notifications', 'acknowledged', 'ticket', 'notes', 'recovery'] as const;
type Lane = (typeof lanes)[number];

const ticketKinds = ['opened', 'state', 'assigned', 'reopened', 'priority', 'impact', 'linked'];

function marksOf({ incident, detail }: { incident: Incident; detail: TicketDetail }): Record<Lane, LaneMark[]> {
  const names = new Map(incident.endpoints.map(({ id, name }) => [id, name]));
  const { events, notifications } = detail;
  const story = (kinds: readonly string[]) => events.filter(({ kind }) => kinds.includes(kind));
  return {
    signals: incident.signals.map(({ at, lastSeen, kind, endpoint }) => ({
      at: kind === 'lost' || kind === 'silent' ? (lastSeen ?? at) : at,
      look: kind === 'online' ? 'ok' : 'unknown',
      text: `${names.get(endpoint) ?? endpoint}: ${wordOr('signal', kind)}`,
    })),
    alerts: incident.alerts.map(({ pendingAt, firedAt, resolvedAt, rule, endpoint }) => ({
      at: firedAt ?? pendingAt,
      until: resolvedAt ?? incident.asOf,
      look: 'critical',
      text: `${ruleName(rule)}, ${endpointName(endpoint)}`,
    })),
    notifications: notifications.map(({ sentAt, createdAt, channel, event, state, attempts, takenOver }) => ({
      at: sentAt ?? createdAt,
      look: state === 'dead' ? 'critical' : 'info',
      text: t(takenOver ? 'story.takenOver' : `story.${state}`, {
        channel,
        event: wordOr('story.notification', event),
        n: attempts,
      }),
    })),
    acknowledged: incident.alerts.flatMap(({ firstAcknowledgedAt: at, acknowledgedBy, endpoint }) =>
      at === null
        ? []
        : {
            at,
            look: 'info' as const,
            text: [endpointName(endpoint), acknowledgedBy && actorName(acknowledgedBy)].filter(Boolean).join(', '),
          },
    ),
    ticket: story(ticketKinds).map(({ at, kind, actor, to: next }) => ({
      at,
      look: next === 'resolved' ? 'ok' : 'info',
      text:
        kind === 'state' && next !== null
          ? `${actorName(actor)}: ${wordOr('ticket.state', next)}`
          : `${actorName(actor)}: ${wordOr('story.kind', kind)}`,
    })),
    notes: story(['comment']).map(({ at, actor, text: note }) => ({
      at,
      look: 'unknown',
      text: `${actorName(actor)}: ${note ?? ''}`,
    })),
    recovery: incident.to === null ? [] : [{ at: incident.to, look: 'ok', text: t('incident.recovered') }],
  };
}

/** `4: 13:16 box-1 …`, for whoever does not see the lane; long lanes are read in the lists below. */
function spoken(name: string, marks: readonly LaneMark[]): string {
  const first = marks.slice(0, 5).map(({ at, text }) => `${time(at, language.value)} ${text}`);
  return `${name}: ${number(marks.length, language.value)}. ${first.join('; ')}`;
}

function LaneOf({ name, marks, axis }: { name: string; marks: readonly LaneMark[]; axis: Axis }) {
  const width = 1000;
  const x = (at: number) => ((at - axis.from) / (axis.to - axis.from)) * width;
  const shown = marks.filter(({ at, until = at }) => until >= axis.from && at <= axis.to);
  return (
    <svg
      class="lane"
      viewBox={`0 0 ${width} 22`}
      preserveAspectRatio="none"
      role="img"
      aria-label={spoken(name, shown)}
    >
      <rect class="bar-ground" y="10" width={width} height="2" />
      {shown.map(({ at, until, look, text }, n) => {
        const [left, right] = [Math.max(0, x(at)), Math.min(width, x(until ?? at))];
        return (
          <rect
            key={n}
            class={`mark-${look} ${until === undefined ? '' : 'stretch'}`}
            x={Math.min(left, width - 4)}
            y={until === undefined ? 1 : 5}
            width={Math.max(4, right - left)}
            height={until === undefined ? 20 : 12}
          >
            <title>{`${time(at, language.value, 'full')} ${text}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

const ticks = [0, 0.25, 0.5, 0.75, 1];

export function Lanes({ incident, detail, axis }: { incident: Incident; detail: TicketDetail; axis: Axis }) {
  const marks = marksOf({ incident, detail });
  return (
    <ul class="lanes">
      {incident.endpoints.map(({ id, name, intervals }) => (
        <li key={id}>
          <EndpointLink of={{ id, name }} tab="presence" />
          <Timeline name={name} intervals={intervals} from={axis.from} to={axis.to} />
        </li>
      ))}
      {incident.moreEndpoints > 0 && (
        <li class="quiet small">
          {t('incident.moreEndpoints', { n: number(incident.moreEndpoints, language.value) })}
        </li>
      )}
      {lanes.map((lane) => (
        <li key={lane}>
          <span>
            {t(`incident.lane.${lane}`)} <span class="quiet small">{number(marks[lane].length, language.value)}</span>
          </span>
          <LaneOf name={t(`incident.lane.${lane}`)} marks={marks[lane]} axis={axis} />
        </li>
      ))}
      <li class="lane-axis">
        <span />
        <span class="axis">
          {ticks.map((share) => (
            <span key={share}>
              {time(
                axis.from + share * (axis.to - axis.from),
                language.value,
                axis.to - axis.from < 86_400_000 ? 'minute' : 'moment',
              )}
            </span>
          ))}
        </span>
      </li>
    </ul>
  );
}
