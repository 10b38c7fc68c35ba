/** How tables name what work is done on. */
import { sameName } from '../evaluate/scope.ts';
import type { ScopeLookup } from '../maintenance/cells.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';
import type { Context } from './context.ts';
import { scopeNamed } from './rule-scope.ts';

export function scopeCells(context: Pick<Context, 'fleet' | 'sites' | 'groups'>): ScopeLookup {
  const { fleet } = context;
  return {
    async scopeNamed(scope) {
      const { of, target } = scope;
      if (of === 'endpoint') {
        const own = fleet.get(target);
        const found = own ? [own] : [...fleet.all()].filter(({ name }) => sameName(name, target));
        const [one] = found.filter(({ retiredAt }) => retiredAt === null);
        return one && found.length === 1 ? { of, target: one.id } : null;
      }
      // A spelling that is not there is a fault of its line, not of the request.
      return scopeNamed(context, scope).then(
        (found) => ({ of, target: (found as MaintenanceScope).target }),
        () => null,
      );
    },
    async namesOf(of) {
      const living = [...fleet.all()].filter(({ retiredAt }) => retiredAt === null);
      if (of === 'endpoint') return living.map(({ name }) => name);
      if (of === 'tag') return [...new Set(living.flatMap(({ tags }) => tags))];
      return (await context[of === 'site' ? 'sites' : 'groups'].list()).map(({ name }) => name);
    },
  };
}
