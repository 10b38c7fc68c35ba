/** Sites and groups share their pages; here is what differs. The words of each stand under its name. */
import type { EndpointRow, GroupRow, SiteRow } from '../../../../shared/api.ts';
import type { LiveChange } from '../../net/live.ts';
import type { IconName } from '../../parts/icon.tsx';
import { to } from '../../router.ts';

export type PlaceKind = 'sites' | 'groups';
/** Groups have no zone, people, calendars and join codes. */
export type PlaceRow = GroupRow & Partial<Pick<SiteRow, 'zone' | 'joinCodes' | 'people' | 'calendars'>>;

export const placeIcons: Record<PlaceKind, IconName> = { sites: 'site', groups: 'group' };

/** The filter of the fleet page. */
export const parameter = { sites: 'site', groups: 'group' } as const;

/** The page of one of them. */
export const placeHref = (kind: PlaceKind, id: string): string => to[parameter[kind]](id);

/** The list of its endpoints on the fleet page; null: of those that have none. */
export function fleetHref(kind: PlaceKind, place: Pick<PlaceRow, 'id' | 'name'> | null, attention?: 'any'): string {
  const value = place === null ? '' : kind === 'sites' ? place.name : place.id;
  const query = new URLSearchParams({ [parameter[kind]]: value, ...(attention ? { attention } : {}) });
  return `/?${query}`;
}

export const hasNone = (kind: PlaceKind, row: EndpointRow): boolean =>
  kind === 'sites' ? row.site === null : row.groups.length === 0;

/** Whether a change may alter what the pages of this kind show. Values alone decide nothing here. */
export const concerns = (kind: PlaceKind) => (change: LiveChange) =>
  change.kind === 'endpoint' ||
  change.kind === 'alert' ||
  change.kind === 'inventory' ||
  change.kind === parameter[kind];
