/** Names of people as they come in with a request: whoever is named must be able to log in. */
import { unknownName } from '../../shared/unknown-name.ts';
import type { Context } from './context.ts';

/** @param by the caller, who may be a script under a name of its own @throws EvenkeelError NOT_FOUND */
export async function requirePerson(
  { accounts: { users } }: Pick<Context, 'accounts'>,
  name: string,
  by: string,
): Promise<void> {
  if (name === by) return;
  const known = (await users.list()).filter(({ disabledAt }) => disabledAt === null).map((user) => user.name);
  if (!known.includes(name)) throw unknownName('user', name, known);
}
