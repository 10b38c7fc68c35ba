/**
 * Wires a collector among others: its buckets, what it keeps of them, the way to the leader, and the leader itself while this one
 * has it. Called by `collector.ts` alone. What it opens, `stop` closes in the opposite order.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { Clock } from '../shared/clock.ts';
import { EvenkeelError, reasonOf } from '../shared/errors.ts';
import { isWithin } from '../shared/ranges.ts';
import { createTokens } from './accounts/tokens.ts';
import { createErasedElsewhere } from './cluster/erased.ts';
import { createFigures, type MemberFigures } from './cluster/figures.ts';
import { openFront } from './cluster/front.ts';
import { type BucketChange, createHoldings, type Holdings, type Leader, leaderItem } from './cluster/holdings.ts';
import { createKnown } from './cluster/known.ts';
import { createLeaderSource } from './cluster/leader-source.ts';
import { createLeases } from './cluster/leases.ts';
import { openPeers } from './cluster/peers.ts';
import { createPost } from './cluster/post.ts';
import { createRelay, type TakePassed } from './cluster/relay.ts';
import type { Fleet } from './fleet/fleet.ts';
import { createAcks } from './intake/acks.ts';
import { createAdmission } from './intake/admit.ts';
import { createBudgets } from './intake/budgets.ts';
import { createIntakeCounters } from './intake/counters.ts';
import { createKeptInflater } from './intake/kept-inflater.ts';
import { createLargeMessages } from './intake/large/large-messages.ts';
import { createReportShapes } from './intake/report-shapes.ts';
import type { IntakeSource } from './intake/source.ts';
import type { Mirrors } from './mirrors/mirrors.ts';
import { sourceOf } from './open-intake.ts';
import { openFolder, openSeriesIn, openStateAt } from './open-stores.ts';
import type { Close, Collector, Deps, LeaderParts, OpenParts, Started } from './parts.ts';
import type { SeriesStore } from './series/series.ts';
import { addressesOf } from './settings/addresses.ts';
import type { Config } from './settings/settings.ts';
import type { PostgresPlace } from './state/drivers/postgres-address.ts';
import type { State } from './state/open.ts';
import { serveTls } from './tls/serving.ts';

/** A collector with other settings and parts: that of the leader. */
type Create = (config: Config, deps: Deps) => Collector;

/** A killed collector of the same name is forgotten by then. */
const nameWithinMs = 20_000;
/** Without a leader a start still ends: it may be another's that is just beginning. */
const leaderWithinMs = 30_000;

/** @throws EvenkeelError for whatever a person can mend */
export async function openMember(
  config: Config,
  deps: OpenParts,
  onStop: (close: Close) => void,
  create: Create,
): Promise<Started> {
  const { log, stopped } = deps;
  const cluster = config.cluster as NonNullable<Config['cluster']>;
  const place: PostgresPlace = { ...(config.state as PostgresPlace), isShared: true };
  const folder = openFolder(config, onStop);
  const { state } = await openStateAt(place, folder, { log, stopped }, onStop);
  const instance = randomUUID();
  let leader: OpenLeader | null = null;
  const peers = await openPeers({
    ...{ host: cluster.host, port: cluster.port, name: null, instance, now: deps.clock.now(), log },
    leaderPort: () => leader?.port() ?? null,
    onRelay: (socket, from) => (leader ? leader.source.accept(socket, from) : socket.terminate()),
  });
  onStop(() => peers.close());
  const figures = createFigures();
  const me = { name: cluster.name, instance, ...peers.known, version: deps.version };
  const holdings = createHoldings({ leases: createLeases(state, me, figures.now), me, clock: deps.clock, log });
  // The clock of the database is everybody's.
  const clock: Clock = { ...deps.clock, now: () => Math.round(deps.clock.now() + holdings.aheadMs()) };
  const known = createKnown({ state, log, monotonic: clock.monotonic });
  const fleet = { get: (id: string) => known.get(id) ?? leader?.endpointOf(id) };
  const { series, mirrors } = await openSeriesIn(config, folder, place, { clock, log, fleet }, onStop);
  const ofLeader = startMirrors(mirrors, figures.registry, onStop);
  onStop(() =>
    holdings
      .stop()
      .catch((thrown: unknown) => log.warn({ reason: reasonOf(thrown) }, 'Could not give the leases back')),
  );
  await beginRounds(holdings, stopped);
  const follow = (change: BucketChange) => known.follow(change).then((gained) => series.shared?.takeOver(gained));
  await follow({ gained: holdings.all(), lost: [] });
  onStop(holdings.onChange((change) => void follow(change)));

  const erased = createErasedElsewhere({ state, series, known, log });
  onStop(() => erased.close());
  void erased.look();

  const onOwn = new Set<() => void>();
  const relay = createRelay({
    ...{ instance, log, leader: holdings.leader, onLeader: holdings.onLeader, connect: peers.connect },
    onEndpoint: (id) =>
      void known
        .reload(id)
        .then(() => erased.changed(id))
        .catch(() => undefined),
    own: (): TakePassed | null => (leader?.port() ? leader.source.take : null),
    onOwn(listener) {
      onOwn.add(listener);
      return () => void onOwn.delete(listener);
    },
  });
  onStop(() => relay.close());
  figures.begin({ relay, holdings, series, monotonic: clock.monotonic });
  const source = await openPost(config, { ...deps, clock, known, series, relay, holdings, figures }, onStop);
  const port = await openWeb(config, { ...deps, clock, holdings, peers, figures, state }, onStop);
  const here = { ...config, http: { ...config.http, port } };

  const turnLeader = leaderTurns(async (next) => {
    const old = leader;
    leader = null;
    for (const listener of onOwn) listener();
    await old?.collector.stop();
    if (!next?.isMine) return null;
    const fence = { item: leaderItem, holder: instance, token: next.token };
    const leaderSource = createLeaderSource({ holdings, outward: source, log });
    const opened = openLeader(here, { ...deps, clock, log }, create, {
      ...{
        folder,
        series: { ...series, close: async () => undefined },
        mirrors: ofLeader,
        place: { ...place, fence },
        isSure: () => holdings.isSure() && holdings.leader()?.token === next.token,
      },
      ...{ source: leaderSource.source, conflict: leaderSource.conflict, storeOf: leaderSource.storeOf },
      onEndpoint(id) {
        void known.reload(id).catch(() => undefined);
        leaderSource.tell(id);
      },
    });
    try {
      const started = await opened.collector.start();
      leader = { ...opened, source: leaderSource };
      void series.shared?.learn(opened.endpoints());
      log.info({ collector: cluster.name }, 'This collector leads: alerts, tickets, messages and pages');
      for (const listener of onOwn) listener();
      return started;
    } catch (thrown) {
      log.error({ err: thrown }, 'The leader could not be opened here; another may take it');
      await holdings.giveLead().catch(() => undefined);
      throw thrown;
    }
  });
  onStop(() => turnLeader(null).catch(() => undefined));
  onStop(holdings.onLeader((next) => void turnLeader(next).catch(() => undefined)));
  const first = holdings.leader();
  const started = first?.isMine ? await turnLeader(first) : null;
  if (!first)
    await Promise.race([holdings.round().catch(() => undefined), pause(leaderWithinMs, undefined, { ref: false })]);
  const nothing = async () => [];
  return {
    addresses: started?.addresses ?? addressesOf(config, { http: port, mqtt: source.port }),
    setupLink: started?.setupLink ?? null,
    data: folder.path,
    cluster: {
      name: cluster.name,
      address: me.address,
      buckets: holdings.all().length,
      leader: holdings.leader()?.member.name ?? null,
    },
    applyRules: (rules) => leader?.started()?.applyRules(rules) ?? nothing(),
    applyAgentSettings: async (layers) => leader?.started()?.applyAgentSettings(layers),
  };
}

/** @throws EvenkeelError CLUSTER_NAME_TAKEN where another one runs under this name */
async function beginRounds(holdings: Holdings, stopped: AbortSignal): Promise<void> {
  for (const end = performance.now() + nameWithinMs; ; await pause(1000)) {
    try {
      return await holdings.round();
    } catch (thrown) {
      const mayPass = thrown instanceof EvenkeelError && thrown.retryable;
      if (!mayPass || stopped.aborted || performance.now() > end) throw thrown;
    }
  }
}

interface OpenLeader {
  collector: Collector;
  source: ReturnType<typeof createLeaderSource>;
  port(): number | null;
  started(): Started | null;
  endpointOf(id: string): { name: string; site: string | null } | undefined;
  endpoints(): string[];
}

function openLeader(
  config: Config,
  deps: OpenParts,
  create: Create,
  shared: Omit<LeaderParts, 'http' | 'onPort' | 'onFleet'>,
): Omit<OpenLeader, 'source'> {
  let [port, started]: [number | null, Started | null] = [null, null];
  const { http } = config;
  const names = [...http.names, http.host];
  let fleet: Pick<Fleet, 'get' | 'all'> | null = null;
  const collector = create(
    { ...config, localAgent: false },
    {
      ...deps,
      leader: {
        ...shared,
        http: { ...http, names, host: '127.0.0.1', port: 0, trustProxy: ['127.0.0.1', ...http.trustProxy] },
        onPort: (at) => {
          port = at;
        },
        onFleet: (opened) => {
          fleet = opened;
        },
      },
    },
  );
  return {
    collector: {
      start: async () => {
        started = await collector.start();
        return started;
      },
      stop: collector.stop,
    },
    port: () => port,
    started: () => started,
    endpointOf: (id) => fleet?.get(id),
    endpoints: () => [...(fleet?.all() ?? [])].flatMap(({ id, retiredAt }) => (retiredAt === null ? id : [])),
  };
}

/** One after the other: the leader is closed before it is opened again. */
function leaderTurns(turn: (next: Leader | null) => Promise<Started | null>) {
  let last: Promise<Started | null> = Promise.resolve(null);
  return (next: Leader | null): Promise<Started | null> => {
    last = last.catch(() => null).then(() => turn(next));
    return last;
  };
}

type MirrorsStart = Parameters<Mirrors['start']>[0];

/**
 * Mirrors get the samples of this collector's buckets; states of endpoints are known at the leader alone, and an alert is raised
 * there. Elsewhere what is behind is in the log. @returns those of the leader
 */
function startMirrors(mirrors: Mirrors, registry: Registry, onStop: (close: Close) => void): Mirrors {
  let leader: MirrorsStart | null = null;
  const alerts: MirrorsStart['alerts'] = {
    own: async (...about) => leader?.alerts.own(...about),
    ownTags: (rule) => leader?.alerts.ownTags(rule) ?? [],
  };
  onStop(mirrors.start({ registry, alerts, endpoints: () => leader?.endpoints() ?? [] }));
  return {
    ...mirrors,
    start(given) {
      leader = given;
      return () => {
        if (leader === given) leader = null;
      };
    },
  };
}

type PostDeps = OpenParts & {
  known: ReturnType<typeof createKnown>;
  series: SeriesStore;
  relay: ReturnType<typeof createRelay>;
  holdings: Holdings;
  figures: MemberFigures;
};

/** Each would be asked by its own agents alone; settings refuse it. */
const noBroker = { broker: { current: () => null, onChange: () => undefined } };

/** From the broker to the store and to the leader. */
async function openPost(config: Config, parts: PostDeps, onStop: (close: Close) => void): Promise<IntakeSource> {
  const { clock, log, known, series, relay, holdings, figures } = parts;
  const counters = createIntakeCounters(figures.registry);
  const budgets = createBudgets(clock.monotonic);
  const largeMessages = createLargeMessages({ log });
  onStop(() => largeMessages.close());
  let source: IntakeSource | null = null;
  const acks = createAcks({
    ...{ log, monotonic: clock.monotonic, receipt: series.receipt, isShared: () => false },
    before: async () => undefined,
    charge: (endpoint, ms) => budgets.charge(endpoint, 'cpu', ms),
    send(endpoint, ack) {
      const bytes = Buffer.from(JSON.stringify({ ...ack, at: clock.now() }), 'utf8');
      if (source?.send(endpoint, 'ack', bytes)) counters.acks.inc();
    },
  });
  onStop(() => acks.close());
  const reading = {
    ...{ largeMessages, counters, budgets, clock, shapes: createReportShapes() },
    quickInflate: createKeptInflater(Math.max(0, largeMessages.smallBytes)),
    admission: createAdmission({ retentionMs: config.retention.rawMs, maxSeries: 2000, monotonic: clock.monotonic }),
    // The leader reads the same, and keeps what is set aside.
    quarantine: { putParts: async () => undefined },
    fleet: { received: () => undefined },
  };
  const post = createPost({ reading, known, series, relay, acks, holdings, clock, log });
  const take: typeof post.take = (message) => {
    if (message.leaf === 'report') figures.reported();
    return post.take(message);
  };
  const open = parts.source ?? sourceOf(config, noBroker);
  source = await open({
    ...{ clock, log, counters, budgets, held: holdings, onMessage: take, onSubscribe: () => undefined },
    // Who is not known here is looked for in the database: it may have joined just now.
    sessionOf: () => null,
    authenticate: () => undefined,
  });
  onStop(() => source?.close());
  return source;
}

type FrontDeps = OpenParts & {
  holdings: Holdings;
  peers: Awaited<ReturnType<typeof openPeers>>;
  figures: MemberFigures;
  state: State;
};

/** @returns the port where this collector is asked for pages */
async function openWeb(
  config: Config,
  { clock, log, holdings, peers, figures, state }: FrontDeps,
  onStop: (close: Close) => void,
): Promise<number> {
  const serving = await serveTls(config, { clock, log });
  onStop(() => serving.stop());
  const { host, port, trustProxy } = config.http;
  const tokens = createTokens(state, clock.now);
  const front = await openFront({
    ...{ host, port, tls: serving.web, peers, log, clock, holdings, zone: config.zone },
    isTrusted: (address) => isWithin(address, trustProxy),
    metrics: figures.registry,
    async mayRead(secret) {
      const found = await tokens.find(secret);
      return found !== undefined && (found.onlyFor === null || found.onlyFor === 'metrics') && found.sites === null;
    },
  });
  onStop(() => front.close());
  return front.port;
}
