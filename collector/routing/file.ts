/** `schedules:`, `policies:`, `routes:` and `people:` of evenkeel.yaml, each fault with its place. Pure. */
import { type Static, Type } from 'typebox';
import { instantAt, isDate, isTime, minutesOf } from '../../shared/calendar.ts';
import {
  PersonContent,
  PolicyContent,
  RouteNodeContent,
  RoutesContent,
  ScheduleContent,
} from '../../shared/on-call.ts';
import { shownName } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { nameOf } from '../../shared/settings-file.ts';
import { type Fault, faultsOf, type Path } from '../../shared/shape.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import { shownInstant } from '../../shared/zone.ts';
import { checksOf, type DocumentFault, type Documents, type KnownNames, overlapOf } from './check.ts';
import type { FileDocuments } from './documents.ts';

const closed = { additionalProperties: false } as const;
const Name = RouteNodeContent.properties.name;
const UserName = Type.String({ minLength: 1, maxLength: 64, want: 'the name of a user' });
const LocalTime = Type.String({ maxLength: 16, want: 'a local date and time such as 2026-12-24T09:00' });
const FileOverride = Type.Object(
  { from: LocalTime, to: LocalTime, user: UserName, replace: Type.Optional(UserName) },
  closed,
);
const FileSchedule = Type.Object(
  { name: Name, ...ScheduleContent.properties, overrides: Type.Optional(Type.Array(FileOverride, { maxItems: 1000 })) },
  closed,
);
const FilePolicy = Type.Object({ name: Name, ...PolicyContent.properties }, closed);
const FilePerson = Type.Object({ name: UserName, ...PersonContent.properties }, closed);
type FileSchedule = Static<typeof FileSchedule>;

const sections = { schedules: FileSchedule, policies: FilePolicy, people: FilePerson } as const;
/** What evenkeel.yaml may hold of it; each is checked here. */
export type RoutingSections = Partial<Record<keyof typeof sections | 'routes', unknown>>;

export interface ReadRouting {
  documents: FileDocuments;
  faults: Fault[];
}

const shapeOfNodes = (node: unknown, path: Path, shape: object): Fault[] => {
  const found = faultsOf(shape, node, path);
  const { children } = (node ?? {}) as { children?: unknown };
  if (found.length > 0 || !Array.isArray(children)) return found;
  return children.flatMap((child, i) => shapeOfNodes(child, [...path, 'children', i], RouteNodeContent));
};

/** The shape of routes with all their nodes. */
export const routeFaults = (content: unknown, path: Path = []): Fault[] => shapeOfNodes(content, path, RoutesContent);

export function readRouting(settings: RoutingSections): ReadRouting {
  const faults: Fault[] = [];
  const read = <Entry extends { name: string }>(key: keyof typeof sections): Map<string, Entry> => {
    const found = new Map<string, Entry>();
    const section = settings[key];
    if (section === undefined) return found;
    if (!Array.isArray(section)) {
      faults.push(...faultsOf(Type.Array(Type.Unknown()), section, [key]));
      return found;
    }
    for (const [i, entry] of section.entries()) {
      const wrong = faultsOf(sections[key], entry, [key, i]);
      faults.push(...wrong);
      if (wrong.length > 0) continue;
      const made = entry as Entry;
      if (found.has(made.name))
        faults.push(sentence([key, i, 'name'], reason('oncall_twice', { name: shownName(made.name) })));
      found.set(made.name, made);
    }
    return found;
  };
  const sentence = (path: Path, why: Reason): Fault => ({
    ...{ path, isKey: true },
    problem: `${nameOf(settings, path)}: ${formatReasons('en', [why])}`,
  });
  const schedules = read<FileSchedule>('schedules');
  const policies = read<Static<typeof FilePolicy>>('policies');
  const people = read<Static<typeof FilePerson>>('people');
  const wrongRoutes = settings.routes === undefined ? [] : routeFaults(settings.routes, ['routes']);
  faults.push(...wrongRoutes);
  const hasRoutes = settings.routes !== undefined && wrongRoutes.length === 0;
  const documents: FileDocuments = {
    schedules: new Map([...schedules].map(([name, { name: _, overrides: __, ...content }]) => [name, content])),
    policies: new Map([...policies].map(([name, { name: _, ...content }]) => [name, content])),
    people: new Map([...people].map(([name, { name: _, ...content }]) => [name, content])),
    routes: hasRoutes ? (settings.routes as FileDocuments['routes']) : null,
    overrides: [],
  };
  const wrong = (list: readonly DocumentFault[]) => faults.push(...list.map(({ path, why }) => sentence(path, why)));
  // What names something that could not be read would be refused for the wrong reason.
  if (faults.length === 0) wrong(faultsIn(documents, { channels: null, users: null }, settings));
  const overrides = [...schedules.values()].flatMap((schedule) => {
    const at = [
      'schedules',
      (settings.schedules as { name?: unknown }[]).findIndex(({ name }) => name === schedule.name),
    ];
    return overridesIn(schedule, (path, why) => wrong([{ path: [...at, 'overrides', ...path], why }]));
  });
  return { documents: { ...documents, overrides }, faults };
}

/** Of all documents, with the places that they have in the settings. */
export function faultsIn(documents: Documents, known: KnownNames, settings: RoutingSections): DocumentFault[] {
  const checks = checksOf(documents, known);
  const placed = (key: keyof typeof sections, name: string): Path => {
    const list = settings[key];
    return [key, Array.isArray(list) ? list.findIndex((entry: { name?: unknown }) => entry?.name === name) : name];
  };
  return [
    ...[...documents.schedules].flatMap(([name, one]) => checks.schedule(one, name, placed('schedules', name))),
    ...[...documents.policies].flatMap(([name, one]) => checks.policy(one, placed('policies', name))),
    ...[...documents.people].flatMap(([name, one]) => checks.person(one, placed('people', name))),
    ...(documents.routes ? checks.routes(documents.routes, ['routes']) : []),
  ];
}

/** In the order of the file, so that none is the newer one: overlapping ones are refused. */
function overridesIn({ name, zone, overrides = [] }: FileSchedule, find: (path: Path, why: Reason) => void) {
  const found: FileDocuments['overrides'][number][] = [];
  for (const [i, { from, to, ...rest }] of overrides.entries()) {
    const times = { from: localInstant(from, zone), to: localInstant(to, zone) };
    for (const key of ['from', 'to'] as const)
      if (times[key] === null) find([i, key], reason('oncall_start', { text: shownName({ from, to }[key]) }));
    if (times.from === null || times.to === null) continue;
    const wish = { schedule: name, from: times.from, to: times.to, ...rest };
    if (wish.to <= wish.from) find([i], reason('oncall_order', { from, to }));
    const other = overlapOf(wish, found);
    if (other)
      find(
        [i],
        reason('oncall_overlap', {
          ...{ other: shownName(other.user), from: shownInstant(other.from, zone), to: shownInstant(other.to, zone) },
        }),
      );
    found.push(wish);
  }
  return found;
}

function localInstant(text: string, zone: string): number | null {
  const [date = '', time = ''] = text.split('T');
  if (text.length !== 16 || !isDate(date) || !isTime(time)) return null;
  try {
    return instantAt(Temporal.PlainDate.from(date), minutesOf(time), zone, 'open');
  } catch {
    // The zone has been noted at its own place.
    return null;
  }
}
