/** Availability of many endpoints: their minutes are pooled, their percentages never averaged. */
import { type AvailabilityMinutes, type AvailabilityShares, pooled, sharesOf } from '../availability.ts';
import { distinct } from './numbers.ts';

export interface FleetMember {
  id: string;
  minutes: AvailabilityMinutes;
  /** Such as its number of users; without it each endpoint weighs the same. */
  weight?: number;
}

export interface FleetAvailability {
  /** Percent. */
  shares: AvailabilityShares;
  minutes: AvailabilityMinutes;
  /** Endpoints with time up or down; of the others nothing is known. */
  counted: number;
  withoutEvidence: number;
  /** `part` of `whole` minutes up, weighted: their sums make the value. `gross` percent includes planned work. */
  endpoints: { id: string; part: number; whole: number; gross: number | null }[];
}

export function fleetAvailability(members: readonly FleetMember[]): FleetAvailability {
  const weighted = distinct(members).map(({ id, minutes, weight = 1 }) => ({ id, minutes: times(minutes, weight) }));
  const minutes = pooled(weighted.map((member) => member.minutes));
  const endpoints = weighted.map(({ id, minutes: own }) => {
    const { up, down } = own;
    return { id, part: up, whole: up + down, gross: sharesOf(own).gross };
  });
  const counted = endpoints.filter(({ whole }) => whole > 0).length;
  return { shares: sharesOf(minutes), minutes, counted, withoutEvidence: endpoints.length - counted, endpoints };
}

function times(minutes: AvailabilityMinutes, by: number): AvailabilityMinutes {
  const { scheduled, up, down, unknown, idle, maintenance, upInMaintenance } = minutes;
  return {
    scheduled: scheduled * by,
    up: up * by,
    down: down * by,
    unknown: unknown * by,
    idle: idle * by,
    maintenance: maintenance * by,
    upInMaintenance: upInMaintenance * by,
  };
}
