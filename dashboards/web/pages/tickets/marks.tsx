/** How a ticket is shown wherever one is named: title, priority, state. Many pages use these, and few of them the list. */
import type { TicketName, TicketRow } from '../../../../shared/api.ts';
import { ticketTitle } from '../../../../shared/words/names.ts';
import type { IconName } from '../../parts/icon.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { language, t } from '../../words/words.ts';

const look: Record<TicketRow['state'], [Tone, IconName]> = {
  new: ['critical', 'online'],
  in_progress: ['info', 'person'],
  on_hold: ['warning', 'never'],
  resolved: ['ok', 'ok'],
  closed: ['idle', 'offline'],
  cancelled: ['idle', 'close'],
};

export function TicketState({ state }: { state: TicketRow['state'] }) {
  const [tone, icon] = look[state];
  return (
    <Mark tone={tone} icon={icon}>
      {t(`ticket.state.${state}`)}
    </Mark>
  );
}

export function Priority({ value }: { value: number }) {
  const tone: Tone = value <= 1 ? 'critical' : value === 2 ? 'warning' : 'unknown';
  return (
    <span class={`chip tone-${tone} prio`} title={t('ticket.priority')}>
      P{value}
    </span>
  );
}

/** Each leads to the open tickets that have it. */
export function Tags({ of: tags }: { of: readonly string[] }) {
  return tags.map((tag) => (
    <a key={tag} class="chip" href={`/tickets?tag=${encodeURIComponent(tag)}`}>
      {tag}
    </a>
  ));
}

export const sourceOf = ({ kind }: TicketRow) => (kind === 'person' ? 'person' : 'monitor');

/** What the ticket is about, in the language of the page; what a person wrote stays as it is. */
export const titleOf = (ticket: TicketName): string => ticketTitle(language.value, ticket);
