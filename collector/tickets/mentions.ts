/** Who is named in a comment: `@ada`. A name of nobody is plain text. */
import type { StateTransaction } from '../state/database.ts';

/** Of the names that there are, the longest that fits: `@Ada Lang` is not `@Ada`. Pure. */
export function namesIn(text: string, names: readonly string[]): string[] {
  const longest = names.toSorted((a, b) => b.length - a.length);
  const found = new Set<string>();
  for (const { index } of text.matchAll(/(?<![\p{L}\p{N}._@-])@/gu)) {
    const rest = text.slice(index + 1);
    const name = longest.find(
      (one) =>
        rest.slice(0, one.length).toLowerCase() === one.toLowerCase() &&
        !/^[\p{L}\p{N}_-]/u.test(rest.slice(one.length)),
    );
    if (name !== undefined) found.add(name);
  }
  return [...found];
}

/** So many are told of one comment: whoever names the whole house wants a channel. */
const mentionsAtMost = 20;

/** Those who can log in and see the ticket. */
export async function mentionsIn(db: StateTransaction, ticket: number, text: string): Promise<string[]> {
  const users = await db.selectFrom('users').select(['name', 'sites']).where('disabled_at', 'is', null).execute();
  const named = namesIn(
    text,
    users.map(({ name }) => name),
  ).slice(0, mentionsAtMost);
  if (named.length === 0) return [];
  const row = await db
    .selectFrom('tickets as t')
    .leftJoin('endpoints as e', 'e.id', 't.endpoint')
    .leftJoin('sites as s', (join) => join.on((is) => is('s.name', '=', is.fn.coalesce('e.site', 't.site'))))
    .select('s.id')
    .where('t.id', '=', ticket)
    .executeTakeFirst();
  const sees = (sites: string | null) =>
    sites === null || (row?.id != null && (JSON.parse(sites) as string[]).includes(row.id));
  return named.filter((name) => users.some((user) => user.name === name && sees(user.sites)));
}
