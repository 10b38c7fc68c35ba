/** What people do with one ticket: for each a body, and what it runs. Handled and answered alike, see tickets.ts. */
import { Type } from 'typebox';
import {
  CancelReason,
  cancelReasons,
  HoldReason,
  holdReasons,
  type TicketRow,
  TicketState,
} from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import type { Transition } from '../../tickets/tickets.ts';
import type { TicketActions } from '../context.ts';
import { closed, instantMs, word } from '../shapes.ts';

export const Text = Type.String({ minLength: 1, maxLength: 10_000 });
export const Level = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)]);

/** One action of a person on a ticket: same handling, same answer. */
interface TicketAction {
  name: string;
  summary: string;
  body: ReturnType<typeof Type.Object>;
  run(id: number, by: string, said: TicketEdit): Promise<unknown>;
}

/** All fields that the bodies of the actions may have; each action has checked its own. */
export interface TicketEdit {
  text?: string;
  public?: boolean;
  fromRequester?: boolean;
  assignee?: string | null;
  state?: TicketRow['state'];
  reason?: string;
  until?: number;
  wontFixUntil?: number;
  impact?: 1 | 2 | 3;
  urgency?: 1 | 2 | 3;
}

export function ticketActions(tickets: TicketActions): TicketAction[] {
  return [
    {
      name: 'comment',
      summary: 'Comment on a ticket; without `public` only the desk reads it',
      body: Type.Object(
        {
          text: Text,
          public: Type.Optional(Type.Boolean({ description: 'the requester may read it' })),
          fromRequester: Type.Optional(
            Type.Boolean({ description: 'written down for the requester; ends the wait for an answer' }),
          ),
        },
        { ...closed, examples: [{ text: 'Looking at it.', public: true }] },
      ),
      run: (id, by, { text, public: isPublic, fromRequester }) =>
        tickets.comment(id, by, {
          ...{ text: text ?? '', isPublic: isPublic ?? false, isFromRequester: fromRequester ?? false },
        }),
    },
    {
      name: 'assign',
      summary: 'Assign a ticket, or remove its assignment',
      body: Type.Object(
        { assignee: Type.Union([word(64), Type.Null()]) },
        { ...closed, examples: [{ assignee: 'ada' }] },
      ),
      run: (id, by, { assignee }) => tickets.assign(id, by, assignee ?? null),
    },
    {
      name: 'resolve',
      summary: 'Resolve a ticket',
      body: Type.Object(
        {
          text: Type.Optional(Text),
          wontFixUntil: Type.Optional(instantMs(': until then the alert opens no ticket')),
        },
        { ...closed, examples: [{ text: 'Disk replaced.' }] },
      ),
      run: (id, by, { text, wontFixUntil }) => tickets.resolve(id, by, text ?? null, wontFixUntil ?? null),
    },
    {
      name: 'reopen',
      summary: 'Reopen a ticket',
      body: Type.Object({ text: Type.Optional(Text) }, { ...closed, examples: [{ text: 'It is back.' }] }),
      run: (id, by, { text }) => tickets.reopen(id, by, text ?? null),
    },
    {
      name: 'state',
      summary: 'Set any other state; on_hold needs a reason and a date, cancelled a reason or a text',
      body: Type.Object(
        {
          state: TicketState,
          text: Type.Optional(Text),
          reason: Type.Optional(Type.Union([HoldReason, CancelReason])),
          until: Type.Optional(instantMs(': on hold, when to look at it again')),
        },
        {
          ...closed,
          examples: [
            {
              ...{ state: 'on_hold', reason: 'awaiting_vendor', until: Date.UTC(2026, 10, 30, 8) },
              text: 'The new disk comes on Monday.',
            },
          ],
        },
      ),
      run: (id, by, edit) => tickets.setState(id, by, transitionIn(edit)),
    },
    {
      name: 'priority',
      summary: 'Change impact and urgency, from which the priority follows, with a reason',
      body: Type.Object(
        { impact: Level, urgency: Level, reason: word(500) },
        { ...closed, examples: [{ impact: 2, urgency: 1, reason: 'The whole team waits for it.' }] },
      ),
      run: (id, by, { impact = 3, urgency = 3, reason = '' }) =>
        tickets.setPriority(id, by, { impact, urgency }, reason),
    },
  ];
}

/** @throws EvenkeelError BAD_REQUEST for a reason of another state */
function transitionIn({ state: to = 'in_progress', text, reason, until }: TicketEdit): Transition {
  const why = { to, text: text ?? null };
  const isOneOf = (list: readonly string[]) => reason !== undefined && list.includes(reason);
  if (to === 'on_hold' && isOneOf(holdReasons) && until !== undefined)
    return { ...why, hold: { reason: reason as HoldReason, until } };
  if (to === 'cancelled' && isOneOf(cancelReasons)) return { ...why, reason: reason as CancelReason };
  if (reason !== undefined && to !== 'on_hold')
    throw fail('BAD_REQUEST', { problem: `"${reason}" is no reason to become ${to}` });
  return why;
}
