/** What the REST interface answers about what an endpoint is reached by way of. */
import { type Static, Type } from 'typebox';

const Named = Type.Object({ id: Type.String(), name: Type.String() });

export const EndpointDependencies = Type.Object({
  /** Any one of them down cuts it off. */
  parents: Type.Array(Named),
  /** Redundant: only all members of one group together do. */
  groups: Type.Array(Type.Array(Named)),
  /** What is reached by way of it. */
  children: Type.Array(Named),
  /** Whole sites that are. */
  sites: Type.Array(Named),
});
export type EndpointDependencies = Static<typeof EndpointDependencies>;

/** What all endpoints of a site are reached by way of. */
export const SiteUplinks = Type.Object({
  parents: EndpointDependencies.properties.parents,
  groups: EndpointDependencies.properties.groups,
  /** They stand in evenkeel.yaml. */
  isOfFile: Type.Boolean(),
});
export type SiteUplinks = Static<typeof SiteUplinks>;
