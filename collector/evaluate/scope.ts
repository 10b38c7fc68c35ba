/** For which endpoints a rule is as it says. The most specific scope wins: endpoint > tag > group > site > kind > all. */
import { type Static, Type } from 'typebox';
import type { EndpointKind } from '../fleet/fleet.ts';

/** From the least to the most specific. */
export const scopeKinds = ['all', 'kind', 'site', 'group', 'tag', 'endpoint'] as const;

export const Scope = Type.Object(
  {
    of: Type.Enum([...scopeKinds]),
    /** The kind, the site, the id of the group, the tag, the id of the endpoint; empty for all. */
    target: Type.String({ maxLength: 256 }),
  },
  { additionalProperties: false },
);
export type Scope = Static<typeof Scope>;

/** Where an endpoint stands. */
export interface Place {
  id: string;
  kind: EndpointKind;
  site: string | null;
  tags: readonly string[];
  /** Ids. */
  groups?: readonly string[];
}

/** The larger, the more specific. */
export const weightOf = ({ of }: Scope): number => scopeKinds.indexOf(of);

export function reaches({ of, target }: Scope, place: Place): boolean {
  switch (of) {
    case 'all':
      return true;
    case 'kind':
      return place.kind === target;
    case 'site':
      return place.site === target;
    case 'group':
      return place.groups?.includes(target) ?? false;
    case 'tag':
      return place.tags.includes(target);
    case 'endpoint':
      return place.id === target;
  }
}
