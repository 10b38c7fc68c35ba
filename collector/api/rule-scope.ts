/** The scopes of rules as the API takes them: checked, and under the names that are stored. */
import { fail } from '../../shared/errors.ts';
import { nameKey, shownName } from '../../shared/place-name.ts';
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

/**
 * A scope that selects nothing is nearly always a typing error. Sites and groups may be given by any spelling of
 * their name. @throws EvenkeelError NOT_FOUND, BAD_REQUEST
 */
export async function scopeNamed({ fleet, groups, sites }: ScopeContext, { of, target }: Scope): Promise<Scope> {
  const nowhere = () => fail('NOT_FOUND', { what: of, id: shownName(target) });
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
      throw nowhere();
    case 'tag':
      for (const { tags } of fleet.all()) if (tags.includes(target)) return { of, target };
      throw fail('NOT_FOUND', { what: 'endpoint with the tag', id: shownName(target) });
    case 'site': {
      const site = (await sites.list()).find(({ name }) => nameKey(name) === nameKey(target));
      if (!site) throw nowhere();
      return { of, target: site.name };
    }
    case 'group': {
      const id = groups.named(target);
      if (id === undefined) throw nowhere();
      return { of, target: id };
    }
  }
}
