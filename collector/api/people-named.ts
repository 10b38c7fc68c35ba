/** Names of people as they come in with a request: whoever is named must be able to log in. */

import { fail } from '../../shared/errors.ts';
import { shownName } from '../../shared/place-name.ts';
import { unknownName } from '../../shared/words/refusal.ts';
import { mayDo } from '../accounts/roles.ts';
import type { Context } from './context.ts';

/**
 * The user to whom an alert is handed over: may acknowledge it, and can be reached by a message.
 * @throws EvenkeelError NOT_FOUND for a name of nobody, CONFLICT with what to do
 */
export async function requireTaker(
  context: Pick<Context, 'accounts' | 'onCall' | 'channels'>,
  name: string,
  by: string,
): Promise<void> {
  const no = (why: string) =>
    fail('CONFLICT', { problem: `the alert cannot be handed over to ${shownName(name)}: ${why}` });
  if (name === by) throw no('that is you; name somebody else');
  await requirePerson(context, name, by);
  const user = (await context.accounts.users.list()).find((one) => one.name === name);
  if (user && !mayDo(user.role, 'operator')) throw no('as a viewer they may not acknowledge it; name an operator');
  // Without any channel nobody can be reached, and the page says who was asked.
  if (context.channels.list().length > 0 && (await context.onCall.ownWays(name)).length === 0)
    throw no('no message can reach them; they set under Settings how they are reached');
}

/** @param by the caller, who may be a script under a name of its own @throws EvenkeelError NOT_FOUND */
export async function requirePerson(
  { accounts: { users } }: Pick<Context, 'accounts'>,
  name: string,
  by: string,
): Promise<void> {
  if (name === by) return;
  const all = await users.list();
  const known = all.filter(({ disabledAt }) => disabledAt === null).map((user) => user.name);
  if (known.includes(name)) return;
  const isDisabled = all.some((user) => user.name === name);
  throw unknownName('user', name, known, isDisabled ? 'who can log in: it was disabled' : undefined);
}
