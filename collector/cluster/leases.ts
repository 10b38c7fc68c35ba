/**
 * The table of leases: which collectors run, and which of them serves what. A lease holds as long as its holder beats, by
 * the clock of the database: clocks of the collectors do not matter. Taking one is a single statement that succeeds for one
 * collector, and gives it a token that is higher than any before.
 */
import { sql } from 'kysely';
import { goneMs } from '../../shared/collectors.ts';
import { fail } from '../../shared/errors.ts';
import type { ClusterTables } from '../state/cluster-tables.ts';
import type { State } from '../state/open.ts';

export const leaseMs = goneMs;

/** One run of one collector. */
export type ClusterMember = Omit<ClusterTables['collectors'], 'beat_at' | 'started_at' | 'figures'>;

type Lease = ClusterTables['leases'];

/** What a beat has seen. */
export interface ClusterSeen {
  /** ms UTC by the clock of the database. */
  at: number;
  /** Those that run, by name. */
  members: readonly ClusterMember[];
  leases: ReadonlyMap<string, Lease>;
}

export interface Leases {
  /** Says that this collector runs. @throws EvenkeelError CLUSTER_NAME_TAKEN while another of its name does */
  beat(): Promise<ClusterSeen>;
  /** Of these, those that nobody has who runs. @returns what was taken, with its token */
  take(items: readonly string[]): Promise<Map<string, number>>;
  give(items: readonly string[]): Promise<void>;
  /** Gives all back, and is no longer listed. */
  leave(): Promise<void>;
}

const now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
const micros = sql<number>`(extract(epoch from clock_timestamp()) * 1000000)::bigint`;
const runs = sql<boolean>`beat_at > ${now} - ${sql.lit(leaseMs)}`;

/** How long a name that nobody uses any more is remembered. */
const forgottenMs = 3_600_000;

/** @param state a PostgreSQL database */
export function createLeases(state: State, me: ClusterMember, figures: () => object | null = () => null): Leases {
  async function say(): Promise<void> {
    const said = figures();
    const { rows } = await sql<{ name: string }>`
      insert into collectors (name, instance, address, certificate, secret, version, started_at, beat_at, figures)
      values (${me.name}, ${me.instance}, ${me.address}, ${me.certificate}, ${me.secret}, ${me.version}, ${now}, ${now},
        ${said === null ? null : JSON.stringify(said)}::text)
      on conflict (name) do update set instance = excluded.instance, address = excluded.address, certificate = excluded.certificate,
        secret = excluded.secret, version = excluded.version, beat_at = excluded.beat_at, figures = excluded.figures,
        started_at = case when collectors.instance = excluded.instance then collectors.started_at else excluded.started_at end
      where collectors.instance = excluded.instance or not (collectors.${runs}) returning name`.execute(state);
    if (rows.length > 0) return;
    const other = await state.selectFrom('collectors').select('address').where('name', '=', me.name).executeTakeFirst();
    throw fail('CLUSTER_NAME_TAKEN', { name: me.name, address: other?.address ?? '?' });
  }

  return {
    async beat() {
      await say();
      const { rows: members } = await sql<ClusterMember & { at: number; beat_at: number }>`
        select collectors.*, ${now} as at from collectors where ${runs} order by name`.execute(state);
      const leases = await state.selectFrom('leases').selectAll().execute();
      return {
        at: Number(members.find(({ name }) => name === me.name)?.at),
        members,
        leases: new Map(leases.map((lease) => [lease.item, lease])),
      };
    },

    async take(items) {
      const taken = await state.transaction().execute(async (db) => {
        await sql`insert into leases (item, holder, token) select unnest(${items}::text[]), null, 0
          on conflict do nothing`.execute(db);
        // A row that somebody works under is not waited for: the next beat tries again.
        const { rows } = await sql<Lease>`
          update leases set holder = ${me.instance}, token = greatest(token + 1, ${micros}) where item in (
            select item from leases where item = any(${items}) and holder is distinct from ${me.instance}
              and (holder is null or holder not in (select instance from collectors where ${runs}))
            for update skip locked
          ) returning item, token`.execute(db);
        return rows;
      });
      return new Map(taken.map(({ item, token }) => [item, Number(token)]));
    },

    async give(items) {
      await sql`update leases set holder = null where item = any(${items}) and holder = ${me.instance}`.execute(state);
    },

    async leave() {
      await sql`update leases set holder = null where holder = ${me.instance}`.execute(state);
      await sql`delete from collectors where instance = ${me.instance}
        or beat_at < ${now} - ${sql.lit(forgottenMs)}`.execute(state);
    },
  };
}
