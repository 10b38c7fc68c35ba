/** What a limited person may enter: only what lies wholly in their sites. Each runs before the route, and throws. */
import type { FastifyRequest } from 'fastify';
import { fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import { type ForeignMatcher, textOfForeign } from '../outside/answers.ts';
import { limitedState, type Sight, sightNow } from '../state/sight.ts';
import type { Context } from './context.ts';
import type { BodyCheck } from './limited.ts';

type BodyTest = (request: FastifyRequest, context: Context) => Promise<void>;

const beyond = ({ names }: Sight, problem: string) =>
  fail('BEYOND_SITES', { sites: names.join(', ') || 'none', problem });
const isOwn = ({ names }: Pick<Sight, 'names'>, name: unknown) =>
  typeof name === 'string' && names.some((one) => nameKey(one) === nameKey(name));

function seen({ body }: FastifyRequest): { sight: Sight; body: Record<string, unknown> } {
  return { sight: sightNow() as Sight, body: (body ?? {}) as Record<string, unknown> };
}

/** A site that is named must be theirs; to leave it out is no change. */
const place: BodyTest = async (request) => {
  const { sight, body } = seen(request);
  if (body.site === null) throw beyond(sight, 'an endpoint without a site would leave them');
  if (body.site !== undefined && !isOwn(sight, body.site))
    throw beyond(sight, `there is no site "${String(body.site)}" among them to put it at`);
  for (const group of (body.groups ?? []) as string[])
    if (!sight.groups().has(group)) throw fail('NOT_FOUND', { what: 'group', id: group });
};

const ticket: BodyTest = async (request) => {
  const { sight, body } = seen(request);
  if (body.endpoint === undefined)
    throw beyond(sight, 'a ticket about no endpoint is of no site; say which endpoint it is about');
};

const members: BodyTest = async (request) => {
  const { sight, body } = seen(request);
  if (((body.remove ?? []) as unknown[]).length > 0) throw beyond(sight, 'an endpoint without a site would leave them');
};

interface ReachedPlace {
  of: string;
  target: string;
}
/** A site or an endpoint of theirs. What a group or a tag reaches may be another thing tomorrow. */
function requireOwn(sight: Sight, { fleet }: Pick<Context, 'fleet'>, { of, target }: ReachedPlace): void {
  if (of === 'group' || of === 'tag' || of === 'all' || of === 'kind')
    throw beyond(sight, `the ${of} "${target}" may reach others; name sites or endpoints`);
  if (of === 'site' && !isOwn(sight, target)) throw fail('NOT_FOUND', { what: 'site', id: target });
  if (of === 'endpoint' && !isOwn(sight, fleet.get(target)?.site))
    throw fail('NOT_FOUND', { what: 'endpoint', id: target });
}

const scope: BodyTest = async (request, context) => {
  const { sight, body } = seen(request);
  if (body.scope !== undefined) requireOwn(sight, context, body.scope as ReachedPlace);
};

/** One that reaches others as well is read, and changed by others. */
const window: BodyTest = async (request, context) => {
  const { id } = request.params as { id: string };
  const row = await context.state
    .selectFrom('maintenance_windows')
    .select(['scope', 'target'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  requireOwn(seen(request).sight, context, { of: row.scope, target: row.target });
  await scope(request, context);
};

const work: BodyTest = async (request, context) => {
  const { sight, body } = seen(request);
  for (const one of (body.scopes ?? []) as ReachedPlace[]) requireOwn(sight, context, one);
  const { id } = request.params as { id?: number };
  for (const other of [id, body.repairOf, body.except]) {
    if (typeof other !== 'number') continue;
    const scopes = context.state.selectFrom('change_scopes').select(['of', 'target']).where('change', '=', other);
    const targets = context.state.selectFrom('change_targets').select('endpoint').where('change', '=', other);
    const reached = [
      ...(await scopes.execute()),
      ...(await targets.execute()).map(({ endpoint }) => ({ of: 'endpoint', target: endpoint })),
    ];
    if (reached.some((one) => !isReached(sight, context, one)))
      throw beyond(sight, `C-${other} reaches others as well`);
  }
};

function isReached(sight: Sight, context: Context, one: ReachedPlace): boolean {
  try {
    requireOwn(sight, context, one);
    return true;
  } catch {
    return false;
  }
}

/** All of a silence has to fit, so one that names their site, or a machine of theirs, hides nothing else. */
export function namesOwn({ names }: Sight, fleet: Pick<Context['fleet'], 'all'>, matchers: readonly string[]): boolean {
  const hosts = () =>
    [...fleet.all()].filter(({ site }) => site !== null && names.includes(site)).map(({ name }) => name);
  return matchers.some((text) => {
    const [, label, value] = /^\s*(site|host)\s*=\s*"(.*)"\s*$/.exec(text) ?? [];
    return label === 'site' ? names.includes(value ?? '') : label === 'host' && hosts().includes(value ?? '');
  });
}

const matchers: BodyTest = async (request, { fleet }) => {
  const { sight, body } = seen(request);
  if (body.matchers !== undefined && !namesOwn(sight, fleet, body.matchers as string[]))
    throw beyond(sight, 'a silence must name one of them with site="…", or one machine with host="…"');
};

const report: BodyTest = async (request) => {
  const { sight, body } = seen(request);
  const isNew = request.method === 'POST';
  if ((isNew && body.site === undefined) || body.site === null)
    throw beyond(sight, 'a report is of one site for you; say which');
  if (body.site !== undefined && !sight.sites.includes(String(body.site)))
    throw fail('NOT_FOUND', { what: 'site', id: String(body.site) });
};

const target: BodyTest = async (request, { fleet }) => {
  const { sight, body } = seen(request);
  if (body.site === null || (request.method === 'POST' && body.site === undefined))
    throw beyond(sight, 'a target without a site is of none of them; say at which it is');
  if (body.site !== undefined && !isOwn(sight, body.site))
    throw fail('NOT_FOUND', { what: 'site', id: String(body.site) });
  for (const one of (body.watchers ?? []) as string[])
    if (one !== 'collector') requireOwn(sight, { fleet }, { of: 'endpoint', target: one });
};

const impact: BodyTest = async (request) => {
  const { sight, body } = seen(request);
  for (const { affected = [] } of (body.segments ?? []) as { affected?: { site: string | null }[] }[])
    for (const { site } of affected)
      if (site === null || !sight.sites.includes(site)) throw fail('NOT_FOUND', { what: 'site', id: String(site) });
};

const budget: BodyTest = async (request, context) => {
  const { sight, body } = seen(request);
  const { scope: of, target: named } = body as { scope: string; target: string };
  const site = sight.sites.indexOf(named);
  requireOwn(sight, context, { of, target: of === 'site' && site >= 0 ? (sight.names[site] as string) : named });
};

const link: BodyTest = async (request, context) => {
  const { body } = seen(request);
  const state = limitedState(context.state);
  const text = String(body.target);
  const number = Number(text.replace(/^(?:#|C-)/i, ''));
  const [what, row] =
    body.kind === 'alert'
      ? ['alert', state.selectFrom('alerts').select('id').where('id', '=', text)]
      : body.kind === 'change'
        ? [
            'change',
            state
              .selectFrom('changes')
              .select('id')
              .where('id', '=', Number.isSafeInteger(number) ? number : 0),
          ]
        : [
            'ticket',
            state
              .selectFrom('tickets')
              .select('id')
              .where('id', '=', Number.isSafeInteger(number) ? number : 0),
          ];
  if (!(await (row as { executeTakeFirst(): Promise<unknown> }).executeTakeFirst()))
    throw fail('NOT_FOUND', { what: what as string, id: text });
};

/** Of many at once; no site is made by the way, which would be of everybody. */
const bulk: BodyTest = async (request, { fleet, groups }) => {
  const { sight, body } = seen(request);
  const { act, value } = body;
  for (const id of (body.ids ?? []) as string[]) requireOwn(sight, { fleet }, { of: 'endpoint', target: id });
  if (act === 'site' && !isOwn(sight, value))
    throw beyond(
      sight,
      value === null
        ? 'endpoints without a site would leave them'
        : `there is no site "${String(value)}" among them to put endpoints at`,
    );
  if (act !== 'add_group' && act !== 'remove_group') return;
  const id = groups.named(String(value));
  if (id === undefined || !sight.groups().has(id)) throw fail('NOT_FOUND', { what: 'group', id: String(value) });
};

/** A service of theirs is made of theirs alone. */
const parts: BodyTest = async (request, { fleet, targets }) => {
  const { sight, body } = seen(request);
  for (const id of (body.parts ?? []) as string[])
    if (!isOwn(sight, (targets.subject(id) ?? fleet.get(id))?.site))
      throw fail('NOT_FOUND', { what: 'endpoint or target', id });
};

/** A silence as an Alertmanager has it; `id` of one that is to be another. */
const foreign: BodyTest = async (request, { fleet, silences }) => {
  const { sight, body } = seen(request);
  const texts = (body.matchers as ForeignMatcher[]).map(textOfForeign);
  if (!namesOwn(sight, fleet, texts))
    throw beyond(sight, 'a silence must name one of them with site="…", or one machine with host="…"');
  const { id } = body;
  if (typeof id === 'string' && id !== '' && !namesOwn(sight, fleet, (await silences.row(id)).matchers))
    throw fail('NOT_FOUND', { what: 'silence', id });
};

export const bodyChecks: Readonly<Record<BodyCheck, BodyTest>> = {
  ...{ place, ticket, members, scope, window, work, matchers, report, target, impact, budget, link },
  ...{ bulk, parts, foreign },
};
