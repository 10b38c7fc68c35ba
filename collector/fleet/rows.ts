/**
 * The rows of the fleet page, cached and rebuilt only for endpoints that changed, so that a page over a thousand
 * endpoints costs a sort and not a thousand queries.
 */
import type { EndpointRow } from '../../shared/api.ts';
import type { Log } from '../../shared/log.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import type { Change, ChangeFeed } from '../change-feed.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import { type EndpointFacts, factSections } from './facts.ts';
import type { Fleet } from './fleet.ts';
import type { Groups } from './groups.ts';
import { createKnowledge } from './knowledge.ts';
import { composeRow } from './row.ts';

export interface Rows {
  /** The row as of now; undefined for unknown and retired endpoints. */
  get(id: string): EndpointRow | undefined;
  all(): EndpointRow[];
  /** Inventory facts of an endpoint, as cached for its row. */
  facts(id: string): EndpointFacts;
  /** Resolves when every change so far is in the rows. */
  settled(): Promise<void>;
  close(): void;
}

export interface RowsDeps {
  fleet: Fleet;
  groups: Pick<Groups, 'namedGroupsOf'>;
  series: Pick<SeriesStore, 'latest'>;
  /** Verdicts of an endpoint in the alert engine. */
  held(id: string): readonly HeldAlert[];
  /** Of the agent, as far as the collector knows. */
  newestVersion(): string | null;
  state: State;
  changeFeed: ChangeFeed;
  log: Log;
  now: () => number;
}

/** Maximum age of a row, because ages and "in the last day" change with time. */
const freshMs = 15_000;

export async function createRows(deps: RowsDeps): Promise<Rows> {
  const { fleet, groups, series, held, state, changeFeed, log, now } = deps;
  const knowledge = createKnowledge(state);
  const cache = new Map<string, { row: EndpointRow; at: number }>();
  let work: Promise<unknown> = Promise.resolve();
  /** To be read; a read that has not begun yet covers further changes: an agent sends its sections in a row. */
  const unread = new Set<string>();

  /** One read at a time; a failed one is logged and leaves a stale row. */
  function enqueue(job: () => Promise<void>): void {
    work = work.then(job).catch((thrown: unknown) => log.warn({ err: thrown }, 'Could not refresh a fleet row'));
  }

  function onChange(change: Change): void {
    if (!('endpoint' in change)) return;
    const id = change.endpoint;
    cache.delete(id);
    if (change.kind !== 'inventory' || !factSections.includes(change.section) || unread.has(id)) return;
    unread.add(id);
    enqueue(async () => {
      unread.delete(id);
      await knowledge.read(id);
      cache.delete(id);
    });
  }

  function rowOf(id: string): EndpointRow | undefined {
    const endpoint = fleet.get(id);
    if (!endpoint || endpoint.retiredAt !== null) return undefined;
    const at = now();
    const kept = cache.get(id);
    if (kept && at - kept.at < freshMs) return kept.row;
    const row = composeRow({
      endpoint,
      groups: groups.namedGroupsOf(id),
      latest: series.latest(id),
      facts: knowledge.of(id),
      newestVersion: deps.newestVersion(),
      held: held(id),
      now: at,
    });
    cache.set(id, { row, at });
    return row;
  }

  await knowledge.read();
  const unsubscribe = changeFeed.subscribe(onChange);

  return {
    get(id) {
      return rowOf(id);
    },
    all() {
      return [...fleet.all()].flatMap(({ id }) => rowOf(id) ?? []);
    },
    facts: knowledge.of,
    async settled() {
      await work;
    },
    close: unsubscribe,
  };
}
