/** Which agents have taken the authority that they were told of, and why the others have not. Memory holds what state has. */
import { trustLevel } from '../../shared/agent-level.ts';
import type { NotTrusting } from '../../shared/tls.ts';
import type { SaidTrust, Trust } from '../../shared/trust.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import { breathe } from '../state/breathe.ts';
import { createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';
import { updateRow } from '../state/rows.ts';

export interface TrustAgentsParts {
  state: State;
  fleet: Fleet;
  changeFeed: ChangeFeed;
  /** Null: nothing is encrypted, so there is nothing to trust. */
  told(): Trust | null;
}

export interface TrustAgents {
  /** For the message `config`. */
  documentFor(endpoint: Endpoint): { trust?: Trust };
  heard(endpoint: Endpoint, said: SaidTrust): Promise<void>;
  /** Of those that live. */
  missing(): NotTrusting[];
  ofEndpoint(id: string): NotTrusting | null;
  /** What is told has changed. */
  tell(configure: (endpoint: string) => void): Promise<void>;
  stop(): void;
}

interface KnownTrust {
  version: number | null;
  refused: { version: number; why: string } | null;
}

/** The event loop turns in between. */
const atOnce = 200;

export async function createTrustAgents(parts: TrustAgentsParts): Promise<TrustAgents> {
  const { state, fleet, changeFeed, told } = parts;
  const known = new Map<string, KnownTrust>();
  const group = createGroup(state);

  const read = () => state.selectFrom('endpoints').select(['id', 'trust', 'trust_refused']);
  function learn(rows: readonly { id: string; trust: number | null; trust_refused: string | null }[]): void {
    for (const { id, trust, trust_refused: refused } of rows)
      known.set(id, {
        version: trust,
        refused: refused === null ? null : (JSON.parse(refused) as KnownTrust['refused']),
      });
  }
  learn(await read().where('retired_at', 'is', null).execute());
  const stop = changeFeed.subscribe((change) => {
    if (change.kind !== 'endpoint' || known.has(change.endpoint)) return;
    // Enrolled a moment ago: it has what its answer brought.
    const look = read().where('id', '=', change.endpoint).execute();
    look.then((rows) => learn(rows.filter(({ id }) => !known.has(id)))).catch(() => undefined);
  });

  function why(endpoint: Endpoint, { version }: Trust): NotTrusting | null {
    const { id, name, level, state: presence } = endpoint;
    const now = known.get(id);
    if (now?.version === version) return null;
    const one = (reason: NotTrusting['why'], text: string | null = null): NotTrusting => ({
      id,
      name,
      why: reason,
      text,
    });
    if (now?.refused?.version === version) return one('refused', now.refused.why);
    if (level !== undefined && level < trustLevel) return one('old');
    return one(presence === 'online' ? 'waiting' : presence === 'never' ? 'never' : 'offline');
  }

  const ofEndpoint = (id: string) => {
    const [endpoint, document] = [fleet.get(id), told()];
    return endpoint && document ? why(endpoint, document) : null;
  };

  return {
    documentFor({ level }) {
      const document = told();
      return document && (level ?? 0) >= trustLevel ? { trust: document } : {};
    },
    async heard({ id }, said) {
      const now: KnownTrust = { version: said.version, refused: said.refused ?? null };
      if (JSON.stringify(known.get(id)) === JSON.stringify(now)) return;
      const row = { trust: said.version, trust_refused: said.refused ? JSON.stringify(said.refused) : null };
      await group((db) => updateRow(db, 'endpoints', id, row));
      known.set(id, now);
      changeFeed.publish({ kind: 'endpoint', endpoint: id });
    },
    missing() {
      const document = told();
      return document ? [...fleet.all()].flatMap((endpoint) => why(endpoint, document) ?? []) : [];
    },
    ofEndpoint,
    stop,
    async tell(configure) {
      let n = 0;
      for (const { id, level } of [...fleet.all()]) {
        if ((level ?? 0) >= trustLevel) configure(id);
        if (++n % atOnce === 0) await breathe();
      }
    },
  };
}
