/**
 * Requests that ask for a WebSocket. They go the way of every request, so that what is refused to any is refused to them, and their
 * route takes the connection in place of an answer.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { webPath } from '../../shared/web-stream.ts';
import type { Gate } from '../doors/gate.ts';
import type { App } from './context.ts';

/** To anything else the header is no reason to answer otherwise: some clients send it with every request. */
export const isUpgrade = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && url.split('?', 1)[0] === webPath && headers.upgrade?.toLowerCase() === 'websocket';

export function takeUpgrades(app: App, { leave }: Pick<Gate, 'leave'>): void {
  const asked = new WeakMap<IncomingMessage, () => { socket: Socket; head: Buffer }>();
  app.decorateRequest('takeOver', null);
  app.addHook('onRequest', async (request) => {
    request.takeOver = asked.get(request.raw) ?? null;
  });
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // From here on nobody else listens.
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    asked.set(request, () => {
      leave(socket);
      response.detachSocket(socket);
      return { socket, head };
    });
    app.routing(request, response);
  });
}
