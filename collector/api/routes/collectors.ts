/** Collectors among which a fleet is shared. */
import { Type } from 'typebox';
import { type CollectorFigures, CollectorView, goneMs } from '../../../shared/collectors.ts';
import type { App, Context } from '../context.ts';

/** Not longer ago: a name that nobody uses any more is no news. */
const shownMs = 86_400_000;

export function collectorRoutes(app: App, { state, clock }: Context): void {
  app.get(
    '/api/v1/collectors',
    {
      schema: {
        summary:
          'Collectors among which the fleet is shared: who runs, and what each serves; none where there is one alone',
        ...{ tags: ['collector'], response: { 200: Type.Object({ items: Type.Array(CollectorView) }) } },
      },
    },
    async () => {
      const now = clock.now();
      const rows = await state.selectFrom('collectors').selectAll().orderBy('name').execute();
      const leases = await state.selectFrom('leases').select(['item', 'holder']).execute();
      const held = Map.groupBy(leases, ({ holder }) => holder);
      return {
        items: rows
          .filter(({ beat_at: at }) => at > now - shownMs)
          .map(
            ({ name, address, version, instance, started_at: startedAt, beat_at: beatAt, figures }): CollectorView => {
              const mine = held.get(instance) ?? [];
              const isLeader = mine.some(({ item }) => item === 'leader');
              return {
                ...{ name, address, version, startedAt, beatAt, isLeader, isGone: beatAt < now - goneMs },
                buckets: mine.length - (isLeader ? 1 : 0),
                figures: figures === null ? null : (JSON.parse(figures) as CollectorFigures),
              };
            },
          ),
      };
    },
  );
}
