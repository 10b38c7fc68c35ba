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
  const all = await users.list();
  const known = all.filter(({ disabledAt }) => disabledAt === null).map((user) => user.name);
  if (known.includes(name)) return;
  const isDisabled = all.some((user) => user.name === name);
  throw unknownName('user', name, known, isDisabled ? 'who can log in: it was disabled' : undefined);
}
