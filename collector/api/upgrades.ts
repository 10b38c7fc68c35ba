/**
 * Requests that ask for a WebSocket. They go the way of every request, so that what is refused to any is refused to them, and their
 * route takes the connection in place of an answer.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { webPath } from '../../shared/web-stream.ts';
import type { Gate } from '../doors/gate.ts';
import type { App } from './context.ts';

export interface Upgrade {
  socket: Socket;
  /** What has come of it already. */
  head: Buffer;
}

const waiting = new WeakMap<IncomingMessage, Upgrade & { response: ServerResponse; leave: Gate['leave'] }>();

/** To anything else the header is no reason to answer otherwise: some clients send it with every request. */
export const isUpgrade = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && url.split('?', 1)[0] === webPath && headers.upgrade?.toLowerCase() === 'websocket';

export function takeUpgrades(app: App, { leave }: Pick<Gate, 'leave'>): void {
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // From here on nobody else listens.
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    waiting.set(request, { socket, head, response, leave });
    app.routing(request, response);
  });
}

/** The connection, which is not answered and not counted here any more; null: none was asked for. */
export function takeOver(request: IncomingMessage): Upgrade | null {
  const upgrade = waiting.get(request);
  if (!upgrade) return null;
  waiting.delete(request);
  const { socket, head, response, leave } = upgrade;
  leave(socket);
  response.detachSocket(socket);
  return { socket, head };
}
