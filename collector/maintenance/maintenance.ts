/** The interface of this room: what people do to windows, and what pages see of them. */
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { MaintenancePeopleParts } from './approve.ts';
import { type AnswerAsk, type AskedParts, createAsked } from './asked.ts';
import { createMaintenanceMemory, type MaintenanceMemory } from './memory.ts';
import { createMaintenancePeople, type MaintenancePeople } from './people.ts';
import { createMaintenanceReads, type MaintenanceReadParts, type MaintenanceReads } from './read.ts';

export type MaintenanceActions = MaintenancePeople & MaintenanceReads & { asked: AnswerAsk };

/** @param groupsOf ids of the groups that an endpoint is in, and their names */
export function memoryOver(
  fleet: Pick<Fleet, 'get' | 'all'>,
  groupsOf: (endpoint: string) => readonly string[],
): MaintenanceMemory {
  const place = (endpoint: Endpoint) => ({ ...endpoint, groups: groupsOf(endpoint.id) });
  return createMaintenanceMemory({
    *places() {
      for (const endpoint of fleet.all()) yield place(endpoint);
    },
    placeOf(id) {
      const endpoint = fleet.get(id);
      return endpoint?.retiredAt === null ? place(endpoint) : undefined;
    },
  });
}

export function createMaintenanceActions(
  parts: MaintenancePeopleParts & Omit<MaintenanceReadParts, 'now'> & Pick<AskedParts, 'allowed'>,
): MaintenanceActions {
  const people = createMaintenancePeople(parts);
  const asked = createAsked({ ...parts, people });
  return { ...people, asked, ...createMaintenanceReads({ ...parts, now: parts.clock.now }) };
}
