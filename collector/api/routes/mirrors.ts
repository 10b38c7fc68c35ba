/** Mirrors of the series: how far each is, and what it did not get. */
import { Type } from 'typebox';
import { MirrorView } from '../../../shared/mirror.ts';
import type { App, Context } from '../context.ts';

export function mirrorRoutes(app: App, { mirrors }: Context): void {
  app.get(
    '/api/v1/collector/mirrors',
    {
      schema: {
        summary: 'Mirrors of the series: what waits for each, what it has taken and what it did not get',
        ...{ tags: ['collector'], response: { 200: Type.Object({ items: Type.Array(MirrorView) }) } },
      },
    },
    () => ({ items: mirrors.view() }),
  );
}
