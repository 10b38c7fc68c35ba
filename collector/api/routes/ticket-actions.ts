/** What people do with one ticket: for each a body, and what it runs. Handled and answered alike, see tickets.ts. */
import { Type } from 'typebox';
import {
  CancelReason,
  cancelReasons,
  HoldReason,
  LinkKind,
  SwarmKind,
  TicketCategory,
  type TicketRow,
  TicketState,
} from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { holdReasons } from '../../../shared/hold.ts';
import type { TicketTransition } from '../../tickets/tickets.ts';
import type { Context, TicketActions } from '../context.ts';
import { requireSeen, siteOfTicket } from '../limited-named.ts';
import { requirePerson } from '../people-named.ts';
import { closed, counted, freeText, freeTextOrNone, instantMs, prose, Tag, word } from '../shapes.ts';

export const Text = freeText(10_000);
export const Level = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)]);

/** One action of a person on a ticket: same handling, same answer. */
interface TicketAction {
  name: string;
  summary: string;
  body: ReturnType<typeof Type.Object>;
  /** The same for many tickets at once. */
  many?: true;
  /** @returns what belongs into the answer beside the ticket, if anything */
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
  vendorReference?: string;
  wontFixUntil?: number;
  inContact?: boolean;
  firstContactPossible?: boolean;
  tier?: number;
  kind?: SwarmKind | LinkKind;
  person?: string;
  people?: string[];
  requester?: string;
  category?: TicketRow['category'];
  target?: string;
  impact?: 1 | 2 | 3;
  urgency?: 1 | 2 | 3;
  tried?: string;
  add?: string[];
  remove?: string[];
  into?: number;
  title?: string;
  comments?: number[];
}

const VendorReference = Type.Optional(
  word(100, 'case number at the vendor: of a hold that awaits the vendor, or of a hand-off to tier 4'),
);

/** Without what was left out. */
function given<Values extends object>(values: Values) {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Values]?: Exclude<Values[Name], undefined> };
}

export const ticketActions = (tickets: TicketActions): TicketAction[] => [
  ...ownActions(tickets),
  ...teamActions(tickets),
  ...partActions(tickets),
];

/** Whoever is named must be able to log in, and see the ticket. */
export async function requirePeople(
  context: Context,
  { id, by, name }: { id: number; by: string; name: string },
  { assignee, person, people = [] }: TicketEdit,
): Promise<void> {
  // Who has left may still be taken off.
  const named = name === 'participants/leave' || name === 'unwatch' ? null : (assignee ?? person ?? null);
  for (const one of named === null ? people : [named, ...people]) {
    await requirePerson(context, one, by);
    await requireSeen(context, one, await siteOfTicket(context.state, id), 'be given to');
  }
}

function ownActions(tickets: TicketActions): TicketAction[] {
  return [
    {
      name: 'comment',
      many: true,
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
      many: true,
      summary: 'Assign a ticket, or remove its assignment',
      body: Type.Object(
        { assignee: Type.Union([word(64), Type.Null()]) },
        { ...closed, examples: [{ assignee: 'ada' }] },
      ),
      run: (id, by, { assignee }) => tickets.assign(id, by, assignee ?? null),
    },
    {
      name: 'resolve',
      many: true,
      summary: 'Resolve a ticket',
      body: Type.Object(
        {
          text: Type.Optional(Text),
          wontFixUntil: Type.Optional(instantMs(': until then the alert opens no ticket')),
          inContact: Type.Optional(
            Type.Boolean({ description: 'solved before the call or the chat ended; left out: not known' }),
          ),
          firstContactPossible: Type.Optional(
            Type.Boolean({ description: 'false: it could not be solved at first contact, such as broken hardware' }),
          ),
        },
        { ...closed, examples: [{ text: 'Disk replaced.', firstContactPossible: false }] },
      ),
      run: (id, by, { text, wontFixUntil, inContact, firstContactPossible }) =>
        tickets.resolve(id, by, text ?? null, wontFixUntil ?? null, given({ inContact, firstContactPossible })),
    },
    {
      name: 'reopen',
      summary: 'Reopen a ticket',
      body: Type.Object({ text: Type.Optional(Text) }, { ...closed, examples: [{ text: 'It is back.' }] }),
      run: (id, by, { text }) => tickets.reopen(id, by, text ?? null),
    },
    {
      name: 'state',
      many: true,
      summary: 'Set any other state; on_hold needs a reason and a date, cancelled a reason or a text',
      body: Type.Object(
        {
          state: TicketState,
          text: Type.Optional(Text),
          reason: Type.Optional(Type.Union([HoldReason, CancelReason])),
          until: Type.Optional(instantMs(': on hold, when to look at it again')),
          vendorReference: VendorReference,
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
      name: 'links',
      summary: 'Link a ticket to another one, an alert or a change; a duplicate is cancelled',
      body: Type.Object(
        { kind: LinkKind, target: word(64, 'the number of a ticket, the id of an alert, or a change like C-12') },
        { ...closed, examples: [{ kind: 'parent', target: '12' }] },
      ),
      run: (id, by, { kind, target = '' }) => tickets.link(id, by, kind as LinkKind, target),
    },
    {
      name: 'rating-link',
      summary: 'A new link by which the requester can rate the work; one that was not used ends',
      body: Type.Object({}, { ...closed, examples: [{}] }),
      run: async (id) => ({ ratingToken: await tickets.renew(id) }),
    },
    {
      name: 'correct',
      summary: 'Correct who asked for a ticket, or what kind it is; what is left out stays',
      body: Type.Object(
        {
          requester: Type.Optional(word(128, 'who asked for it: a user, or any name; with an address they get mail')),
          category: Type.Optional(TicketCategory),
        },
        { ...closed, minProperties: 1, examples: [{ requester: 'Mia Abe <mia@example.org>', category: 'request' }] },
      ),
      run: (id, by, { requester, category }) => tickets.correct(id, by, given({ requester, category })),
    },
    {
      name: 'priority',
      many: true,
      summary: 'Change impact and urgency, from which the priority follows, with a reason',
      body: Type.Object(
        { impact: Level, urgency: Level, reason: prose(500) },
        { ...closed, examples: [{ impact: 2, urgency: 1, reason: 'The whole team waits for it.' }] },
      ),
      run: (id, by, { impact = 3, urgency = 3, reason = '' }) =>
        tickets.setPriority(id, by, { impact, urgency }, reason),
    },
  ];
}

/** Of several people on one ticket. */
function teamActions(tickets: TicketActions): TicketAction[] {
  return [
    {
      name: 'hand-off',
      many: true,
      summary: 'Hand a ticket to another tier or owner: 0 self-service, 1 desk, 2 specialists, 3 experts, 4 vendor',
      body: Type.Object(
        {
          tier: Type.Integer({ minimum: 0, maximum: 4 }),
          assignee: Type.Optional(word(64)),
          reason: prose(500),
          tried: freeText(5000, 'what was tried so far, for whoever gets it'),
          vendorReference: VendorReference,
        },
        {
          ...closed,
          examples: [{ tier: 2, assignee: 'bob', reason: 'The array has to be rebuilt.', tried: 'Another slot.' }],
        },
      ),
      run: (id, by, { tier = 1, assignee, reason = '', tried = '', vendorReference }) => {
        if (vendorReference !== undefined && tier !== vendorTier) throw noVendor(vendorReference, `tier ${tier}`);
        return tickets.handOff(id, by, {
          tier,
          assignee: assignee ?? null,
          reason,
          tried,
          ...given({ vendorReference }),
        });
      },
    },
    {
      name: 'swarm',
      summary: 'Call helpers, who are notified; the owner stays the owner',
      body: Type.Object(
        {
          kind: SwarmKind,
          people: Type.Optional(Type.Array(word(64), { maxItems: 20, description: 'whom to call by name' })),
        },
        { ...closed, examples: [{ kind: 'local', people: ['bob'] }] },
      ),
      run: (id, by, { kind, people }) => tickets.swarm(id, by, kind as SwarmKind, people),
    },
    {
      name: 'watch',
      summary: 'Be told of what others do with a ticket, or let somebody be told',
      body: Type.Object({ person: Type.Optional(word(64)) }, { ...closed, examples: [{ person: 'bob' }] }),
      run: (id, by, { person }) => tickets.watch(id, by, person ?? by),
    },
    {
      name: 'unwatch',
      summary: 'Be told of a ticket no longer',
      body: Type.Object({ person: Type.Optional(word(64)) }, { ...closed, examples: [{ person: 'bob' }] }),
      run: (id, by, { person }) => tickets.unwatch(id, by, person ?? by),
    },
    {
      name: 'participants/join',
      summary: 'Help with a ticket, or note that somebody does',
      body: Type.Object(
        { kind: SwarmKind, person: Type.Optional(word(64)) },
        { ...closed, examples: [{ kind: 'local', person: 'bob' }] },
      ),
      run: (id, by, { kind, person }) => tickets.join(id, by, person ?? by, kind as SwarmKind),
    },
    {
      name: 'participants/leave',
      summary: 'Help with a ticket no longer',
      body: Type.Object({ person: Type.Optional(word(64)) }, { ...closed, examples: [{ person: 'bob' }] }),
      run: (id, by, { person }) => tickets.leave(id, by, person ?? by),
    },
  ];
}

export const Tags = Type.Array(Tag, { maxItems: 20 });
/** What becomes part of what, and the words on it. */
function partActions(tickets: TicketActions): TicketAction[] {
  const tags = Type.Optional(Tags);
  return [
    {
      name: 'tags',
      many: true,
      summary: 'Put tags on a ticket, or take them off',
      body: Type.Object({ add: tags, remove: tags }, { ...closed, minProperties: 1, examples: [{ add: ['backup'] }] }),
      run: (id, by, { add = [], remove = [] }) => tickets.tag(id, by, { add, remove }),
    },
    {
      name: 'merge',
      many: true,
      summary: 'Merge a ticket into another, which goes on for both; whoever asked for it is told',
      body: Type.Object(
        { into: counted('the number of a ticket'), text: Text },
        { ...closed, examples: [{ into: 12, text: 'We go on with this in ticket #12.' }] },
      ),
      run: (id, by, { into = 0, text = '' }) => tickets.merge(id, by, into, text),
    },
    {
      name: 'unmerge',
      summary: 'Make a ticket that was merged one of its own again, until the other is closed or cancelled',
      body: Type.Object({}, { ...closed, examples: [{}] }),
      run: (id, by) => tickets.unmerge(id, by),
    },
    {
      name: 'split',
      summary: 'Make a part of a ticket one of its own; chosen comments are shown there, too',
      body: Type.Object(
        {
          title: word(200),
          text: Type.Optional(freeTextOrNone(10_000, 'what is to be done there')),
          comments: Type.Optional(
            Type.Array(counted('the number of an event'), { maxItems: 100, description: 'numbers of events' }),
          ),
        },
        { ...closed, examples: [{ title: 'The second disk', comments: [17] }] },
      ),
      run: async (id, by, { title = '', text, comments = [] }) => ({
        made: await tickets.split(id, by, { title, text: text || null, comments }),
      }),
    },
  ];
}

/** @throws EvenkeelError BAD_REQUEST for a reason of another state */
function transitionIn(edit: TicketEdit): TicketTransition {
  const { state: to = 'in_progress', text, reason, until, vendorReference } = edit;
  const why = { to, text: text ?? null };
  if (vendorReference !== undefined && !(to === 'on_hold' && reason === 'awaiting_vendor'))
    throw noVendor(vendorReference, `${to}${reason === undefined ? '' : ` for ${reason}`}`);
  const isOneOf = (list: readonly string[]) => reason !== undefined && list.includes(reason);
  if (to === 'on_hold' && isOneOf(holdReasons) && until !== undefined)
    return { ...why, hold: { reason: reason as HoldReason, until, ...given({ vendorReference }) } };
  if (to === 'cancelled' && isOneOf(cancelReasons)) return { ...why, reason: reason as CancelReason };
  if (reason !== undefined && to !== 'on_hold')
    throw fail('BAD_REQUEST', { problem: `"${reason}" is no reason to become ${to}` });
  return why;
}

const vendorTier = 4;
const noVendor = (reference: string, where: string) =>
  fail('BAD_REQUEST', {
    problem: `"${reference}" is the case number of a vendor, and ${where} waits for none; put the ticket on hold for awaiting_vendor, or hand it to tier ${vendorTier}`,
  });
