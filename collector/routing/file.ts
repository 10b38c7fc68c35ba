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
import { whatThereIs } from '../../shared/words/refusal.ts';
import { shownInstant, zoneNamed } from '../../shared/zone.ts';
import { checksOf, type DocumentFault, type Documents, type KnownNames, overlapOf } from './check.ts';
import type { FileDocuments } from './documents.ts';
import { nameOfReceiver } from './receiver.ts';
import { type RightPart, rightPart } from './right-part.ts';

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
  /** Channels and users that are named and are not in the file: they may be set up on the page. Of settings without a fault. */
  absent(channels: readonly string[]): Fault[];
}

const shapeOfNodes = (node: unknown, path: Path, shape: object): Fault[] => {
  const found = faultsOf(shape, node, path);
  const { children } = (node ?? {}) as { children?: unknown };
  const below = Array.isArray(children) ? children : [];
  return [...found, ...below.flatMap((child, i) => shapeOfNodes(child, [...path, 'children', i], RouteNodeContent))];
};

/** The shape of routes with all their nodes. */
export const routeFaults = (content: unknown, path: Path = []): Fault[] => shapeOfNodes(content, path, RoutesContent);

/** What stands for a part with faults: it is right itself, and names do not come twice. */
const layerPart: RightPart = {
  standard: (n) => ({
    ...{ name: `unread ${n}`, users: ['unread'] },
    rotation: { unit: 'week', every: 1, start: '2026-03-02T09:00' },
  }),
};
const overridePart: RightPart = {
  standard: (n) => ({ from: `${1000 + n}-01-01T00:00`, to: `${1000 + n}-01-02T00:00`, user: 'unread' }),
  isWhole: true,
};
const stepPart: RightPart = { standard: () => ({ targets: ['channel:unread'] }) };
const wayPart: RightPart = { standard: () => ({ channel: 'unread' }) };
const nodePart: RightPart = { standard: (n) => ({ name: `unread ${n}` }), lists: { children: () => nodePart } };
const rootPart: RightPart = {
  standard: () => ({ receivers: ['channel:unread'] }),
  lists: { children: () => nodePart },
};
const parts: Readonly<Record<keyof typeof sections, RightPart>> = {
  schedules: {
    standard: (n) => ({ name: `unread ${n}`, zone: 'UTC', layers: [layerPart.standard(0)] }),
    lists: { layers: () => layerPart, overrides: () => overridePart },
  },
  policies: {
    standard: (n) => ({ name: `unread ${n}`, steps: [stepPart.standard(0)] }),
    lists: { steps: () => stepPart },
  },
  people: {
    standard: (n) => ({ name: `unread ${n}`, ways: [wayPart.standard(0)] }),
    lists: { ways: () => wayPart },
  },
};

interface RoutingEntry<Content> {
  /** Null: it has none, or one that is no text. */
  name: string | null;
  /** What is right of it. */
  content: Content;
  at: Path;
}

export function readRouting(settings: RoutingSections): ReadRouting {
  const faults: Fault[] = [];
  const unread = new Set<string>();
  const kinds = { schedules: 'schedule', policies: 'policy', people: 'person' } as const;
  const read = <Content extends { name: string }>(
    key: keyof typeof sections,
  ): RoutingEntry<Omit<Content, 'name'>>[] => {
    const section = settings[key];
    if (section === undefined) return [];
    if (!Array.isArray(section)) {
      faults.push(...faultsOf(Type.Array(Type.Unknown()), section, [key]));
      unread.add(kinds[key]);
      return [];
    }
    const names = new Set<string>();
    return section.map((entry: unknown, i) => {
      const at = [key, i];
      const wrong = faultsOf(sections[key], entry, at);
      faults.push(...wrong);
      const right = rightPart(entry, wrong, at, parts[key], i);
      // Of thousands of faults only the first are told: what is right is not known then.
      const isRight = faultsOf(sections[key], right).length === 0;
      const { name: _, ...content } = (isRight ? right : parts[key].standard(i)) as Content;
      const given = (entry as { name?: unknown } | null)?.name;
      const name = typeof given === 'string' ? given : null;
      if (name === null) unread.add(kinds[key]);
      else if (names.has(name))
        faults.push(sentence([...at, 'name'], reason('oncall_twice', { name: shownName(name) })));
      else names.add(name);
      return { name, content, at };
    });
  };
  const sentence = (path: Path, why: Reason): Fault => ({
    ...{ path, isKey: true },
    problem: `${nameOf(settings, path)}: ${formatReasons('en', [why])}`,
  });
  const written = read<FileSchedule>('schedules');
  const policies = read<Static<typeof FilePolicy>>('policies');
  const people = read<Static<typeof FilePerson>>('people');
  const { routes } = settings;
  const wrongRoutes = routes === undefined ? [] : routeFaults(routes, ['routes']);
  faults.push(...wrongRoutes);
  const rightRoutes = routes === undefined ? null : rightPart(routes, wrongRoutes, ['routes'], rootPart, 0);
  const areRight = rightRoutes !== null && routeFaults(rightRoutes).length === 0;
  const schedules = written.map(({ content: { overrides: _, ...content }, ...rest }) => ({ ...rest, content }));
  const documents: FileDocuments = {
    ...{ schedules: byName(schedules), policies: byName(policies), people: byName(people) },
    routes: areRight ? (rightRoutes as FileDocuments['routes']) : null,
    overrides: [],
  };
  const check = (known: KnownNames): DocumentFault[] => {
    const checks = checksOf(documents, known);
    return [
      ...schedules.flatMap(({ name, content, at }) => checks.schedule(content, name ?? '', at)),
      ...policies.flatMap(({ content, at }) => checks.policy(content, at)),
      ...people.flatMap(({ content, at }) => checks.person(content, at)),
      ...(documents.routes ? checks.routes(documents.routes, ['routes']) : []),
    ];
  };
  const found = check({ channels: null, users: null, unread });
  const overrides = written.flatMap(({ name, content, at }) =>
    overridesIn(name ?? '', content, (path, why) => void found.push({ path: [...at, 'overrides', ...path], why })),
  );
  faults.push(...found.map(({ path, why }) => sentence(path, why)));
  return {
    documents: { ...documents, overrides },
    faults,
    absent(channels) {
      const users = [...documents.people.keys()];
      const ofOverrides = written.flatMap(({ content, at }) =>
        (content.overrides ?? []).flatMap((override, i) =>
          (['user', 'replace'] as const).map((key) => ({
            ...{ kind: 'user' as const, name: override[key] },
            path: [...at, 'overrides', i, key] as Path,
          })),
        ),
      );
      const named = check({ channels, users }).flatMap(({ path, why: { code } }) => {
        if (code !== 'oncall_no_channel' && code !== 'oncall_no_user') return [];
        const kind = code === 'oncall_no_user' ? ('user' as const) : ('channel' as const);
        const text = textAt(settings, path);
        // A name by itself stands under `users` and `channel`; elsewhere it has its kind before it.
        return { kind, name: /^(channel|person):/.test(text) ? nameOfReceiver(text) : text, path };
      });
      const known = { channel: channels, user: users };
      const all = [...named, ...ofOverrides.filter(({ name }) => name !== undefined && !users.includes(name))];
      return [...Map.groupBy(all, ({ kind, name }) => `${kind} ${name}`).values()].map(([first, ...others]) => {
        const { kind, name = '', path } = first as (typeof all)[number];
        return { path, isKey: true, problem: absence(nameOf(settings, path), kind, name, known[kind], others.length) };
      });
    },
  };
}

const byName = <Content>(entries: readonly RoutingEntry<Content>[]): Map<string, Content> =>
  new Map(entries.flatMap(({ name, content }) => (name === null ? [] : [[name, content]])));

function textAt(settings: unknown, path: Path): string {
  let here = settings;
  for (const part of path) here = (here as Record<string | number, unknown> | undefined)?.[part];
  return String(here ?? '');
}

/** One warning for each name: who is on call stands in many places. */
function absence(place: string, kind: 'channel' | 'user', name: string, known: readonly string[], more: number) {
  const [where, page, lost] =
    kind === 'channel'
      ? ['channels', 'Channels', 'what is sent to it reaches nobody']
      : ['people', 'Settings', 'alerts do not reach them'];
  const also = more === 0 ? '' : ` (and in ${more} more ${more === 1 ? 'place' : 'places'})`;
  return `${place}: No ${kind} ${shownName(name)} stands under \`${where}\`${also}; ${whatThereIs(name, known)}. Unless it is set up on the page ${page}, ${lost}`;
}

/** Of all documents of settings that have been read. */
export function faultsIn(documents: Documents, known: KnownNames): DocumentFault[] {
  const checks = checksOf(documents, known);
  return [
    ...[...documents.schedules].flatMap(([name, one]) => checks.schedule(one, name, ['schedules', name])),
    ...[...documents.policies].flatMap(([name, one]) => checks.policy(one, ['policies', name])),
    ...[...documents.people].flatMap(([name, one]) => checks.person(one, ['people', name])),
    ...(documents.routes ? checks.routes(documents.routes, ['routes']) : []),
  ];
}

/** In the order of the file, so that none is the newer one: overlapping ones are refused. */
function overridesIn(
  name: string,
  { zone: given, overrides = [] }: Omit<FileSchedule, 'name'>,
  find: (path: Path, why: Reason) => void,
) {
  // One that is not known has been noted at its own place.
  const zone = zoneOr(given, 'UTC');
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

function zoneOr(zone: string, standard: string): string {
  try {
    return zoneNamed(zone);
  } catch {
    return standard;
  }
}

function localInstant(text: string, zone: string): number | null {
  const [date = '', time = ''] = text.split('T');
  if (text.length !== 16 || !isDate(date) || !isTime(time)) return null;
  return instantAt(Temporal.PlainDate.from(date), minutesOf(time), zone, 'open');
}
