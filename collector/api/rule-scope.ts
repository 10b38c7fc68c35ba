/** The scopes of rules as the API takes them: checked, and under the names that are stored. */
import { type EvenkeelError, fail } from '../../shared/errors.ts';
import { nearest } from '../../shared/nearest.ts';
import { nameKey, shownName } from '../../shared/place-name.ts';
import { unknownName } from '../../shared/words/refusal.ts';
import type { EndpointPlace, Scope } from '../evaluate/scope.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { Context } from './context.ts';

export const everywhere: Scope = { of: 'all', target: '' };

type ScopeContext = Pick<Context, 'fleet' | 'groups' | 'sites'>;

export const placeOf = ({ groups }: Pick<ScopeContext, 'groups'>, endpoint: Endpoint): EndpointPlace => ({
  ...endpoint,
  groups: groups.namedGroupsOf(endpoint.id).flatMap(({ id, name }) => [id, name]),
});

/** The scope of an override that is removed: it may be of a place that is gone. */
export async function scopeToReset(places: ScopeContext, scope: Scope): Promise<Scope> {
  try {
    return await scopeNamed(places, scope);
  } catch {
    return scope;
  }
}

/** An endpoint is named by its id; who writes its name is shown that there is one. */
export function unknownEndpoint(fleet: Pick<Context['fleet'], 'all'>, id: string): EvenkeelError {
  const living = [...fleet.all()].filter(({ retiredAt }) => retiredAt === null);
  const named = living.find(({ name }) => nameKey(name) === nameKey(id));
  const near =
    named ??
    living.find(
      ({ name }) =>
        name ===
        nearest(
          id,
          living.map((one) => one.name),
        ),
    );
  const hint = near ? `; ${near.name} has the id ${near.id}` : '';
  return fail('NOT_FOUND', { what: 'endpoint', id: `${shownName(id).slice(1, -1)}${hint}` });
}

/** @throws EvenkeelError NOT_FOUND */
export function requireTag(fleet: Pick<Context['fleet'], 'all'>, tag: string): void {
  const known = new Set([...fleet.all()].flatMap(({ tags }) => tags));
  if (!known.has(tag)) throw unknownName('endpoint with the tag', tag, known);
}

/**
 * A scope that selects nothing is nearly always a typing error. Sites and groups may be given by any spelling of
 * their name. @throws EvenkeelError NOT_FOUND, BAD_REQUEST
 */
export async function scopeNamed({ fleet, groups, sites }: ScopeContext, { of, target }: Scope): Promise<Scope> {
  if ((of === 'all') !== (target === ''))
    throw fail('BAD_REQUEST', {
      problem: of === 'all' ? 'the scope all has no target' : `the scope ${of} needs a target`,
    });
  switch (of) {
    case 'all':
      return everywhere;
    case 'kind':
      if (target === 'server' || target === 'workstation') return { of, target };
      throw fail('BAD_REQUEST', {
        problem: `${shownName(target)} is no kind of endpoint; there are server and workstation`,
      });
    case 'endpoint':
      if (fleet.get(target)) return { of, target };
      throw unknownEndpoint(fleet, target);
    case 'tag':
      requireTag(fleet, target);
      return { of, target };
    case 'site': {
      const all = await sites.list();
      const site = all.find(({ name }) => nameKey(name) === nameKey(target));
      if (!site)
        throw unknownName(
          'site',
          target,
          all.map(({ name }) => name),
        );
      return { of, target: site.name };
    }
    case 'group': {
      const id = groups.named(target);
      if (id === undefined)
        throw unknownName(
          'group',
          target,
          (await groups.list()).map(({ name }) => name),
        );
      return { of, target: id };
    }
  }
}
