/** How services and their parts are now, and what is seen of them. */
import { fail } from '../../shared/errors.ts';
import type { Finding, ServiceFinding } from '../../shared/finding.ts';
import type { ServicePart } from '../../shared/target-api.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { Targets } from './contract.ts';
import { findingOfService } from './finding.ts';
import type { ServiceDefinition } from './store.ts';
import type { TargetState } from './verdict.ts';

interface SightParts {
  fleet: Pick<Fleet, 'get'>;
  targets: Pick<Targets, 'stateOf' | 'finding'>;
  all(): Iterable<ServiceDefinition & { id: string }>;
}

type CountedPart = ServicePart & { state: TargetState };

/** @param states of the parts; null: unknown @param need how many must work; null: all */
export function serviceState(states: readonly TargetState[], need: number | null): TargetState {
  // Without any part that counts there is nothing to tell.
  if (states.length === 0) return 'unknown';
  const least = need ?? states.length;
  const up = states.filter((state) => state === 'up').length;
  const unknown = states.filter((state) => state === 'unknown').length;
  if (up >= least) return 'up';
  // What is unknown may work: only what is known to be down counts against it.
  return up + unknown >= least ? 'unknown' : 'down';
}

/** A machine that was shut down in order does not serve either. */
const machineStates: Record<Endpoint['state'], TargetState> = {
  ...{ online: 'up', offline: 'down', lost: 'down', unknown: 'unknown', never: 'unknown' },
};

export function createServiceSight({ fleet, targets, all }: SightParts) {
  function partOf(id: string): ServicePart {
    const endpoint = fleet.get(id);
    if (endpoint) {
      const { name, stateSince } = endpoint;
      return { id, name, kind: 'endpoint', state: machineStates[endpoint.state], since: stateSince };
    }
    const target = targets.stateOf(id);
    if (target) return { id, name: target.name, kind: 'target', state: target.state ?? 'unknown', since: target.since };
    return { id, name: id, kind: 'gone', state: 'unknown', since: null };
  }

  /** The parts that count: what was removed since, or is switched off, neither works nor fails, and nobody waits for it. */
  function counted({ parts: ids, need }: ServiceDefinition): { parts: CountedPart[]; need: number | null } {
    const parts = ids.map(partOf).filter((part): part is CountedPart => part.kind !== 'gone' && part.state !== 'off');
    return { parts, need: need === null ? null : Math.min(need, parts.length) };
  }

  function stateNow(service: ServiceDefinition): TargetState {
    const { parts, need } = counted(service);
    return serviceState(
      parts.map(({ state }) => state),
      need,
    );
  }

  function foundOf(service: ServiceDefinition): ServiceFinding {
    const { parts, need } = counted(service);
    const isCounted = new Set(parts.map(({ id }) => id));
    return findingOfService(
      parts.map((part) => ({ ...part, finding: targets.finding(part.id, []) ?? null })),
      need,
      service.parts.filter((id) => !isCounted.has(id)).length,
    );
  }

  function finding(id: string): Finding | undefined {
    const service = [...all()].find((one) => one.id === id);
    if (service) return foundOf(service);
    const down = [...all()].filter((one) => one.parts.includes(id) && stateNow(one) === 'down');
    return targets.finding(id, down.map(({ name }) => name).sort());
  }

  /** @param id of the one that may have the name @throws EvenkeelError BAD_ENTRY, CONFLICT */
  function refuseFaults({ name, parts: ids, need }: ServiceDefinition, id: string | null): void {
    const fault = (text: string) => fail('BAD_ENTRY', { what: `the service "${name}"`, fault: text });
    if (ids.length === 0) throw fault('it has no parts; name an endpoint or a target');
    if (new Set(ids).size < ids.length) throw fault('a part is named twice');
    const unknown = ids.find((part) => partOf(part).kind === 'gone');
    if (unknown !== undefined) throw fault(`its part "${unknown}" is neither an endpoint nor a target`);
    if (need !== null && need > ids.length) throw fault(`${need} parts must work, and it has only ${ids.length}`);
    const twin = [...all()].find((other) => other.name === name && other.id !== id);
    if (twin) throw fail('CONFLICT', { problem: `another service is called "${name}"` });
  }

  /** As if it had only the parts that count. */
  function effective<T extends ServiceDefinition>(service: T): T {
    const { parts, need } = counted(service);
    return { ...service, parts: parts.map(({ id }) => id), need };
  }

  /** Names are not kept with what was seen. */
  function withNames<T extends { finding: Finding | null }>(one: T): T {
    const seen = one.finding;
    if (seen?.of !== 'service') return one;
    const named = <P extends { id: string }>(part: P) => ({ ...part, name: partOf(part.id).name });
    const unclear = seen.unclear ? { unclear: seen.unclear.map(named) } : {};
    return { ...one, finding: { ...seen, ...unclear, down: seen.down.map(named) } };
  }

  return { partOf, counted, effective, withNames, stateNow, found: foundOf, finding, refuseFaults };
}

/** Whether planned work takes the whole out: where it is meant itself, or too few of its parts are left. */
export function isOutBy(
  covers: readonly string[],
  { id, parts, need }: Pick<ServiceDefinition, 'parts' | 'need'> & { id: string },
): boolean {
  return (
    covers.includes(id) || covers.filter((one) => parts.includes(one)).length > parts.length - (need ?? parts.length)
  );
}
