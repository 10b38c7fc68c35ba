/** What is asked of KPIs: a period, and of which place. Shared by their routes. */
import { type Static, Type } from 'typebox';
import { EndpointKind } from '../../../shared/api.ts';
import { periodText, periodWords } from '../../../shared/period.ts';
import { nameKey } from '../../../shared/place-name.ts';
import { defaultLanguage, languages } from '../../../shared/words/index.ts';
import { unknownName } from '../../../shared/words/refusal.ts';
import { presentMonth } from '../../kpi/period.ts';
import { type KpiScope, withinSight } from '../../kpi/question.ts';
import type { Context } from '../context.ts';
import { unknownEndpoint } from '../rule-scope.ts';
import { closed, PlaceName } from '../shapes.ts';

export const PeriodName = Type.String({ pattern: periodText, want: periodWords, description: periodWords });
const period = Type.Optional({ ...PeriodName, description: `${periodWords}; default the present month` });
export const kpiScope = {
  period,
  kind: Type.Optional(EndpointKind),
  site: Type.Optional(PlaceName),
  group: Type.Optional(PlaceName),
  endpoint: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'its id' })),
};
/** Of what a file says in words. */
export const WordsOf = Type.Optional(
  Type.Enum([...languages], { description: 'of the words in it', default: defaultLanguage }),
);
const ListQuery = Type.Object(kpiScope, closed);

export function kpiQuestions({ state, clock, zone, sites, groups, fleet, ruleNamed }: Context) {
  /** @throws EvenkeelError NOT_FOUND: a mistyped name must not look like "no data" */
  async function scopeOf({ kind, site, group, endpoint }: Static<typeof ListQuery>): Promise<KpiScope> {
    const all = site === undefined ? [] : await sites.list();
    const named = site === undefined ? undefined : all.find(isCalled(site));
    if (site !== undefined && !named)
      throw unknownName(
        'site',
        site,
        all.map(({ name }) => name),
      );
    const groupId = group === undefined ? undefined : groups.named(group);
    if (group !== undefined && groupId === undefined)
      throw unknownName(
        'group',
        group,
        (await groups.list()).map(({ name }) => name),
      );
    if (endpoint !== undefined) {
      const known = state.selectFrom('endpoints').select('id').where('id', '=', endpoint);
      if (!(await known.executeTakeFirst())) throw unknownEndpoint(fleet, endpoint);
    }
    return withinSight({ kind, site: named?.name, group: groupId, endpoint });
  }

  async function questionOf(query: Static<typeof ListQuery>) {
    const now = clock.now();
    return { period: query.period ?? presentMonth(now, zone), zone, now, scope: await scopeOf(query), ruleNamed };
  }

  return { scopeOf, questionOf };
}

const isCalled = (text: string) => {
  const key = nameKey(text);
  return ({ id, name }: { id: string; name: string }) => id === text || nameKey(name) === key;
};
