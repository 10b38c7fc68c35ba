/** What a connection may take, of both ports: times in ms, sizes in bytes. What an endpoint may cost: ../intake/budgets.ts. */
import { maxWireBytes } from '../../shared/wire.ts';

/** Before authentication: ids, a 43-character password and a will fit several times. After it: all but PUBLISH. */
const frame = 4096;
/** Twice the largest payload, so that a slightly oversized message is still quarantined and acknowledged. */
const publish = 2 * maxWireBytes;

export const limits = {
  http: {
    body: 256 * 1024,
    /** Of a body that is too large so much is read, for so long, before the answer. */
    drained: 32 * 1024 * 1024,
    drain: 5_000,
    /** A TLS connection that is not agreed on by then is closed. */
    handshake: 10_000,
    /** From the connection, or the end of the request before, to the end of the headers. */
    headers: 10_000,
    /** The same to the end of the body. */
    request: 30_000,
    keepAlive: 10_000,
    /** How often connections are looked at for the two above. */
    look: 5_000,
    parameter: 300,
    /** In progress at a time, of one user or token. */
    perUser: { streams: 20, charts: 16, hostMetrics: 2 },
    /** Known: one of its requests had a log-in. */
    gate: { connections: 5000, strangers: 2000, perAddress: 300, perKnownAddress: 1000, evictAfter: 1000 },
  },
  mqtt: {
    handshake: 5000,
    /** To the end of the CONNECT; twice this with TLS, whose agreement has its own time. */
    connect: 5000,
    /** Until a wrong credential is answered, where there were too many of them. */
    slowed: 5000,
    /** s. A connection without a packet ends after one and a half times what its CONNECT announces. */
    keepAlive: 120,
    /** A connection that does not read is ended after this. */
    drain: 15_000,
    /** Waiting for a connection to read before ack messages to it are dropped. */
    unread: 64 * 1024,
    ...{ frame, publish },
    password: 256,
    topicLevels: 8,
    /** Known: authenticated. */
    gate: { connections: 20_000, strangers: 5000, perAddress: 500, perKnownAddress: 2000, evictAfter: 1000 },
  },
  /** What a WebSocket with MQTT in it may take beside that. */
  webSocket: {
    /** Of all frames until its CONNECT is accepted. */
    before: 2 * frame,
    /** One message. */
    message: publish + frame,
    fragments: 64,
    /** In which a frame may come: one at a time, each is kept until it is whole. */
    pieces: 8192,
    /** Not yet sent. */
    pongs: 8,
    /** A message below counts as one of MQTT of its own, as pings do. */
    small: 32,
    /** Until the other side has closed, too. */
    close: 5000,
  },
} as const;
