/** Of on-call and routing, what stands in no row that an address names: as it is, for the audit log. */
import type { FastifyRequest } from 'fastify';
import type { Context } from './context.ts';

export type AuditValues = Readonly<Record<string, unknown>>;
export type StateReader = (request: FastifyRequest) => AuditValues | null | Promise<AuditValues | null>;

const paramsOf = ({ params }: FastifyRequest) => params as Record<string, string>;

export function onCallStates({
  state,
  onCall,
  clock,
}: Pick<Context, 'state' | 'onCall' | 'clock'>): Readonly<Record<string, StateReader>> {
  const policy: StateReader = (request) => {
    const { name } = paramsOf(request);
    const found = onCall.policies().find((one) => one.name === name);
    return found ? { content: JSON.stringify(found.content) } : null;
  };
  const schedule: StateReader = async (request) => {
    const { name } = paramsOf(request);
    const now = clock.now();
    const found = (await onCall.overview('', now, now + 1)).schedules.find((one) => one.name === name);
    return found ? { content: JSON.stringify(found.content) } : null;
  };
  const overridesOfSchedule: StateReader = async (request) => {
    const { name = null, id = null } = paramsOf(request);
    const rows = await state
      .selectFrom('on_call_overrides')
      .select(['id', 'schedule', 'from_at', 'to_at', 'user_name', 'replaces'])
      .where((where) => where.or([where('schedule', '=', name ?? ''), where('id', '=', id ?? '')]))
      .where('removed_at', 'is', null)
      .execute();
    return Object.fromEntries(
      rows.map((row) => [
        `override ${row.id}`,
        [
          row.schedule,
          row.user_name,
          `${new Date(row.from_at).toISOString()}/${new Date(row.to_at).toISOString()}`,
          row.replaces,
        ]
          .filter((part) => part !== null)
          .join(' '),
      ]),
    );
  };
  const person: StateReader = async (request) => {
    const { name = request.caller?.name ?? '' } = paramsOf(request);
    // A token is nobody who is reached.
    const found = await onCall.person(name).catch(() => null);
    return found && { content: JSON.stringify(found.content) };
  };
  const routes: StateReader = () => {
    const { owner, content } = onCall.routes();
    return { owner, content: JSON.stringify(content) };
  };

  return {
    'PUT /api/v1/on-call/policies/:name': policy,
    'DELETE /api/v1/on-call/policies/:name': policy,
    'PUT /api/v1/on-call/schedules/:name': schedule,
    'DELETE /api/v1/on-call/schedules/:name': schedule,
    'POST /api/v1/on-call/schedules/:name/overrides': overridesOfSchedule,
    'DELETE /api/v1/on-call/overrides/:id': overridesOfSchedule,
    'PUT /api/v1/on-call/me': person,
    'PUT /api/v1/on-call/people/:name': person,
    'PUT /api/v1/routes': routes,
  };
}
