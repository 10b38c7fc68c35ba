/** Time up of the time up and down, pooled over endpoints. Per kind, because a workstation that is off is not down. */
import type { EndpointKind } from '../../fleet/fleet.ts';
import { type AvailabilityMinutes, formula } from '../availability.ts';
import { fleetAvailability } from '../formulas/fleet-availability.ts';
import { defineKpi, figureOf, type SideFigure, valueIn } from '../kpi.ts';

const availabilityOf = (kind: EndpointKind) =>
  defineKpi({
    id: `availability_${kind}`,
    unit: 'percent',
    of: 'seconds',
    formula,
    worst: 'lowest',
    needs: ['presence'],
    hours: 'service',
    isWithoutMaintenance: true,
    compute({ presence }) {
      const own = presence.filter(({ endpoint }) => endpoint.kind === kind);
      const { shares, minutes, endpoints } = fleetAvailability(
        own.map(({ endpoint: { id }, minutes }) => ({ id, minutes })),
      );
      const { low, high, coverage, gross } = shares;
      const evidence = endpoints.map(({ id, part, whole, gross: withPlanned }) => ({
        ...{ endpoint: id, part: part * 60, whole: whole * 60, gross: withPlanned },
      }));
      return figureOf('percent', evidence, {
        low,
        high,
        coverage,
        beside: own.length > 0 ? besideOf(minutes, gross) : [],
      });
    },
  });

const besideOf = (pool: AvailabilityMinutes, gross: number | null): SideFigure[] => [
  { code: 'gross', unit: 'percent', value: gross },
  ...(['down', 'unknown', 'idle', 'maintenance'] as const).map((code) => ({
    ...{ code, unit: 'seconds' as const, value: pool[code] * 60 },
  })),
  {
    ...{ code: 'maintenance_share', unit: 'percent' },
    value: valueIn('percent', { part: pool.maintenance, whole: pool.scheduled }),
  },
];

export const serverAvailability = availabilityOf('server');
export const workstationAvailability = availabilityOf('workstation');
