/** Tickets as lines of a table. Pure. */
import type { TicketRow } from '../../shared/api.ts';
import { type CsvCell, csvLine } from '../../shared/csv.ts';
import type { Language } from '../../shared/words/index.ts';
import { endpointName, ticketTitle } from '../../shared/words/names.ts';

const instant = (at: number | null): string | null =>
  at === null ? null : Temporal.Instant.fromEpochMilliseconds(at).toString();

/** With a byte order mark, as writeCsv begins. */
export const tableHead = `\ufeff${csvLine([
  ...['number', 'title', 'priority', 'state', 'category', 'tier', 'site', 'endpoint', 'requester', 'assignee'],
  ...[
    'opened_at',
    'due_at',
    'late',
    'response',
    'resolution',
    'hold',
    'hold_until',
    'vendor_reference',
    'resolved_at',
    'updated_at',
  ],
])}`;

export const tableRow = (row: TicketRow, language: Language): CsvCell[] => [
  ...[row.id, ticketTitle(language, row), `P${row.priority}`, row.state, row.category, row.tier, row.site],
  ...[row.endpoint && endpointName(language, row.endpoint), row.requester, row.assignee],
  ...[instant(row.openedAt), instant(row.dueAt), row.isLate, row.outcome.response, row.outcome.resolution],
  ...[row.holdReason, instant(row.holdUntil), row.vendorReference, instant(row.resolvedAt), instant(row.updatedAt)],
];
