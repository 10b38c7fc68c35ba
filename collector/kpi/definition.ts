/** What the index is made of: weights, targets and floors, chosen by people. Every version stays. */
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';
import type { Month } from './month.ts';
import { partNames, type StabilityDefinition, startingDefinition } from './stability.ts';

export interface DefinitionVersion {
  version: number;
  /** Null: what it begins with. */
  at: number | null;
  by: string | null;
  reason: string | null;
  parts: StabilityDefinition;
}

/** Newest first; the last one is what it begins with. */
export async function definitions(state: State): Promise<DefinitionVersion[]> {
  const rows = await state.selectFrom('index_definitions').selectAll().orderBy('version', 'desc').execute();
  const first = { version: 0, at: null, by: null, reason: null, parts: startingDefinition };
  return [
    ...rows.map(({ version, at, by_user, reason, parts }) => ({
      ...{ version, at, by: by_user, reason },
      parts: JSON.parse(parts) as StabilityDefinition,
    })),
    first,
  ];
}

export async function definitionNow(state: State): Promise<Month['definition']> {
  const [{ version, parts }] = (await definitions(state)) as [DefinitionVersion];
  return { version, parts };
}

/** Holds for open months from now on. @throws EvenkeelError BAD_DEFINITION */
export async function changeDefinition(
  state: State,
  parts: StabilityDefinition,
  by: string,
  reason: string,
  at: number,
): Promise<DefinitionVersion> {
  const fault = definitionFault(parts);
  if (fault !== null) throw fail('BAD_DEFINITION', { fault });
  return state.transaction().execute(async (db) => {
    const last = await db
      .selectFrom('index_definitions')
      .select(({ fn }) => fn.max('version').as('n'))
      .executeTakeFirst();
    const version = (last?.n ?? 0) + 1;
    await db
      .insertInto('index_definitions')
      .values({ version, at, by_user: by, reason, parts: JSON.stringify(parts) })
      .execute();
    return { version, at, by, reason, parts };
  });
}

function definitionFault(parts: StabilityDefinition): string | null {
  const weights = partNames.map((name) => parts[name].weight);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (Math.abs(sum - 100) > 1e-6) return `the weights add up to ${sum}, not to 100`;
  const flat = partNames.find((name) => parts[name].target === parts[name].floor);
  return flat === undefined ? null : `of ${flat} the values of 100 points and of 0 are both ${parts[flat].target}`;
}
