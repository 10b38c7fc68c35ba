/** What an endpoint is reached by way of: while that is down, its own silence is no news. */
import { Type } from 'typebox';
import { EndpointDependencies } from '../../../shared/dependency.ts';
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

const url = '/api/v1/endpoints/:id/dependencies';
const tags = ['fleet'];

export function dependencyRoutes(app: App, { fleet, dependencies, clock }: Context): void {
  const named = (id: string) => ({ id, name: dependencies.nameOf(id) ?? id });

  function answer(id: string): EndpointDependencies {
    const { parents, groups } = dependencies.of(id);
    return {
      parents: parents.map(named),
      groups: groups.map((group) => group.map(named)),
      children: dependencies.childrenOf(id).map(named),
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
}
