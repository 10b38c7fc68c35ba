/** What an endpoint, or a whole site, is reached by way of: while that is down, its own silence is no news. */
import { Type } from 'typebox';
import { EndpointDependencies, SiteUplinks } from '../../../shared/dependency.ts';
import { fail } from '../../../shared/errors.ts';
import { living } from '../../fleet/fleet.ts';
import { dependencyBounds } from '../../outages/dependencies.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, word } from '../shapes.ts';

const Ids = Type.Array(word(64), { maxItems: dependencyBounds.membersAtMost });
const Given = Type.Object(
  {
    parents: Type.Optional({ ...Ids, description: 'ids of endpoints, any of which cuts it off' }),
    groups: Type.Optional(
      Type.Array(Ids, {
        maxItems: dependencyBounds.waysAtMost,
        description: 'redundant: all of one group have to be down',
      }),
    ),
  },
  { ...closed, examples: [{ parents: ['ecore7'], groups: [['eispa1', 'eispb2']] }] },
);

const siteUrl = '/api/v1/sites/:id/uplinks';
const url = '/api/v1/endpoints/:id/dependencies';
const tags = ['fleet'];

export function dependencyRoutes(app: App, { fleet, sites, dependencies, clock }: Context): void {
  const named = (id: string) => ({ id, name: dependencies.nameOf(id) ?? id });

  function answer(id: string): EndpointDependencies {
    const { parents, groups } = dependencies.of(id);
    return {
      parents: parents.map(named),
      groups: groups.map((group) => group.map(named)),
      children: dependencies.childrenOf(id).map(named),
      sites: dependencies.sites.behind(id),
    };
  }

  app.get(
    url,
    {
      schema: {
        summary: 'What an endpoint is reached by way of',
        tags,
        params: Id,
        response: { 200: EndpointDependencies },
      },
    },
    async ({ params: { id } }) => answer(living(fleet, id).id),
  );

  app.put(
    url,
    {
      schema: {
        summary: 'Set what an endpoint is reached by way of: a circle is refused',
        tags,
        params: Id,
        body: Given,
        response: { 200: EndpointDependencies },
      },
    },
    async (request) => {
      const { id } = living(fleet, request.params.id);
      const { parents = [], groups = [] } = request.body;
      await dependencies.set(id, { parents, groups }, callerNamed(request), clock.now());
      return answer(id);
    },
  );

  async function uplinksOf(id: string): Promise<SiteUplinks> {
    await sites.get(id);
    const { parents, groups } = dependencies.sites.waysOfSite(id);
    const ways = { parents: parents.map(named), groups: groups.map((group) => group.map(named)) };
    return { ...ways, isOfFile: dependencies.sites.isOfFile(id) };
  }

  app.get(
    siteUrl,
    {
      schema: {
        summary: 'What all endpoints of a site are reached by way of',
        tags: ['sites'],
        params: Id,
        response: { 200: SiteUplinks },
      },
    },
    async ({ params: { id } }) => uplinksOf(id),
  );

  app.put(
    siteUrl,
    {
      schema: {
        summary: 'Set what all endpoints of a site are reached by way of, also those that join later',
        tags: ['sites'],
        params: Id,
        body: Given,
        response: { 200: SiteUplinks },
      },
    },
    async (request) => {
      const { id, name } = await sites.get(request.params.id);
      if (dependencies.sites.isOfFile(id))
        throw fail('CONFLICT', {
          problem: `what the site "${name}" is reached by way of is set in evenkeel.yaml; change it there and start again`,
        });
      const { parents = [], groups = [] } = request.body;
      await dependencies.sites.set(id, { parents, groups }, callerNamed(request), clock.now());
      return uplinksOf(id);
    },
  );
}
