/** The history of a ticket, from its first event to its last. */
import type { ComponentChildren } from 'preact';
import type { TicketDetail } from '../../../../shared/api.ts';
import type { ScriptOrderView } from '../../../../shared/script.ts';
import { percent, time } from '../../../../shared/words/format.ts';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';
import type { Tone } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { to } from '../../router.ts';
import { joined, type NotificationRow, type Moment as StoryMoment, storyOf } from '../../time/story.ts';
import { actorName, language, t, wordOr } from '../../words/words.ts';
import { MailQuotation, mailNote } from './mail.tsx';

interface StoryItem {
  icon: IconName;
  tone: Tone;
  what: string;
  text?: string | null;
  who?: { id: string; name: string } | null;
  /** The other ticket of which it is. */
  ticket?: number;
  /** Shown when asked for. */
  folded?: string | undefined;
}

type TicketEventRow = TicketDetail['events'][number];

const eventLook: Readonly<Record<string, [IconName, Tone]>> = {
  opened: ['ticket', 'info'],
  fired: ['alert', 'critical'],
  cleared: ['ok', 'ok'],
  flapping: ['alert', 'warning'],
  comment: ['comment', 'info'],
  acknowledged: ['person', 'info'],
  assigned: ['person', 'info'],
  reopened: ['ticket', 'warning'],
  impact: ['person', 'info'],
};

const stateWord = (state: string | null) => (state === null ? '—' : wordOr('ticket.state', state));

/** Why it was cancelled, and for which other ticket. */
function cancelOf({ data }: TicketEventRow): string {
  const { reason, mergedInto, of } = (data ?? {}) as { reason?: string; mergedInto?: number; of?: number };
  const n = mergedInto ?? of;
  if ((reason === 'merged' || reason === 'duplicate') && n !== undefined)
    return ` (${t(`story.cancelled.${reason}`, { n })})`;
  return reason === undefined ? '' : ` (${wordOr('story.cancelled', reason)})`;
}

/** `linked it (Change: C-12)`. Links of tickets are their numbers. */
function linkOf({ data }: TicketEventRow): string {
  const { kind, target } = (data ?? {}) as { kind?: string; target?: string };
  if (kind === undefined || target === undefined) return '';
  return ` (${wordOr('ticket.links', kind)}: ${kind === 'change' || kind === 'alert' ? target : `#${target}`})`;
}

/** ` · Case number at the vendor: 4711`. */
function vendorOf({ data }: TicketEventRow): string {
  const { vendorReference } = (data ?? {}) as { vendorReference?: string };
  return vendorReference === undefined ? '' : ` · ${t('ticket.vendorReference')}: ${vendorReference}`;
}

/** Of a hold: for whom it waits, and until when. Holds of older versions did not note it. */
function whyOf(event: TicketEventRow): string {
  const { to: state, data } = event;
  if (state === 'cancelled') return cancelOf(event);
  const { reason, until } = (data ?? {}) as { reason?: string; until?: number };
  const vendor = vendorOf(event);
  if (state !== 'on_hold' || reason === undefined) return '';
  const why = wordOr('ticket.hold', reason);
  const held = until === undefined ? why : t('story.heldUntil', { why, until: time(until, language.value) });
  return ` (${held})${vendor}`;
}

/** `Requester: Mio → Mia`. */
function correctionOf({ data }: TicketEventRow): string {
  const { requester, category } = data as { requester?: [string | null, string]; category?: [string, string] };
  const name = (one: string) => wordOr('ticket.categories', one);
  return [
    requester && `${t('ticket.requester')}: ${requester[0] ?? '—'} → ${requester[1]}`,
    category && `${t('ticket.category')}: ${name(category[0])} → ${name(category[1])}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Whoever helped is named where it was resolved. */
function helpersIn({ data }: TicketEventRow): string | null {
  const { helpers = [] } = (data ?? {}) as { helpers?: string[] };
  return helpers.length === 0 ? null : t('story.helpers', { names: helpers.join(', ') });
}

interface SwarmCalled {
  kind: string;
  people?: string[];
  mailed?: string[];
  isUntold?: true;
}

/** Without an account: what they call themselves is not who they are. */
function requesterNote({ actor, data }: TicketEventRow, requester: string | null): string | null {
  const { fromRequester, ofTicket } = (data ?? {}) as { fromRequester?: boolean; ofTicket?: number };
  if (ofTicket !== undefined) return t('story.ofMerged', { n: ofTicket });
  if (fromRequester !== true || actor !== 'self-service') return null;
  return t('story.ofRequester', { name: requester ?? '?' });
}

function itemOfEvent(event: TicketEventRow, requester: string | null): StoryItem {
  const [icon, tone] = eventLook[event.kind] ?? ['info', 'unknown'];
  const actor = actorName(event.actor);
  switch (event.kind) {
    case 'comment':
      return {
        icon,
        tone,
        what:
          mailNote(event) ??
          requesterNote(event, requester) ??
          t(event.isPublic ? 'story.publicComment' : 'story.comment', { actor }),
        text: event.text,
        folded: (event.data as { quoted?: string } | null)?.quoted,
      };
    case 'assigned':
      return event.to || event.text
        ? { icon, tone, what: t('story.assigned', { actor, to: event.to ?? event.text ?? '' }) }
        : { icon, tone, what: t('story.unassigned', { actor }) };
    case 'state':
      return {
        icon: event.to === 'resolved' ? 'ok' : icon,
        tone: event.to === 'resolved' ? 'ok' : tone,
        what: `${t('story.state', { actor, from: stateWord(event.from), to: stateWord(event.to) })}${whyOf(event)}`,
        text: [event.text, helpersIn(event)].filter(Boolean).join('\n') || null,
      };
    case 'priority':
      return {
        icon,
        tone,
        what: t('story.priority', { actor, from: event.from ?? '—', to: event.to ?? '—' }),
        text: event.text,
      };
    case 'sla': {
      const { clock, share } = event.data as { clock: 'response' | 'resolution'; share: number };
      const used = percent(100 * share, language.value, 0);
      return { icon, tone, what: t('story.sla', { clock: t(`story.clocks.${clock}`), share: used }) };
    }
    case 'handed_off': {
      const { toTier } = event.data as { toTier: 0 | 1 | 2 | 3 | 4 };
      const what = `${t('story.handedOff', { actor, tier: t(`ticket.tiers.${toTier}`) })}${vendorOf(event)}`;
      return { icon, tone, what, text: event.text };
    }
    case 'swarm': {
      const { kind, people = [], mailed = [], isUntold } = event.data as SwarmCalled;
      const whom = [wordOr('ticket.swarms', kind), ...people].join(', ');
      const mail = mailed.length === 0 ? null : t('ticket.askedMailed', { whom: mailed.join(', ') });
      const untold = isUntold ? t('ticket.askedNobody') : null;
      return { icon: 'person', tone, what: `${actor}: ${t('ticket.askedBy', { whom })}`, text: mail ?? untold };
    }
    case 'script': {
      const { script, state, code } = event.data as {
        script: string;
        state: ScriptOrderView['state'];
        code: number | null;
      };
      const end = code === null ? t('scripts.ended') : t('scripts.code', { code });
      const how =
        state === 'done' ? t(code === 0 ? 'scripts.worked' : 'scripts.failed', { end }) : t(`scripts.state.${state}`);
      return {
        icon: state === 'done' && code === 0 ? 'ok' : icon,
        tone,
        what: t('story.script', { actor, script, state: how }),
      };
    }
    case 'linked':
    case 'unlinked':
      return { icon, tone, what: `${actor}: ${t(`story.kind.${event.kind}`)}${linkOf(event)}` };
    case 'merged':
    case 'unmerged':
    case 'split': {
      const { from, to: made } = event.data as { from?: number; to?: number };
      return { icon, tone, what: t(`story.parts.${event.kind}`, { actor, n: from ?? made ?? 0 }) };
    }
    case 'tried':
      return { icon: 'comment', tone, what: t('story.tried', { actor }), text: event.text };
    case 'attached': {
      const { isPublic } = event.data as { isPublic: boolean };
      const whom = t(isPublic ? 'attachment.isPublic' : 'attachment.isInternal');
      return { icon, tone, what: `${actor}: ${t('story.kind.attached')} (${whom})`, text: event.text };
    }
    case 'tagged': {
      const [before = [], after = []] = (event.data as { tags: [string[], string[]] }).tags;
      return {
        ...{ icon, tone, what: `${actor}: ${t('story.kind.tagged')}` },
        text: `${before.join(', ') || '—'} → ${after.join(', ') || '—'}`,
      };
    }
    case 'corrected':
      return { icon, tone, what: `${actor}: ${t('story.kind.corrected')}`, text: correctionOf(event) };
    case 'rated': {
      const { rating, replaced } = event.data as { rating: number; replaced?: number };
      const what =
        replaced === undefined
          ? t('story.rated', { n: rating })
          : t('story.ratedAgain', { n: rating, before: replaced });
      return { icon, tone, what: `${actor}: ${what}`, text: event.text };
    }
    case 'fired':
      return { icon, tone, what: `${actor}: ${t('story.kind.fired')}`, text: event.text, who: joined(event) };
    default:
      return { icon, tone, what: `${actor}: ${wordOr('story.kind', event.kind)}`, text: event.text };
  }
}

const stepLook = {
  pending: ['never', 'unknown'],
  held: ['never', 'unknown'],
  silent: ['never', 'unknown'],
  firing: ['alert', 'critical'],
  acknowledged: ['person', 'info'],
  resolved: ['ok', 'ok'],
} as const satisfies Record<string, readonly [IconName, Tone]>;

const deliveryTones = { sent: 'ok', queued: 'unknown', dead: 'critical', dropped: 'unknown' } as const;

function itemOf(moment: StoryMoment, requester: string | null): StoryItem {
  switch (moment.kind) {
    case 'event':
      return itemOfEvent(moment.event, requester);
    case 'quoted': {
      const item = itemOfEvent(moment.event, null);
      return { ...item, ticket: moment.ticket };
    }
    case 'alert': {
      const [icon, tone] = stepLook[moment.step];
      return { icon, tone, what: t(`story.alert.${moment.step}`, { name: actorName(moment.by ?? '') }) };
    }
    case 'repeats':
      return {
        icon: 'alert',
        tone: 'warning',
        what: t('story.repeats', {
          actor: t('actor.monitor'),
          n: moment.fires,
          from: time(moment.from, language.value),
        }),
      };
    case 'notification':
      return itemOfNotification(moment.notification);
  }
}

function itemOfNotification(notification: NotificationRow): StoryItem {
  const event = wordOr('story.notification', notification.event);
  const { state, takenOver, channel, attempts: n, user } = notification;
  const what = t(takenOver ? 'story.takenOver' : `story.${state}`, { channel, event, n });
  return {
    icon: state === 'dead' ? 'warning' : 'info',
    tone: deliveryTones[state],
    what: user === null ? what : t('story.sentTo', { what, name: user }),
    text: state === 'sent' ? null : notification.lastError,
  };
}

export const NotificationItem = ({ notification }: { notification: NotificationRow }) => (
  <Item item={itemOfNotification(notification)} at={notification.sentAt ?? notification.createdAt} />
);

function Item({ item, at }: { item: StoryItem; at: number }): ComponentChildren {
  return (
    <li>
      <span class={`dot tone-${item.tone}`}>
        <Icon name={item.icon} />
      </span>
      <div>
        <p>
          {item.ticket !== undefined && (
            <>
              <a href={to.ticket(item.ticket)}>#{item.ticket}</a>{' '}
            </>
          )}
          {item.what} {item.who && <EndpointLink of={item.who} />}{' '}
          <span class="quiet small nowrap">
            <Moment at={at} />
          </span>
        </p>
        {item.text && <p class="quotation">{item.text}</p>}
        {item.folded && <MailQuotation text={item.folded} />}
      </div>
    </li>
  );
}

export function Story({ detail }: { detail: TicketDetail }) {
  return (
    <ol class="story">
      {storyOf(detail).map((moment, index) => (
        <Item key={`${moment.at}${moment.kind}${index}`} item={itemOf(moment, detail.row.requester)} at={moment.at} />
      ))}
    </ol>
  );
}
