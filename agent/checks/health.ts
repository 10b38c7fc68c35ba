/** Health and posture: each source when its time has come, the section whole each time. */
import { reasonOf } from '../../shared/errors.ts';
import type { Metric } from '../../shared/report.ts';
import { type Check, type CheckContext, type Findings, NoData } from './check.ts';
import { keep, kept, sectionOf } from './health/board.ts';
import { healthSources } from './health/index.ts';
import { type HealthSource, item, minute } from './health/source.ts';

/** All that put items on the board: the sources, and the checks of the endpoint's own. */
export const boardNames = [...healthSources.map((source) => source.name), 'custom'];

export const health: Check = {
  name: 'health',
  every: 5 * minute,
  reads: healthSources.map((source) => `${source.name}: ${source.reads}`).join('. '),
  run,
};

async function run(context: CheckContext): Promise<Findings> {
  const metrics: Metric[] = [];
  const notes: string[] = [];
  for (const source of healthSources.filter((candidate) => candidate.platforms.includes(context.platform))) {
    if (!isDue(source, context)) continue;
    const outcome = await readSource(source, context);
    metrics.push(...outcome.metrics);
    if (outcome.note !== null) notes.push(outcome.note);
  }
  const section = sectionOf(context, boardNames);
  return { metrics, sections: { health: section }, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
}

/** A little early is in time: the timer that calls us has a jitter of its own. A clock that went back is due as well. */
function isDue(source: HealthSource, context: CheckContext): boolean {
  const last = kept(context, source.name)?.at;
  const passed = context.clock.now() - (last ?? Number.NEGATIVE_INFINITY);
  return passed < 0 || passed >= source.every - minute / 2;
}

async function readSource(
  source: HealthSource,
  context: CheckContext,
): Promise<{ metrics: Metric[]; note: string | null }> {
  const at = context.clock.now();
  try {
    const { items, metrics } = await source.read(context);
    keep(context, source.name, { at, items });
    return { metrics, note: null };
  } catch (thrown) {
    const absent = thrown instanceof NoData;
    // A source that fails shows as "unknown": its last good answer must not stand as if it were new.
    const items = absent ? [] : [item(source.name, source.name, 'unknown', reasonOf(thrown), {}, at)];
    keep(context, source.name, { at, items });
    return { metrics: [], note: absent ? null : `${source.name}: ${reasonOf(thrown)}` };
  }
}
