/**
 * Requests of this process in the name of a user: what is asked for in a chat room passes the doors, the rights, the sites and the
 * audit log like any other request. Whoever it is for stands beside the request, where nothing that comes over the network can write.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { userOf } from '../accounts/users.ts';
import type { CallAsUser } from '../chat/parts.ts';
import type { State } from '../state/open.ts';
import type { App, Caller } from './context.ts';

interface InName {
  /** Id. */
  user: string;
  room: string;
}

const inName = new AsyncLocalStorage<InName>();

export const callAsUser =
  (app: App): CallAsUser =>
  (user, room) =>
  (method, url, body) =>
    inName.run({ user, room }, async () => {
      const headers = { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
      const answer = await app.inject({ method, url, headers, ...payload });
      return { status: answer.statusCode, body: answer.body === '' ? null : (JSON.parse(answer.body) as unknown) };
    });

/** As they are now; null: disabled or gone. Undefined: the request is in nobody's name. */
export async function callerInName(state: State): Promise<Caller | null | undefined> {
  const one = inName.getStore();
  if (!one) return undefined;
  const rows = state.selectFrom('users').selectAll().where('id', '=', one.user).where('disabled_at', 'is', null);
  const row = await rows.executeTakeFirst();
  if (!row) return null;
  const { name, role, sites } = userOf(row);
  return {
    ...{ name, role, sites, by: 'chat', room: one.room, via: null, session: null },
    ...{ onlyFor: null, endsAt: null, isLocal: false },
  };
}
