/** What a limited person may enter: only what lies wholly in their sites. Each runs before the route, and throws. */
import type { FastifyRequest } from 'fastify';
import { fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import type { Sight } from '../state/sight.ts';
import { sightNow } from '../state/sight.ts';
import type { Context } from './context.ts';
import type { BodyCheck } from './limited.ts';

type BodyTest = (request: FastifyRequest, context: Context) => Promise<void>;

const beyond = ({ names }: Sight, problem: string) =>
  fail('BEYOND_SITES', { sites: names.join(', ') || 'none', problem });
const isOwn = ({ names }: Sight, name: unknown) =>
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

const notYet: BodyTest = async (request) => {
  throw beyond(seen(request).sight, 'this is not for people with a limit');
};

export const bodyChecks: Readonly<Record<BodyCheck, BodyTest>> = {
  place,
  ticket,
  members,
  target: notYet,
  scope: notYet,
  scopes: notYet,
  matchers: notYet,
  report: notYet,
  impact: notYet,
  budget: notYet,
};
