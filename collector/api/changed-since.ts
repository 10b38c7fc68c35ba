/**
 * Two people with the same form open: the later save does not overwrite the earlier one without a word. Every answer with documents
 * says how far the audit log was, and a change may send that number back: it is refused where an entry for the same document came
 * between. Entries are written before the change, so that of two at once the first one wins.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { baseHeader, versionHeader } from '../../shared/base.ts';
import { fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { type AuditEntry, entriesBetween, newestDone } from '../state/audit.ts';
import type { Context } from './context.ts';

/** What people edit in forms. Lists of alerts and series are asked for often, and nobody edits them so. */
const documents =
  /^\/api\/v1\/(?:agent-settings|agent-updates|articles|availability|calendars|channels|changes|costs|endpoints\/:id(?:\/dependencies)?$|groups|maintenance|on-call|report-schedules|routes|rules|services|silences|sites|software\/products|stability|status-pages|targets|ticket-targets|users|views)(?:\/|$)/;

/** They change many at once, and their entries name none of them. */
const ofMany = /table|restore/;

export type DocumentEntry = Pick<AuditEntry, 'object' | 'object_id' | 'action'>;

/** Says with an answer how far the log was before it was put together. */
export async function sayVersion({ state }: Context, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.method === 'GET' && documents.test(request.routeOptions.url ?? ''))
    reply.header(versionHeader, await newestDone(state));
}

/** @param entry of this change, as begun @throws EvenkeelError BAD_REQUEST for what is no number, CHANGED_SINCE */
export async function refuseChanged(
  { state }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, object, object_id, action }: DocumentEntry & { id: number },
): Promise<void> {
  const text = request.headers[baseHeader];
  // What is new takes the place of nothing.
  if (text === undefined || action === 'add') return;
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text))
    throw fail('BAD_REQUEST', { problem: `${baseHeader} "${text}" is not the number that ${versionHeader} gave` });
  const between = await entriesBetween(state, object, Number(text), id);
  const other = between.findLast((one) =>
    one.object_id !== null && object_id !== null
      ? one.object_id === object_id
      : one.action === action || ofMany.test(one.action) || ofMany.test(action),
  );
  if (!other) return;
  reply.header(versionHeader, await newestDone(state));
  throw refusal('CHANGED_SINCE', reason('changed_since', { by: other.actor }));
}
