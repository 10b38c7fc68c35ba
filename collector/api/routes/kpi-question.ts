/** What is asked of KPIs: a period, and of which place. Shared by their routes. */
import { type Static, Type } from 'typebox';
import { EndpointKind } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { periodText, periodWords } from '../../../shared/period.ts';
import { nameKey } from '../../../shared/place-name.ts';
import { presentMonth } from '../../kpi/period.ts';
import type { KpiScope } from '../../kpi/question.ts';
import type { Context } from '../context.ts';
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
const ListQuery = Type.Object(kpiScope, closed);

export function kpiQuestions({ state, clock, zone, sites, groups, ruleNamed }: Context) {
  /** @throws EvenkeelError NOT_FOUND: a mistyped name must not look like "no data" */
  async function scopeOf({ kind, site, group, endpoint }: Static<typeof ListQuery>): Promise<KpiScope> {
    const named = site === undefined ? undefined : (await sites.list()).find(isCalled(site));
    if (site !== undefined && !named) throw fail('NOT_FOUND', { what: 'site', id: site });
    const groupId = group === undefined ? undefined : groups.named(group);
    if (group !== undefined && groupId === undefined) throw fail('NOT_FOUND', { what: 'group', id: group });
    if (endpoint !== undefined) {
      const known = state.selectFrom('endpoints').select('id').where('id', '=', endpoint);
      if (!(await known.executeTakeFirst())) throw fail('NOT_FOUND', { what: 'endpoint', id: endpoint });
    }
    return { kind, site: named?.name, group: groupId, endpoint };
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
