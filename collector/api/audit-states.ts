/**
 * What a route changes outside the row that its address names, as it is at the moment: read before the change and after it,
 * for the audit log. One key for each thing that may come, go or change, so that only these are kept.
 */
import type { FastifyRequest } from 'fastify';
import { targetVersions } from '../kpi/budget.ts';
import { definitionNow } from '../kpi/definition.ts';
import { type TargetsVersion, ticketTargets } from '../tickets/targets.ts';
import { onCallStates, type StateReader } from './audit-on-call.ts';
import type { Context } from './context.ts';

const paramsOf = ({ params }: FastifyRequest) => params as Record<string, string>;

export function statesOf(context: Context): Readonly<Record<string, StateReader>> {
  const { state, rules, costs, sites, groups, fleet } = context;

  const overrides: StateReader = () =>
    Object.fromEntries(
      rules
        .list()
        .filter(({ owner }) => owner === 'people')
        .map(({ rule, scope: { of, target }, overrides: parts }) => [`${rule.id} ${of} ${target}`.trim(), parts]),
    );
  const layers: StateReader = () =>
    Object.fromEntries(
      context.agentSettings
        .summary()
        .layers.map(({ scope, name, settings, priority }) => [`${scope.of} ${name}`.trim(), { priority, ...settings }]),
    );
  const membersOf =
    (places: Pick<typeof sites | typeof groups, 'members'>): StateReader =>
    async (request) => {
      const members = await places.members(paramsOf(request).id ?? '').catch(() => []);
      return Object.fromEntries(members.map((id) => [`member ${id}`, fleet.get(id)?.name ?? id]));
    };
  const links: StateReader = async (request) => {
    const rows = await state
      .selectFrom('ticket_links')
      .select(['id', 'kind', 'target'])
      .where('ticket', '=', Number(paramsOf(request).id))
      .execute();
    return Object.fromEntries(rows.map(({ id, kind, target }) => [`link ${id}`, `${kind} ${target}`]));
  };
  const helpers: StateReader = async (request) => {
    const rows = await state
      .selectFrom('ticket_participants')
      .select(['person', 'swarm'])
      .where('ticket', '=', Number(paramsOf(request).id))
      .where('left_at', 'is', null)
      .execute();
    return Object.fromEntries(rows.map(({ person, swarm }) => [`helper ${person}`, swarm]));
  };

  /** Begun, it is data of its own, which ends at another time than planned. */
  const occurrences: StateReader = async (request) => {
    const rows = await state
      .selectFrom('maintenance_occurrences')
      .select(['start_at', 'end_at'])
      .where('maintenance', '=', paramsOf(request).id ?? '')
      .execute();
    return Object.fromEntries(
      rows.map(({ start_at, end_at }) => [`begun ${new Date(start_at).toISOString()}`, end_at]),
    );
  };

  /** By the number of the way: 0 for those that are enough alone. */
  const dependencies: StateReader = async (request) => {
    const rows = await state
      .selectFrom('dependencies')
      .select(['way', 'parent'])
      .where('endpoint', '=', paramsOf(request).id ?? '')
      .orderBy('way')
      .orderBy('parent')
      .execute();
    const named = rows.map(({ way, parent }) => `${way} ${fleet.get(parent)?.name ?? parent}`);
    return { ways: named.length === 0 ? 'none' : named.join(', ') };
  };

  return {
    'PUT /api/v1/agent-settings/layers': layers,
    'POST /api/v1/agent-settings/versions/:version/restore': layers,
    'PUT /api/v1/endpoints/:id/dependencies': dependencies,
    'PUT /api/v1/sites/:id/uplinks': dependencies,
    ...onCallStates(context),
    'POST /api/v1/maintenance/:id/end': occurrences,
    'POST /api/v1/maintenance/:id/extend': occurrences,
    'POST /api/v1/maintenance/:id/cancel': occurrences,
    'POST /api/v1/maintenance/:id/approve': occurrences,
    'PUT /api/v1/rules/:id': overrides,
    'DELETE /api/v1/rules/:id': overrides,
    'POST /api/v1/rules/changes': overrides,
    'PUT /api/v1/sites/:id/members': membersOf(sites),
    'PUT /api/v1/groups/:id/members': membersOf(groups),
    'PATCH /api/v1/endpoints/:id': (request) =>
      Object.fromEntries(groups.namedGroupsOf(paramsOf(request).id ?? '').map(({ id, name }) => [`group ${id}`, name])),
    'POST /api/v1/tickets/:id/links': links,
    'DELETE /api/v1/tickets/:id/links/:link': links,
    'POST /api/v1/tickets/:id/participants/join': helpers,
    'POST /api/v1/tickets/:id/participants/leave': helpers,
    async 'PUT /api/v1/tickets/:id/impact'(request) {
      const row = await state
        .selectFrom('impacts')
        .select('segments')
        .where('ticket', '=', Number(paramsOf(request).id))
        .orderBy('id', 'desc')
        .executeTakeFirst();
      return { segments: row ? JSON.parse(row.segments) : 'estimated' };
    },
    async 'PUT /api/v1/changes/:id/targets/:endpoint'(request) {
      const { id, endpoint = '' } = paramsOf(request);
      const row = await state
        .selectFrom('change_targets')
        .select(['result', 'note'])
        .where('change', '=', Number(id))
        .where('endpoint', '=', endpoint)
        .executeTakeFirst();
      return row ? { ...row } : null;
    },
    async 'POST /api/v1/status-pages/:id/notices/:notice/updates'(request) {
      const row = await state
        .selectFrom('status_notices')
        .select(['title', 'ended_at'])
        .where('id', '=', Number(paramsOf(request).notice))
        .executeTakeFirst();
      return row ? { notice: row.title, ended_at: row.ended_at } : null;
    },
    // Newest first, so that the newest of each stays.
    'PUT /api/v1/availability/targets': async () =>
      Object.fromEntries(
        (await targetVersions(state)).reverse().map(({ scope, target, percent }) => [`${scope} ${target}`, percent]),
      ),
    async 'PUT /api/v1/ticket-targets'() {
      const [{ version, from, targets }] = (await ticketTargets(state)) as [TargetsVersion];
      return { version, from, ...targets };
    },
    async 'PUT /api/v1/stability/definition'() {
      const { version, parts } = await definitionNow(state);
      return { version, ...parts };
    },
    async 'PUT /api/v1/costs/settings'() {
      const [now] = await costs.money();
      return now ? { currency: now.currency, hourCents: now.hourCents, expected: now.expected } : null;
    },
  };
}
