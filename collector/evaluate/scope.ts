/** For which endpoints a rule holds. The most specific scope wins: endpoint > tag > group > site > kind > all. */
import { type Static, Type } from 'typebox';
import { nameKey } from '../../shared/place-name.ts';
import type { SubjectKind } from '../fleet/fleet.ts';

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

/** The place of an endpoint: what scopes select by. */
export interface EndpointPlace {
  id: string;
  kind: SubjectKind;
  site: string | null;
  tags: readonly string[];
  /** Ids and names. */
  groups?: readonly string[];
}

/** The higher, the more specific. */
export const weightOf = ({ of }: Scope): number => scopeKinds.indexOf(of);

const keys = new Map<string, string>();
const keysAtMost = 10_000;

/** Names of sites and groups are the same in any case and width, in a settings file as on a page. */
export function sameName(a: string, b: string): boolean {
  return a === b || keyOf(a) === keyOf(b);
}

/** Called for each endpoint and scope whenever a rule changes. */
function keyOf(name: string): string {
  let key = keys.get(name);
  if (key === undefined) {
    if (keys.size >= keysAtMost) keys.clear();
    key = nameKey(name);
    keys.set(name, key);
  }
  return key;
}

export function reaches({ of, target }: Scope, place: EndpointPlace): boolean {
  switch (of) {
    case 'all':
      return true;
    case 'kind':
      return place.kind === target;
    case 'site':
      return place.site !== null && sameName(place.site, target);
    case 'group':
      return place.groups?.some((group) => sameName(group, target)) ?? false;
    case 'tag':
      return place.tags.includes(target);
    case 'endpoint':
      return place.id === target;
  }
}
