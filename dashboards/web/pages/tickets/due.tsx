/** Until when a ticket is to be answered and resolved, and why it waits. */
import type { TicketRow } from '../../../../shared/api.ts';
import { none } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { Fact } from '../../parts/fact.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { language, t } from '../../words/words.ts';
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
        {text} {/* One that has passed was the end of the support hours: beside "begin again" it would contradict. */}
        {dueAt > now.value && (
          <span class="quiet small nowrap">
            <Moment at={dueAt} />
          </span>
        )}
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
      <Fact name={t('ticket.answerDue')}>
        <Clock at={row.responseDueAt} outcome={row.outcome.response} />
      </Fact>
      <Fact name={t('ticket.solveDue')}>
        <Clock at={row.resolutionDueAt} outcome={row.outcome.resolution} />
      </Fact>
      {row.state === 'on_hold' && (
        <Fact name={t('ticket.holdWhy')}>
          {row.holdReason === null ? t('ticket.hold.unknown') : t(`ticket.hold.${row.holdReason}`)}{' '}
          <Moment at={row.holdUntil} />
        </Fact>
      )}
      {row.vendorReference !== null && <Fact name={t('ticket.vendorReference')}>{row.vendorReference}</Fact>}
      {row.requester !== null && (
        <Fact name={t('ticket.requester')}>
          {row.requester} <span class="quiet small">{t(`ticket.channels.${row.channel}`)}</span>
        </Fact>
      )}
      <Fact name={t('ticket.category')}>{t(`ticket.categories.${row.category}`)}</Fact>
      <Fact name={t('ticket.tier')}>{t(`ticket.tiers.${row.tier as 0 | 1 | 2 | 3 | 4}`)}</Fact>
    </>
  );
}
