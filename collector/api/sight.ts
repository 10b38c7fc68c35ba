/**
 * A request of a person who is limited to some sites: what it names must lie there, and what the routes get shows nothing
 * else. The rooms behind it keep the whole state.
 */
import { fail } from '../../shared/errors.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { Place, Places } from '../fleet/places.ts';
import type { State } from '../state/open.ts';
import { limitedState, type Sight, sightNow, withSight } from '../state/sight.ts';
import type { App, Context } from './context.ts';
import { type Limit, limitOf, type Noun, whyRefused } from './limited.ts';
import { bodyChecks, namesOwn } from './limited-bodies.ts';
import { managedRooms } from './sight-managed.ts';
import { limitedRooms } from './sight-rooms.ts';

/** Where each noun stands, and how it is called when it is not there. */
const nouns: Readonly<Record<Noun, readonly [table: string, what: string]>> = {
  endpoint: ['endpoints', 'endpoint'],
  alert: ['alerts', 'alert'],
  ticket: ['tickets', 'ticket'],
  site: ['sites', 'site'],
  group: ['groups', 'group'],
  maintenance: ['maintenance_windows', 'maintenance window'],
  silence: ['silences', 'silence'],
  change: ['changes', 'change'],
  target: ['targets', 'target'],
  report: ['period_reports', 'report'],
  schedule: ['report_schedules', 'schedule'],
  enrollment: ['enrollments', 'join code'],
  service: ['services', 'service'],
  page: ['status_pages', 'status page'],
};
const numbered: ReadonlySet<Noun> = new Set(['ticket', 'change']);

/** @throws EvenkeelError BEYOND_SITES for a route that is not theirs */
export async function refuseBeyond(context: SightPlaces, key: string, sites: readonly string[]): Promise<void> {
  const limit = limitOf(key);
  if (limit !== undefined && limit !== 'refused') return;
  const shown = (await sightOf(context, sites)).names.join(', ') || 'none that is still there';
  throw fail('BEYOND_SITES', { sites: shown, problem: whyRefused(key) });
}

type SightPlaces = Pick<Context, 'state' | 'fleet' | 'groups'>;

export async function sightOf({ state, fleet, groups }: SightPlaces, sites: readonly string[]): Promise<Sight> {
  const rows =
    sites.length === 0 ? [] : await state.selectFrom('sites').select(['id', 'name']).where('id', 'in', sites).execute();
  const names = rows.map(({ name }) => name);
  const there = () => [...fleet.all()].filter(({ site }) => site !== null && names.includes(site));
  const once = <T>(make: () => T) => {
    let made: { value: T } | undefined;
    return () => {
      made ??= { value: make() };
      return made.value;
    };
  };
  return {
    sites: rows.map(({ id }) => id),
    names,
    tags: once(() => [...new Set(there().flatMap(({ tags }) => tags))]),
    groups: once(() => new Set(there().flatMap(({ id }) => groups.groupsOf(id)))),
  };
}

/** @throws EvenkeelError NOT_FOUND */
async function require({ fleet, services, status }: Context, state: State, noun: Noun, id: unknown): Promise<void> {
  const [table, what] = nouns[noun];
  const text = String(id);
  if (noun === 'service' || noun === 'page') {
    const own: readonly { id: string }[] = await (noun === 'service' ? services : status).list();
    if (!own.some((one) => one.id === text)) throw fail('NOT_FOUND', { what, id: text });
    return;
  }
  const key = numbered.has(noun) && /^\d{1,15}$/.test(text) ? Number(text) : text;
  const row = await state
    .selectFrom(table as 'silences')
    .selectAll()
    .where('id', '=', key as string)
    .executeTakeFirst();
  // What a silence is of stands in its matchers.
  const isOwn = noun !== 'silence' || (row && namesOwn(sightNow() as Sight, fleet, JSON.parse(row.matchers)));
  if (!row || !isOwn) throw fail('NOT_FOUND', { what, id: text });
}

/** Before the handler: all that the request names must be there for its caller. */
export function createSights(whole: Context, context: Context) {
  const { state } = context;

  async function check(request: Parameters<typeof bodyChecks.place>[0], limit: Limit): Promise<void> {
    const { params, body, query } = request as { params: Record<string, unknown>; body: unknown; query: unknown };
    if (limit.id !== undefined) await require(context, state, limit.id, params.id);
    for (const [field, noun] of Object.entries(limit.names ?? {})) {
      const value = { ...(query as object), ...(body as object) }[field as never] as unknown;
      for (const id of Array.isArray(value) ? value : value === undefined || value === null ? [] : [value])
        await require(context, state, noun, id);
    }
    if (limit.body !== undefined) await bodyChecks[limit.body](request, whole);
  }

  return (app: App): void => {
    app.addHook('preHandler', (request, _reply, done) => {
      const sites = request.caller?.sites ?? null;
      const key = `${request.method === 'HEAD' ? 'GET' : request.method} ${request.routeOptions.url}`;
      const limit = limitOf(key);
      if (sites === null || limit === undefined || limit === 'refused') return done();
      sightOf(context, sites).then(
        (sight) =>
          withSight(sight, () =>
            check(request, limit).then(
              () => done(),
              (thrown: Error) => done(thrown),
            ),
          ),
        (thrown: Error) => done(thrown),
      );
    });
  };
}

/** What the routes get: the same, but for a limited caller nothing outside of their sites. */
export function limitedContext(context: Context): Context {
  const { fleet, rows, groups, sites, state } = context;
  const seesSite = (name: string | null) => {
    const sight = sightNow();
    return sight === undefined || (name !== null && sight.names.includes(name));
  };
  const sees = (endpoint: Endpoint | undefined): endpoint is Endpoint =>
    endpoint !== undefined && seesSite(endpoint.site);
  const seesId = (id: string) => sightNow() === undefined || sees(fleet.get(id));
  const seesGroup = (id: string) => sightNow()?.groups().has(id) ?? true;
  const found = (endpoint: Endpoint | undefined) => (sees(endpoint) ? endpoint : undefined);
  const all = <T>(list: Iterable<T>, which: (one: T) => boolean) =>
    sightNow() === undefined ? list : [...list].filter(which);
  const placesSeen = <One extends Place>(places: Places<One>, what: string, isSeen: (id: string) => boolean) => ({
    ...places,
    list: async () => (await places.list()).filter(({ id }) => isSeen(id)),
    async get(id: string) {
      if (!isSeen(id)) throw fail('NOT_FOUND', { what, id });
      return places.get(id);
    },
    members: async (id: string) => (await places.members(id)).filter(seesId),
  });
  return {
    ...context,
    ...limitedRooms(context, { seesSite, seesId }),
    ...managedRooms(context, { seesSite, seesId }),
    state: limitedState(state),
    fleet: {
      ...fleet,
      get: (id) => found(fleet.get(id)),
      all: () => all(fleet.all(), sees),
      movedTo: (id) => found(fleet.movedTo(id)),
    },
    rows: {
      ...rows,
      get: (id) => (seesId(id) ? rows.get(id) : undefined),
      all: () => [...all(rows.all(), ({ site }) => seesSite(site))],
    },
    sites: placesSeen(sites, 'site', (id) => sightNow()?.sites.includes(id) ?? true),
    groups: {
      ...groups,
      ...placesSeen(groups, 'group', seesGroup),
      named(text) {
        const id = groups.named(text);
        return id !== undefined && seesGroup(id) ? id : undefined;
      },
      nameOf: (id) => (seesGroup(id) ? groups.nameOf(id) : undefined),
    },
    dependencies: {
      ...context.dependencies,
      of(id) {
        const { parents, groups: ways } = context.dependencies.of(id);
        return {
          parents: parents.filter(seesId),
          groups: ways.map((way) => way.filter(seesId)).filter((way) => way.length > 0),
        };
      },
      childrenOf: (id) => context.dependencies.childrenOf(id).filter(seesId),
      sites: {
        ...context.dependencies.sites,
        behind: (id) => context.dependencies.sites.behind(id).filter(({ name }) => seesSite(name)),
        waysOfSite(id) {
          const { parents, groups: ways } = context.dependencies.sites.waysOfSite(id);
          return {
            parents: parents.filter(seesId),
            groups: ways.map((way) => way.filter(seesId)).filter((way) => way.length > 0),
          };
        },
      },
    },
  };
}
