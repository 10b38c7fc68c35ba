/** What people see of updates: the release, its rings, where each endpoint stands, and why. */
import { updateLevel } from '../../shared/agent-level.ts';
import type {
  EndpointUpdate,
  ReleaseFolder,
  RolloutView,
  UpdateSettings,
  UpdateSummary,
} from '../../shared/agent-update.ts';
import type { UpdateReport } from '../../shared/update.ts';
import { type UpdatePlace, type UpdateRing, updatePlaces, updateRings } from '../../shared/update-choices.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import { seesEndpoint } from '../state/sight.ts';
import { type AgentPackages, folderView } from './release-folder.ts';
import { atOnce, placeOf, type RingFacts, type RingMachine, ringsOf, type Turn } from './rings.ts';
import type { KeptRollout } from './store.ts';

export interface UpdateSight {
  fleet: Pick<Fleet, 'all' | 'get'>;
  settings: UpdateSettings;
  rollouts: readonly KeptRollout[];
  /** That runs, or is stopped. */
  current: KeptRollout | null;
  turns: ReadonlyMap<string, Turn>;
  said: ReadonlyMap<string, UpdateReport>;
  path: string | null;
  found: AgentPackages | null;
  problem: ReleaseFolder['problem'];
  isPaused: boolean;
}

const systems: Readonly<Record<string, string>> = { win32: 'win', darwin: 'macos' };

export function machineOf(endpoint: Endpoint, turn: Turn | null, said: UpdateReport | null): RingMachine {
  const { id, tags, version, platform, arch, level, state, lastSeenAt } = endpoint;
  return {
    ...{ id, tags, version, target: `${systems[platform] ?? platform}-${arch}`, turn, said },
    // Before its first birth since a start it is not known: what is not connected is told nothing anyway.
    isAble: level === undefined || level >= updateLevel,
    ...{ isOnline: state === 'online', isLost: state === 'lost' || state === 'unknown', seenAt: lastSeenAt },
  };
}

/** The release that the numbers are about: the one under way, else what lies in the folder. */
function shownRelease({ current, found }: UpdateSight): RingFacts['release'] | null {
  if (current && found?.release.sequence !== current.sequence)
    return { version: current.version, sequence: current.sequence, from: '0.0.0', files: [] };
  if (!found) return null;
  const { version, sequence, from, files } = found.release;
  return { version, sequence, from, files: files.filter(({ name }) => found.there.has(name)) };
}

interface UpdateStanding {
  machine: RingMachine;
  endpoint: Endpoint;
  place: UpdatePlace;
  ring: UpdateRing | null;
}

function standings(seen: UpdateSight, release: RingFacts['release']): UpdateStanding[] {
  const { turns, said, settings } = seen;
  const rollout = seen.current ?? seen.rollouts[0];
  const isOfRollout = rollout?.version === release.version;
  const all = [...seen.fleet.all()].map((endpoint) => ({
    endpoint,
    machine: machineOf(endpoint, (isOfRollout && turns.get(endpoint.id)) || null, said.get(endpoint.id) ?? null),
  }));
  const rings = ringsOf({
    ...{ now: 0, numbers: settings.numbers, release, listeningSince: 0, machines: all.map(({ machine }) => machine) },
    rollout: (isOfRollout && rollout) || { stage: 'canary', stageAt: 0, resumedAt: 0 },
  });
  // Rings are made of all, whoever asks.
  return all
    .filter(({ endpoint }) => seesEndpoint(endpoint))
    .map(({ endpoint, machine }) => ({
      ...{ endpoint, machine, place: placeOf(machine, release), ring: rings.get(endpoint.id) ?? null },
    }));
}

const noCounts = () => Object.fromEntries(updatePlaces.map((one) => [one, 0])) as Record<UpdatePlace, number>;

function countsOf(list: readonly UpdateStanding[]): Record<UpdatePlace, number> {
  const counts = noCounts();
  for (const { place } of list) counts[place] += 1;
  return counts;
}

function rolloutView(rollout: KeptRollout, { numbers }: UpdateSettings): RolloutView {
  const { judgedAt: _judged, resumedAt: _resumed, ...shown } = rollout;
  const { stage, stageAt, state } = rollout;
  const lasts = stage === 'canary' ? numbers.canary_s : stage === 'second' ? numbers.second_s : null;
  return { ...shown, nextAt: lasts === null || state !== 'running' ? null : stageAt + lasts * 1000 };
}

export function summaryOf(seen: UpdateSight): UpdateSummary {
  const { settings, rollouts, current, path, found, problem } = seen;
  const release = shownRelease(seen);
  const all = release ? standings(seen, release) : [];
  const inRings = all.filter(({ ring }) => ring !== null).length;
  return {
    settings,
    folder: folderView(path, found, problem),
    rollout: current && rolloutView(current, settings),
    isPaused: current !== null && seen.isPaused,
    isGone: current !== null && found?.release.sequence !== current.sequence,
    rings: updateRings.map((ring) => {
      const mine = all.filter((one) => one.ring === ring);
      return { ring, endpoints: mine.length, counts: countsOf(mine) };
    }),
    ...{
      counts: countsOf(all),
      endpoints: [...seen.fleet.all()].filter(seesEndpoint).length,
      atOnce: atOnce(settings, inRings),
    },
    past: rollouts.filter(({ id }) => id !== current?.id).map((one) => rolloutView(one, settings)),
  };
}

/** @param id one alone; it may be unknown */
export function endpointsOf(seen: UpdateSight, id?: string): EndpointUpdate[] {
  const release = shownRelease(seen);
  const view = ({ endpoint, machine, place, ring }: Omit<UpdateStanding, 'place'> & { place: UpdatePlace | null }) => ({
    ...{ id: endpoint.id, name: endpoint.name, site: endpoint.site, version: endpoint.version },
    ...{ wanted: release?.version ?? null, place, ring, toldAt: machine.turn?.at ?? null, said: machine.said },
  });
  if (release) return standings(seen, release).flatMap((one) => (id && one.endpoint.id !== id ? [] : view(one)));
  return [...seen.fleet.all()].filter(seesEndpoint).flatMap((endpoint) => {
    if (id && endpoint.id !== id) return [];
    const machine = machineOf(endpoint, null, seen.said.get(endpoint.id) ?? null);
    return view({ endpoint, machine, place: null, ring: null });
  });
}
