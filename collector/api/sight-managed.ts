/** What rooms that are managed show to a person who is limited to some sites: rules, routes, settings and updates of agents, services, status pages, join codes. */
import type { StatusPageRow } from '../../shared/api.ts';
import type { RouteNodeContent, RoutesContent } from '../../shared/on-call.ts';
import { matches, parseMatcher, textOfMatcher } from '../alerts/matcher.ts';
import { reaches, type Scope, sameName } from '../evaluate/scope.ts';
import { limitedState, type Sight, sightNow } from '../state/sight.ts';
import type { Context } from './context.ts';
import type { Seeing } from './sight-rooms.ts';

type Managed = 'rules' | 'agentSettings' | 'services' | 'status' | 'enrollments' | 'applicants' | 'onCall';

export function managedRooms(context: Context, { seesSite, seesId }: Seeing): Pick<Context, Managed> {
  const { rules, agentSettings, services, status, enrollments, applicants, onCall, fleet, groups, targets } = context;
  const state = limitedState(context.state);
  const own = () => [...fleet.all()].filter(({ site }) => seesSite(site));
  const placeOf = (id: string) => groups.namedGroupsOf(id).flatMap((group) => [group.id, group.name]);

  /** What holds for one of their endpoints, or for their site. */
  function seesScope(scope: Scope): boolean {
    const sight = sightNow();
    if (sight === undefined || scope.of === 'all' || scope.of === 'kind') return true;
    if (scope.of === 'site') return sight.names.some((name) => sameName(name, scope.target));
    return own().some((one) => reaches(scope, { ...one, groups: placeOf(one.id) }));
  }
  const inSeenScope = <One extends { scope: Scope }>(list: One[]) =>
    sightNow() === undefined ? list : list.filter(({ scope }) => seesScope(scope));

  /** All that it is made of is theirs: of a part elsewhere its state would tell. */
  const seesPart = (id: string) => {
    const target = targets.subject(id);
    return target ? seesSite(target.site) : fleet.get(id) !== undefined && seesId(id);
  };
  const isOwnService = ({ parts }: { parts: readonly string[] }) => parts.length > 0 && parts.every(seesPart);
  /** Names by ids. */
  const ownServices = () =>
    new Map(
      [...services.definitions()]
        .filter((one) => sightNow() === undefined || isOwnService(one))
        .map(({ id, name }) => [id, name]),
    );

  function seesComponent({ of, target }: StatusPageRow['components'][number]): boolean {
    if (of === 'site') return sightNow()?.sites.includes(target) ?? true;
    if (of === 'target') return seesPart(target);
    if (of === 'service') return ownServices().has(target);
    const members = [...fleet.all()].filter(({ id }) => groups.groupsOf(id).includes(target));
    return members.length > 0 && members.every(({ site }) => seesSite(site));
  }

  /** All values that a label of place has on their alerts. */
  function labelsSeen({ names, tags }: Sight): ReadonlyMap<string, readonly string[]> {
    const endpoints = own();
    return new Map<string, readonly string[]>([
      ['site', names],
      ['host', endpoints.map(({ name }) => name)],
      ['instance', endpoints.map(({ name }) => name)],
      ['endpoint', endpoints.map(({ id }) => id)],
      ['group', ['', ...new Set(endpoints.flatMap(({ id }) => groups.namedGroupsOf(id).map(({ name }) => name)))]],
      ['tag', ['', ...tags()]],
    ]);
  }

  return {
    rules: {
      ...rules,
      list: () => inSeenScope(rules.list()),
      history: async (id: string) => inSeenScope(await rules.history(id)),
    },
    agentSettings: {
      ...agentSettings,
      summary() {
        const summary = agentSettings.summary();
        return { ...summary, layers: inSeenScope(summary.layers) };
      },
      async versions() {
        const versions = await agentSettings.versions();
        if (sightNow() === undefined) return versions;
        return versions
          .map((one) => ({ ...one, changes: inSeenScope(one.changes) }))
          .filter(({ changes }) => changes.length > 0);
      },
    },
    services: {
      ...services,
      async list() {
        if (sightNow() === undefined) return services.list();
        const seen = ownServices();
        return (await services.list()).filter(({ id }) => seen.has(id));
      },
      namedBy(id: string) {
        if (sightNow() === undefined) return services.namedBy(id);
        const seen = ownServices();
        return services.namedBy(id).filter((one) => seen.has(one.id));
      },
      finding(id: string) {
        const found = services.finding(id);
        if (sightNow() === undefined || found?.of !== 'target') return found;
        const seen = new Set(ownServices().values());
        return { ...found, services: found.services.filter((name) => seen.has(name)) };
      },
    },
    status: {
      ...status,
      async list() {
        const pages = await status.list();
        return sightNow() === undefined ? pages : pages.filter(({ components }) => components.every(seesComponent));
      },
    },
    enrollments: {
      ...enrollments,
      list: async () => (await enrollments.list()).filter(({ site }) => seesSite(site)),
    },
    applicants: {
      ...applicants,
      async list() {
        const all = await applicants.list();
        if (sightNow() === undefined) return all;
        const codes = new Set((await state.selectFrom('enrollments').select('id').execute()).map(({ id }) => id));
        return all.filter(({ enrollment }) => codes.has(enrollment));
      },
    },
    onCall: {
      ...onCall,
      routes() {
        const row = onCall.routes();
        const sight = sightNow();
        if (sight === undefined) return row;
        // Why they were changed may name what is elsewhere.
        return { ...row, reason: null, content: routesFor(row.content, labelsSeen(sight)) };
      },
      doubts: async (...given: Parameters<typeof onCall.doubts>) =>
        sightNow() !== undefined && given[0] === 'routes' ? [] : onCall.doubts(...given),
    },
  };
}

/**
 * The routes that an alert of theirs can take, as they read for them: a condition on a place that all of theirs fulfil is left
 * out, one that some do names these, and a route that none can come to is not there.
 */
function routesFor(content: RoutesContent, places: ReadonlyMap<string, readonly string[]>): RoutesContent {
  const children = (content.children ?? []).flatMap((node) => nodeFor(node, places));
  return { ...content, ...(content.children ? { children } : {}) };
}

function nodeFor(node: RouteNodeContent, places: ReadonlyMap<string, readonly string[]>): RouteNodeContent[] {
  const match: string[] = [];
  for (const text of node.match ?? []) {
    const matcher = parseMatcher(text);
    const values = places.get(matcher.label);
    if (values === undefined) {
      match.push(text);
      continue;
    }
    const fitting = values.filter((value) => matches(matcher, { [matcher.label]: value }));
    if (fitting.length === 0) return [];
    if (fitting.length === values.length) continue;
    const { label } = matcher;
    const [only, ...more] = fitting;
    if (more.length === 0) match.push(textOfMatcher({ label, op: '=', value: only ?? '' }));
    else match.push(textOfMatcher({ label, op: '=~', value: fitting.map(literal).join('|') }));
  }
  const children = (node.children ?? []).flatMap((child) => nodeFor(child, places));
  const { match: _match, children: _children, ...rest } = node;
  return [{ ...rest, ...(match.length > 0 ? { match } : {}), ...(node.children ? { children } : {}) }];
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
