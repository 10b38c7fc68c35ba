/** What the REST interface answers about the work of people on tickets: what is next, who has what, and many at once. */
import { type Static, Type } from 'typebox';

const ms = Type.Integer({ description: 'ms UTC' });
const orNone = Type.Union([ms, Type.Null()]);

export const skillsAtMost = 50;

/** The ticket to be taken up next, and why that one. */
export const NextTicket = Type.Object({
  ticket: Type.Integer(),
  priority: Type.Integer({ minimum: 1, maximum: 5 }),
  /** Assigned to the caller; else to nobody. */
  isMine: Type.Boolean(),
  dueAt: orNone,
  isLate: Type.Boolean(),
  clock: Type.Union([Type.Enum(['response', 'resolution']), Type.Null()], { description: 'whose end is due' }),
  skills: Type.Array(Type.String(), { description: 'what the caller knows of what it is about' }),
});
export type NextTicket = Static<typeof NextTicket>;

/** Who has how much, by name: never an order of people. `GET /api/v1/people/workload`. */
export const Workload = Type.Object({
  items: Type.Array(
    Type.Object({
      person: Type.String(),
      open: Type.Integer({ description: 'tickets on hold count as well' }),
      byPriority: Type.Array(Type.Integer(), { description: 'from P1 to P5' }),
      waiting: Type.Integer({ description: 'on hold' }),
      dueSoon: Type.Integer({ description: 'late, or past four fifths of a target' }),
      helps: Type.Integer({ description: 'open tickets of others' }),
      skills: Type.Array(Type.String()),
      mayEdit: Type.Boolean({ description: 'the caller may say what they know' }),
    }),
  ),
  skillWords: Type.Array(Type.String(), { description: 'in use: of tickets, endpoints and rules' }),
});
export type Workload = Static<typeof Workload>;

/** Whom the button for a severity swarm calls. */
export const SwarmAnswer = Type.Object({
  people: Type.Array(
    Type.Object({
      name: Type.String(),
      schedules: Type.Array(Type.String(), { description: 'by which they are on call now' }),
      isReached: Type.Boolean({ description: 'false: no message gets to them' }),
    }),
  ),
});
export type SwarmAnswer = Static<typeof SwarmAnswer>;

export const TicketsDone = Type.Object({
  done: Type.Integer(),
  refused: Type.Integer(),
  items: Type.Array(
    Type.Object({
      ticket: Type.Integer(),
      error: Type.Union(
        [Type.Object({ code: Type.String(), message: Type.String(), hint: Type.String() }), Type.Null()],
        {
          description: 'why it was left as it was; null: done',
        },
      ),
    }),
  ),
});
export type TicketsDone = Static<typeof TicketsDone>;
