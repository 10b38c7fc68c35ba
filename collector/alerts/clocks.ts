/**
 * What alerts count by between two changes: since when each level has been breached or good, the pace of their series, and the
 * good series of which silence would be an alert, which have no row. Written once per minute and at the stop, because none
 * of it is a change; read at the start, so that it takes out the time that nobody watched, and nothing else.
 */
import type { Insertable } from 'kysely';
import { bucketOf } from '../../shared/topics.ts';
import { isTimed } from '../evaluate/book.ts';
import { breathe } from '../state/breathe.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { insertRows } from '../state/rows.ts';
import type { LiveAlert } from './alert.ts';
import type { AlertMemory } from './memory.ts';

export type Counting = Pick<LiveAlert, 'clocks' | 'pendingAt' | 'dataAt' | 'everyMs' | 'lastGapMs' | 'worstInEpisode'>;
export type Watch = Pick<LiveAlert, 'family' | 'metric' | 'tags'> & { rule: string; everyMs: number | null };
/** One or the other, and whose it is: another alert may have begun under the key. */
export type KeptClocks = { alert: string; counting: Counting } | { alert: string; watch: Watch };

const removedAtOnce = 100;

export interface ClockKeeper {
  /** Writes what differs from what stands there. */
  save(at: number): Promise<void>;
  /** By key. */
  load(): Promise<Map<string, KeptClocks & { endpoint: string }>>;
}

export function createClockKeeper(state: State, memory: Pick<AlertMemory, 'all'>): ClockKeeper {
  /** As it stands in the table, by key. */
  let written = new Map<string, string>();
  const unseen = ({ key, statuses }: LiveAlert) => (statuses === '' ? (written.get(key) ?? null) : null);
  return {
    async load() {
      const rows = await state.selectFrom('alert_clocks').selectAll().execute();
      written = new Map(rows.map(({ key, content }) => [key, content]));
      return new Map(
        rows.map(({ key, endpoint, content }) => [key, { ...(JSON.parse(content) as KeptClocks), endpoint }]),
      );
    },
    async save(at) {
      const next = new Map<string, string>();
      const rows: Insertable<Database['alert_clocks']>[] = [];
      for (const alert of memory.all()) {
        // Without a sample since the start: what was read still holds.
        const kept = alert.statuses === '' && written.has(alert.key) ? null : keptOf(alert);
        const content = kept === null ? unseen(alert) : JSON.stringify(kept);
        if (content === null) continue;
        next.set(alert.key, content);
        if (written.get(alert.key) === content) continue;
        const { key, endpoint } = alert;
        rows.push({ key, endpoint, bucket: bucketOf(endpoint), content, updated_at: at });
      }
      const gone = [...written.keys()].filter((key) => !next.has(key));
      if (rows.length === 0 && gone.length === 0) return;
      await state.transaction().execute(async (db) => {
        const changes = ['endpoint', 'bucket', 'content', 'updated_at'].map(
          (column) => `${column} = excluded.${column}`,
        );
        await insertRows(db, 'alert_clocks', rows, `on conflict (key) do update set ${changes.join(', ')}`);
        for (let i = 0; i < gone.length; i += removedAtOnce) {
          await db
            .deleteFrom('alert_clocks')
            .where('key', 'in', gone.slice(i, i + removedAtOnce))
            .execute();
          await breathe();
        }
      });
      written = next;
    },
  };
}

/** null: nothing of it would be lost at a stop. */
function keptOf(alert: LiveAlert): KeptClocks | null {
  const { id, state, rule, flapping, family, metric, tags, everyMs } = alert;
  if (state === 'inactive' && !flapping)
    return rule.no_data === 'alert' ? { alert: id, watch: { family, metric, tags, rule: rule.id, everyMs } } : null;
  // Of one that fires, and is neither about to be good nor worse, nothing counts.
  const isCounting = state === 'pending' || (state === 'firing' && Number.isFinite(alert.nextAt));
  if (!flapping && (isTimed(rule) || !isCounting)) return null;
  const { clocks, pendingAt, dataAt, lastGapMs, worstInEpisode } = alert;
  return { alert: id, counting: { clocks, pendingAt, dataAt, everyMs, lastGapMs, worstInEpisode } };
}
