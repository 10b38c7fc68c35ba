/**
 * How many connections there may be of whom nobody knows yet who they are, in all and per network (an address of IPv4, /64 of
 * IPv6). Where a share is used up, the oldest of it makes room: whoever has something to prove does so at once, and
 * whoever only holds connections open holds nothing up. Networks that somebody came from before have a share of their
 * own, so that strangers from elsewhere cannot use it up.
 */
import type { Socket } from 'node:net';
import { networkOf } from './network.ts';

export interface GateRules {
  /** In all, known ones included. */
  connections: number;
  /** Not known yet, from networks that nobody came from before. */
  strangers: number;
  /** Not known yet, of one network. */
  perAddress: number;
  perKnownAddress: number;
  /** Only older ones make room, ms: a handshake under way is not broken off for the next one. */
  evictAfter: number;
}

export interface Gate {
  /** Of a new connection: false when it had to be closed. */
  enter(socket: Socket): boolean;
  /** Whoever is at the other end has proven who they are. The raw or the TLS socket. */
  known(socket: Socket): void;
  /** It is counted elsewhere from here on. The raw or the TLS socket of one that is not known. */
  leave(socket: Socket): void;
  closeAll(): void;
}

interface UnknownConnection {
  key: string;
  socket: Socket;
  network: string;
  since: number;
}

const networksAtMost = 10_000;

/** Both the raw and the TLS socket of one connection have these. */
const keyOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;

export function createGate(parts: {
  rules: GateRules;
  monotonic(): number;
  /** One was closed: a new one, or an old one that made room. */
  onClosed(address: string, why: string): void;
}): Gate {
  const { rules, monotonic, onClosed } = parts;
  const sockets = new Set<Socket>();
  /** By key, oldest first: of strangers, and of each network. */
  const strangers = new Map<string, UnknownConnection>();
  const networks = new Map<string, Map<string, UnknownConnection>>();
  /** Where somebody was known, longest ago first. */
  const seen = new Set<string>();

  /** Its port may be that of a newer connection by now. */
  function forget(waiting: UnknownConnection | undefined): void {
    const ofNetwork = networks.get(waiting?.network ?? '');
    if (!waiting || !ofNetwork || ofNetwork.get(waiting.key) !== waiting) return;
    strangers.delete(waiting.key);
    ofNetwork.delete(waiting.key);
    if (ofNetwork.size === 0) networks.delete(waiting.network);
  }

  /** @returns whether there is room now */
  function makeRoom(among: Map<string, UnknownConnection> | undefined, limit: number, why: string): boolean {
    if ((among?.size ?? 0) < limit) return true;
    const [oldest] = among?.values() ?? [];
    if (!oldest || monotonic() - oldest.since < rules.evictAfter) return false;
    forget(oldest);
    sockets.delete(oldest.socket);
    oldest.socket.destroy();
    onClosed(oldest.network, `${why}; the oldest of them made room`);
    return true;
  }

  function hasRoom(network: string): boolean {
    const isSeen = seen.has(network);
    const ofNetwork = isSeen ? rules.perKnownAddress : rules.perAddress;
    if (!makeRoom(networks.get(network), ofNetwork, `${ofNetwork} unknown connections from there`)) return false;
    if (!isSeen && !makeRoom(strangers, rules.strangers, `${rules.strangers} unknown connections`)) return false;
    if (sockets.size < rules.connections) return true;
    return makeRoom(strangers, 0, `${rules.connections} connections`);
  }

  return {
    enter(socket) {
      const network = networkOf(socket.remoteAddress ?? '?');
      if (!hasRoom(network)) {
        onClosed(network, `too many connections (${sockets.size} open)`);
        socket.destroy();
        return false;
      }
      const key = keyOf(socket);
      const waiting = { key, socket, network, since: monotonic() };
      sockets.add(socket);
      if (!seen.has(network)) strangers.set(key, waiting);
      const ofNetwork = networks.get(network) ?? new Map<string, UnknownConnection>();
      networks.set(network, ofNetwork.set(key, waiting));
      socket.once('close', () => {
        sockets.delete(socket);
        forget(waiting);
      });
      return true;
    },
    known(socket) {
      if (socket.remoteAddress === undefined) return;
      const network = networkOf(socket.remoteAddress);
      forget(networks.get(network)?.get(keyOf(socket)));
      seen.delete(network);
      seen.add(network);
      if (seen.size > networksAtMost) seen.delete(seen.values().next().value as string);
    },
    leave(socket) {
      const waiting = networks.get(networkOf(socket.remoteAddress ?? '?'))?.get(keyOf(socket));
      forget(waiting);
      if (waiting) sockets.delete(waiting.socket);
    },
    closeAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
