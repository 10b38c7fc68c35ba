/**
 * Where a person who is limited to some sites is named by another: whoever puts them on call for other sites is warned, and
 * an alert or ticket that they do not see cannot be assigned to them.
 */
import { fail } from '../../shared/errors.ts';
import type { Doubts, PolicyContent, RouteNodeContent, RoutesContent } from '../../shared/on-call.ts';
import { nameKey, shownName } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { parseMatcher } from '../alerts/matcher.ts';
import { kindOfReceiver, nameOfReceiver } from '../routing/receiver.ts';
import type { State } from '../state/open.ts';
import { sightNow } from '../state/sight.ts';
import type { Context } from './context.ts';

type NamingParts = Pick<Context, 'accounts' | 'onCall'>;
type DoubtPath = readonly (string | number)[];

/** Names of the sites of each person with a limit, by their name. */
async function limitedPeople({ accounts: { users } }: Pick<Context, 'accounts'>) {
  const people = new Map<string, string[]>();
  for (const { name, sites, disabledAt } of await users.list())
    if (sites !== null && disabledAt === null)
      people.set(
        name,
        (await users.sitesCalled(sites)).map((site) => site.name),
      );
  return people;
}

/** Of whom a receiver is, by name: all that a schedule calls. */
function peopleOf({ onCall }: Pick<Context, 'onCall'>, receiver: string, depth = 0): string[] {
  const name = nameOfReceiver(receiver);
  if (kindOfReceiver(receiver) === 'person') return [name];
  if (kindOfReceiver(receiver) !== 'schedule' || depth > 10) return [];
  const { layers = [], fallback } = onCall.scheduleContent(name) ?? {};
  const below = fallback === undefined ? [] : peopleOf({ onCall }, fallback, depth + 1);
  return [...layers.flatMap(({ users }) => users), ...below];
}

/** @param only the sites that an alert can be of here; null: any */
function limitedAt(
  parts: NamingParts,
  people: ReadonlyMap<string, string[]>,
  receiver: string,
  at: DoubtPath,
  only: string[] | null,
) {
  return [...new Set(peopleOf(parts, receiver))].flatMap((name): Doubts => {
    const sites = people.get(name);
    const isWithin = only?.every((site) => sites?.some((own) => nameKey(own) === nameKey(site)));
    if (sites === undefined || isWithin) return [];
    return [{ at: at.join('.'), why: reason('oncall_limited', { name: shownName(name), sites: sites.join(', ') }) }];
  });
}

/** None for a person with a limit, who would read of the limits of others. */
export async function limitedInPolicy(parts: NamingParts, { steps, fallback }: PolicyContent): Promise<Doubts> {
  if (sightNow() !== undefined) return [];
  const people = await limitedPeople(parts);
  const named = steps.flatMap(({ targets }, i) =>
    targets.flatMap((target, n) => limitedAt(parts, people, target, ['steps', i, 'targets', n], null)),
  );
  return [...named, ...(fallback === undefined ? [] : limitedAt(parts, people, fallback, ['fallback'], null))];
}

export async function limitedInRoutes(parts: NamingParts, content: RoutesContent): Promise<Doubts> {
  if (sightNow() !== undefined) return [];
  const people = await limitedPeople(parts);
  if (people.size === 0) return [];
  function visit(node: RouteNodeContent | RoutesContent, at: DoubtPath, above: string[] | null): Doubts {
    const own = ('match' in node ? (node.match ?? []) : []).map(parseMatcher);
    const named = own.filter(({ label, op }) => label === 'site' && op === '=').map(({ value }) => value);
    const only = named.length > 0 ? named : above;
    const here = (node.receivers ?? []).flatMap((receiver, n) =>
      limitedAt(parts, people, receiver, [...at, 'receivers', n], only),
    );
    return [
      ...here,
      ...(node.children ?? []).flatMap((child, n) => visit(child as RouteNodeContent, [...at, 'children', n], only)),
    ];
  }
  return visit(content, [], null);
}

/**
 * Whoever is given an alert or a ticket must see it.
 * @param verb as `be handed over to`
 * @throws EvenkeelError CONFLICT
 */
export async function requireSeen(
  { accounts: { users } }: Pick<Context, 'accounts'>,
  name: string,
  site: string | null,
  verb: string,
): Promise<void> {
  const user = (await users.list()).find((one) => one.name === name);
  if (!user?.sites) return;
  const names = (await users.sitesCalled(user.sites)).map((one) => one.name);
  if (site !== null && names.includes(site)) return;
  const problem = `it cannot ${verb} ${shownName(name)}: they are limited to ${names.join(', ') || 'no site that is still there'}, and do not see it; name somebody else, or let an admin widen the limit`;
  throw fail('CONFLICT', { problem });
}

/** That of its endpoint, or its own; null: it is of none. */
export async function siteOfTicket(state: State, id: number): Promise<string | null> {
  const row = await state
    .selectFrom('tickets as t')
    .leftJoin('endpoints as e', 'e.id', 't.endpoint')
    .select(['t.endpoint', 't.site', 'e.site as place'])
    .where('t.id', '=', id)
    .executeTakeFirst();
  return (row?.endpoint === null ? row.site : row?.place) ?? null;
}

/** Null: it is at none. */
export async function siteOfEndpoint(state: State, id: string): Promise<string | null> {
  const row = await state.selectFrom('endpoints').select('site').where('id', '=', id).executeTakeFirst();
  return row?.site ?? null;
}
