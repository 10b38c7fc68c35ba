/** What KPIs are asked of: which endpoints, in which time. */
import type { Calendar } from '../../shared/calendar.ts';
import type { Span } from '../../shared/intervals.ts';
import type { EndpointKind } from '../fleet/fleet.ts';

export interface EndpointFact {
  id: string;
  name: string;
  site: string | null;
  kind: EndpointKind;
  retired_at: number | null;
  interval_ms: number | null;
}

/** All given fields must match; without any it is the whole fleet. */
export interface KpiScope {
  kind?: EndpointKind | undefined;
  /** Its name. */
  site?: string | undefined;
  /** Its id. */
  group?: string | undefined;
  endpoint?: string | undefined;
}

export interface KpiQuestion {
  endpoints: readonly EndpointFact[];
  /** Ends at `now` at the latest. */
  window: Span;
  now: number;
  /** Report zone, IANA. */
  zone: string;
  /** Default all. */
  scope?: KpiScope;
  /** Default the service hours of each site. */
  calendar?: Calendar;
}
