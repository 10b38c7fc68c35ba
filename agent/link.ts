/**
 * The MQTT session: when there is a connection, the agent's presence, and what the collector's messages change.
 *
 * Order of a connection: own `ack` and `config`, birth (retained), then what the spool holds (sender.ts). So current
 * data is visible immediately, however long the outage was. Each connection is a session of its own with its own will:
 * the late will of a connection that was cut does not affect the next one.
 */
import { hostname } from 'node:os';
import { agentLevel } from '../shared/agent-level.ts';
import type { Applied } from '../shared/applied.ts';
import type { Clock } from '../shared/clock.ts';
import { reasonOf } from '../shared/errors.ts';
import type { OfflineReason, Online, Presence } from '../shared/presence.ts';
import type { Ack, AgentConfig, AskAnswer, Moved } from '../shared/report.ts';
import { topicOf } from '../shared/topics.ts';
import type { UpdateReport } from '../shared/update.ts';
import { createAckTracker, firstResendMs } from './acks.ts';
import { createQuestions, type Question } from './asking.ts';
import type { AgentBirth } from './birth.ts';
import { type LinkConnection, openConnection } from './connection.ts';
import type { Credential } from './credential.ts';
import { createLogin, type LoginOptions } from './login.ts';
import { parseAck, parseConfig, versionIn } from './orders.ts';
import { createReconnect } from './reconnect.ts';
import type { RefusalVerdict } from './refusal.ts';
import { createSender, type Sender } from './sender.ts';
import type { Spool } from './spool.ts';
import { isAfter, type SpoolEntry, type SpoolKey } from './spool-entry.ts';
import type { TrustKeeper } from './trust.ts';
import { version } from './version.ts';
import { type AgentWay, type AgentWays, directWay } from './ways.ts';

export interface LinkOptions extends LoginOptions {
  spool: Spool;
  clock: Clock;
  bootId: string;
  startedAt: number;
  previousShutdown?: Online['previous_shutdown'];
  /** The further facts of a birth, at the moment it is published; `delivered` is called when the broker has them. */
  birth?: Pick<AgentBirth, 'facts' | 'delivered'>;
  /** The fast loop's interval in ms: what is older than two of them goes to the backlog. */
  intervalMs(): number;
  /** Null: the collector took its settings back. */
  onConfig(config: AgentConfig | null): void;
  /** They could not be understood, so those of before stay in force. */
  onConfigRefused?(why: string, version: number | null): void;
  /** What of the collector's settings this agent has: for the answer to them, and for births. */
  settings?(): Applied;
  /** Of this process, 16 hex digits: its wills say it before its births do. One that was refused stays the one that was refused. */
  instance?: string | undefined;
  /** How far an update is: for births. */
  update?(): UpdateReport;
  /** Which authority counts. */
  trust?: Pick<TrustKeeper, 'said' | 'heard' | 'byHandAt' | 'ended'>;
  /** By which way it is reached. Left out: MQTT at its own port. */
  ways?: Pick<AgentWays, 'open' | 'now' | 'url' | 'opened' | 'ended'>;
  random?: () => number;
}

export interface LinkState {
  state: 'connecting' | 'connected' | 'waiting' | 'asleep' | 'stopped';
  /** ms UTC of the last change of state. */
  since: number;
  trouble: string | null;
  way: AgentWay;
  lastAck: number | null;
  /** ms UTC of the first acknowledgement for a report of this process. */
  ownAck: number | null;
  /** ms UTC; the collector has reported that another machine uses this identity, too. */
  sharedSince: number | null;
}

export interface Link {
  start(): void;
  /** Sends a fresh entry at once when connected; otherwise the spool keeps it. */
  offer(entry: SpoolEntry): void;
  /** Publishes `offline` and disconnects. Resolves when the broker has it, or after two seconds. */
  disconnect(reason: OfflineReason): Promise<void>;
  /**
   * Asks the collector, on this connection only: a question is of now, so it is not kept. Null: there is no connection,
   * or no answer came in time.
   */
  ask(question: Question): Promise<AskAnswer | null>;
  /** Something of the birth has changed: publishes it again if connected, else with the next connection. */
  announce(): void;
  /** The newest entry that has been sent; null when none has. */
  sentUpTo(): SpoolKey | null;
  credential(): Credential;
  /** Another secret was fetched: connects anew with it. */
  use(credential: Credential): void;
  /** What is trusted from the next connection on; one that is tried in vain now is tried again soon. */
  adopt(trusting: Pick<Credential, 'mqtt' | 'trust'>): void;
  /** Connects anew at once, with no gap that somebody would hear of. */
  reopen(): Promise<void>;
  /** What the collector says of a log-in that the broker refused. */
  explain(verdict: RefusalVerdict): void;
  /** Back from sleep: connects at once. */
  wake(): void;
  state(): LinkState;
}

/** A machine that announced sleep and did not sleep reconnects after this time. */
const sleepMs = 120_000;
/** The agent ends even when the broker does not answer. */
const disconnectMs = 2000;

/** One connection, from its socket to its end. */
interface LinkSession {
  id: string;
  connection: LinkConnection;
  sender: Sender;
  /** Monotonic, ms; null until the broker has accepted it. */
  connectedAt: number | null;
  over: boolean;
}

/** Distinguishes connections and processes; guessing it gives no advantage, so node:crypto (2.4 MB) is not loaded. */
function randomId(random: () => number): string {
  const half = () => Math.floor(random() * 2 ** 32);
  return [half(), half()].map((part) => part.toString(16).padStart(8, '0')).join('');
}

/** @returns whether the broker has it */
function publishPresence({ publish }: LinkConnection, presence: Presence): Promise<boolean> {
  return new Promise((resolve) => publish('presence', JSON.stringify(presence), (error) => resolve(!error), true));
}

/**
 * In order: the broker has `offline` and does not publish the will. Or it does not answer in time.
 * @param reason null: nothing is said, because another connection follows at once
 */
async function endInOrder({ id, connection }: LinkSession, reason: OfflineReason | null): Promise<void> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, disconnectMs).unref());
  if (reason !== null)
    await Promise.race([publishPresence(connection, { state: 'offline', session: id, reason }), limit]);
  await Promise.race([connection.disconnect(), limit]);
}

function onlineOf(options: LinkOptions, session: string, instance: string, facts: Partial<Online>): Presence {
  return {
    state: 'online',
    session,
    boot_id: options.bootId,
    started_at: options.startedAt,
    previous_shutdown: options.previousShutdown ?? 'unknown',
    version,
    level: agentLevel,
    instance,
    hostname: hostname(),
    ...(options.settings && { settings: options.settings() }),
    ...(options.update && { update: options.update() }),
    ...(options.trust && { trust: options.trust.said() }),
    ...facts,
  };
}

function publishBirth(options: LinkOptions, instance: string, { id, connection }: LinkSession): void {
  const facts = options.birth?.facts() ?? {};
  void publishPresence(connection, onlineOf(options, id, instance, facts)).then(
    (isPublished) => isPublished && options.birth?.delivered(facts),
  );
}

/** Its reports arrive and are stored, and are sent again and again. */
function tellUnreadable({ log }: LinkOptions, credential: Credential, { message }: Error): string {
  const trouble = `The broker does not let this machine read ${topicOf(credential, 'ack')} and ${topicOf(credential, 'config')}, so it hears of no acknowledgement: correct its ACL; \`npm run collector -- broker-config\` prints a right one`;
  log.warn({ reason: message }, trouble);
  return trouble;
}

function takeConfig(options: LinkOptions, current: LinkSession, bytes: Uint8Array): void {
  // An empty retained message is how MQTT forgets one.
  const config = bytes.length === 0 ? null : parseConfig(bytes);
  options.onConfig(config);
  if (config?.version !== undefined) answerSettings(options, current);
}

function refuseConfig(options: LinkOptions, current: LinkSession, bytes: Uint8Array, why: string): void {
  const version = versionIn(bytes);
  options.onConfigRefused?.(why, version);
  if (version !== null) answerSettings(options, current);
}

/** Only to settings that have a version: an older collector would end the connection for a topic that it does not know. */
function answerSettings({ settings }: LinkOptions, { connection }: LinkSession): void {
  const applied = settings?.();
  // Where it is lost, the next birth says the same.
  if (applied) connection.publish('applied', JSON.stringify(applied), () => {});
}

interface SessionEvents {
  open(session: LinkSession): void;
  message(session: LinkSession, topic: string, bytes: Uint8Array): void;
  end(session: LinkSession): void;
  isCurrent(session: LinkSession): boolean;
  sent(entry: SpoolEntry): void;
}

function openSession(options: LinkOptions, credential: Credential, id: string, on: SessionEvents): LinkSession {
  const { spool, clock, intervalMs, trust } = options;
  const events = {
    onOpen: () => on.open(current),
    onMessage: (topic: string, bytes: Uint8Array) => on.message(current, topic, bytes),
    onEnd: () => on.end(current),
  };
  const byHandAt = trust?.byHandAt() ?? null;
  const { open } = options.ways ?? directWay;
  const connection = openConnection(credential, id, events, () => open(credential, byHandAt));
  const sender = createSender({
    ...{ spool, clock, intervalMs },
    isCurrent: () => on.isCurrent(current),
    publish(leaf, entry, onSettled) {
      on.sent(entry);
      connection.publish(leaf, Buffer.from(entry.body), onSettled);
    },
  });
  const current: LinkSession = { id, connection, sender, connectedAt: null, over: false };
  return current;
}

export function createLink(options: LinkOptions): Link {
  const { spool, clock, log, ways = directWay } = options;
  const random = options.random ?? Math.random;
  const instance = options.instance ?? randomId(random);
  const acks = createAckTracker({ spool, clock, log });
  const reconnect = createReconnect(connect, random);
  const login = createLogin({ ...options, onRefused: () => options.onRefused?.(instance) });
  let session: LinkSession | null = null;
  let resending: NodeJS.Timeout | null = null;
  const questions = createQuestions(() => randomId(random));
  let sentUpTo: SpoolKey | null = null;
  let status: Pick<LinkState, 'state' | 'since' | 'trouble'> = { state: 'stopped', since: clock.now(), trouble: null };

  function setState(state: LinkState['state'], trouble: string | null = null): void {
    status = { state, since: clock.now(), trouble };
  }

  /** Where the broker has accepted it. */
  const whenLive = <T>(work: (current: LinkSession) => T): T | null =>
    session && session.connectedAt !== null ? work(session) : null;

  function connect(): void {
    reconnect.cancel();
    setState('connecting');
    session = openSession(options, login.now(), instance + randomId(random), {
      ...{ open: begin, message: receive, end },
      isCurrent: (one) => session === one,
      sent(entry) {
        if (!sentUpTo || isAfter(entry, sentUpTo)) sentUpTo = { era: entry.era, seq: entry.seq };
      },
    });
  }

  function begin(current: LinkSession): void {
    current.connectedAt = clock.monotonic();
    setState('connected');
    ways.opened();
    log.info({ url: ways.url(login.now()) }, 'Connected to the collector');
    current.connection.subscribe((error) => {
      if (!current.over) status.trouble = tellUnreadable(options, login.now(), error);
    });
    publishBirth(options, instance, current);
    spool.setOnlyCopy(false);
    current.sender.begin();
  }

  function receive(current: LinkSession, topic: string, bytes: Uint8Array): void {
    try {
      if (topic === topicOf(login.now(), 'ack')) takeAck(current, parseAck(bytes));
      else if (topic === topicOf(login.now(), 'config')) takeConfig(options, current, bytes);
    } catch (thrown) {
      log.warn({ topic, reason: reasonOf(thrown) }, 'Ignored an invalid message from the collector');
      if (topic === topicOf(login.now(), 'config')) refuseConfig(options, current, bytes, reasonOf(thrown));
    }
  }

  /** A person has confirmed that this machine is one that the collector knew before. */
  function continueAs(moved: Moved, current: LinkSession): void {
    if (moved.endpoint === login.now().endpoint) return;
    login.move(moved);
    spool.renumber(spool.state().epoch);
    reconnect.reset();
    end(current);
  }

  function takeAck(current: LinkSession, ack: Ack): void {
    if (ack.at !== undefined) options.trust?.heard(ack.at);
    if (ack.answer) return void questions.take(ack.answer);
    if (ack.moved) return void continueAs(ack.moved, current);
    login.confirmed();
    if (!acks.take(ack, current.sender.deliveredOf(ack), login.now())) return;
    // What waits for its PUBACK will get none: everything is sent again, under its new number.
    end(current);
  }

  function end(current: LinkSession): void {
    if (current.over) return;
    current.over = true;
    current.connection.close();
    if (session !== current) return;
    session = null;
    spool.setOnlyCopy(true);
    if (status.state === 'asleep' || status.state === 'stopped') return;
    const error = current.connection.error();
    const reason = login.ended(error);
    const connectedMs = current.connectedAt === null ? 0 : clock.monotonic() - current.connectedAt;
    // Once, not at each try: the state is in `doctor`.
    if (reconnect.afterEnd(ways.ended(error, current.connectedAt !== null), connectedMs))
      log.warn({ url: ways.url(login.now()), reason }, 'No connection to the collector; reports are spooled on disk');
    setState('waiting', reason);
    void options.trust?.ended(error).then((sentence) => {
      // In words of ours, instead of those of OpenSSL.
      if (sentence !== null && status.state === 'waiting') status = { ...status, trouble: sentence };
    });
  }

  function resendOverdue(): void {
    if (!session || session.connectedAt === null || !session.sender.isCaughtUp()) return;
    const oldest = acks.takeOverdue(session.connectedAt);
    if (oldest) session.sender.repeat(spool.newest() ?? oldest);
  }

  function wake(): void {
    if (status.state !== 'asleep' && status.state !== 'waiting') return;
    reconnect.reset();
    connect();
  }

  async function disconnect(reason: OfflineReason): Promise<void> {
    const current = session;
    setState(reason === 'sleep' ? 'asleep' : 'stopped');
    reconnect.cancel();
    if (resending && reason !== 'sleep') clearInterval(resending);
    if (current && current.connectedAt !== null) await endInOrder(current, reason);
    if (current) end(current);
    // It may have woken while the sign-off was on its way.
    if (status.state === 'asleep') reconnect.after(sleepMs);
  }

  return {
    start() {
      resending = setInterval(resendOverdue, firstResendMs / 2);
      resending.unref();
      connect();
    },
    offer: (entry) => void whenLive(({ sender }) => sender.offer(entry)),
    ask: async (question) => whenLive(({ connection }) => questions.ask(connection, question)),
    disconnect,
    adopt(trusting) {
      login.adopt(trusting);
      if (status.state === 'waiting') wake();
    },
    sentUpTo: () => sentUpTo,
    announce: () => void whenLive((current) => publishBirth(options, instance, current)),
    credential: login.now,
    use(fetched) {
      login.use(fetched);
      reconnect.reset();
      if (session) end(session);
    },
    reopen: async () => {
      await whenLive((current) => endInOrder(current, null).then(() => end(current)));
    },
    // The next refusal is called by its name; where the broker has been told there is none.
    explain: (verdict) => login.explain(verdict, () => status.state === 'waiting' && wake()),
    wake,
    state: () => ({ ...status, way: ways.now(), ...acks.state() }),
  };
}
