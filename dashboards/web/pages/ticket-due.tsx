/** Until when a ticket is to be answered and resolved, and why it waits. */
import type { TicketRow } from '../../../shared/api.ts';
import { none } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { Mark } from '../parts/mark.tsx';
import { Moment } from '../parts/moment.tsx';
import { language, t } from '../words/words.ts';
import { dueText } from './due.ts';

/** The next that is due, or why nothing is. */
export function Due({ row }: { row: TicketRow }) {
  const { dueAt, isLate, holdReason, holdUntil } = row;
  const text = dueText(row, now.value, language.value);
  if (isLate)
    return (
      <Mark tone="critical" icon="critical">
        {text}
      </Mark>
    );
  if (dueAt !== null)
    return (
      <span>
        {text}{' '}
        <span class="quiet small nowrap">
          <Moment at={dueAt} />
        </span>
      </span>
    );
  if (holdReason === null) return <span class="quiet">{none}</span>;
  return (
    <span class="quiet">
      {t(`ticket.hold.${holdReason}`)} <Moment at={holdUntil} shape="date" />
    </span>
  );
}

function Clock({ at, outcome }: { at: number | null; outcome: TicketRow['outcome']['response'] }) {
  const word = t(`ticket.outcome.${outcome}`);
  const tone = { met: 'ok', breached: 'critical', open: 'info', none: 'idle' } as const;
  const icon = { met: 'ok', breached: 'critical', open: 'info', none: 'never' } as const;
  return (
    <>
      {at !== null && <Moment at={at} />}{' '}
      <Mark tone={tone[outcome]} icon={icon[outcome]}>
        {word}
      </Mark>
    </>
  );
}

/** Rows of the facts of a ticket: both clocks, the hold, and who asked for what. */
export function DueFacts({ row }: { row: TicketRow }) {
  return (
    <>
      <div>
        <dt>{t('ticket.answerDue')}</dt>
        <dd>
          <Clock at={row.responseDueAt} outcome={row.outcome.response} />
        </dd>
      </div>
      <div>
        <dt>{t('ticket.solveDue')}</dt>
        <dd>
          <Clock at={row.resolutionDueAt} outcome={row.outcome.resolution} />
        </dd>
      </div>
      {row.state === 'on_hold' && (
        <div>
          <dt>{t('ticket.holdWhy')}</dt>
          <dd>
            {row.holdReason === null ? t('ticket.hold.unknown') : t(`ticket.hold.${row.holdReason}`)}{' '}
            <Moment at={row.holdUntil} />
          </dd>
        </div>
      )}
      {row.requester !== null && (
        <div>
          <dt>{t('ticket.requester')}</dt>
          <dd>
            {row.requester} <span class="quiet small">{t(`ticket.channels.${row.channel}`)}</span>
          </dd>
        </div>
      )}
      <div>
        <dt>{t('ticket.category')}</dt>
        <dd>{t(`ticket.categories.${row.category}`)}</dd>
      </div>
      <div>
        <dt>{t('ticket.tier')}</dt>
        <dd>{t(`ticket.tiers.${row.tier as 0 | 1 | 2 | 3 | 4}`)}</dd>
      </div>
    </>
  );
}
