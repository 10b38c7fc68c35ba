/** The users of the broker of the settings, by how they are kept. */
import type { Fleet } from '../fleet/fleet.ts';
import type { ExternalBroker } from '../settings/broker.ts';
import { createDynamicUsers, type DynamicUsersParts } from './dynamic-security.ts';
import type { BrokerUsers } from './users.ts';
import { createVerdicts, type Verdicts } from './verdicts.ts';

const still = (kind: BrokerUsers['kind'], verdicts: Verdicts | null = null): BrokerUsers => ({
  ...{ kind, verdicts },
  async learned() {},
  changed() {},
  close() {},
});

export function openBrokerUsers(
  broker: ExternalBroker | null,
  parts: Omit<DynamicUsersParts, 'place'> & { fleet: Fleet },
): BrokerUsers {
  if (!broker) return still('own');
  const { users } = broker;
  if (users?.kind === 'dynamic-security') return createDynamicUsers({ ...parts, place: broker });
  if (!users) return still('by_hand');
  return still('asks', createVerdicts({ fleet: parts.fleet, secret: users.secret, collector: broker }));
}
