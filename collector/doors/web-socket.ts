/**
 * MQTT over WebSocket on the port of HTTPS, for machines that reach no other. What comes out is a stream like that of a socket, and
 * goes through the same door as one: who it is, how much, how often is decided there. Here is bounded what only a WebSocket costs.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { createWebStream, webProtocol } from '../../shared/web-stream.ts';
import { limits } from './limits.ts';

/** What a socket tells of itself, too. */
export interface GuestStream extends Duplex {
  /** Behind a trusted proxy: what that says. */
  remoteAddress: string;
  /** Of the connection that ends here. */
  remotePort: number | undefined;
  /** The other end has authenticated: it may send as much as on the port of MQTT. */
  known(): void;
  /** Takes what is called with the cost of frames that carry nothing, in messages. */
  onFrames(count: (cost: number) => void): void;
}

/** A socket, or what stands for one. */
export type DoorSocket = Socket & Partial<Pick<GuestStream, 'known' | 'onFrames'>>;

const { webSocket } = limits;

/** Also what the types of the package do not know yet. */
const options = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: webSocket.message,
  maxFragments: webSocket.fragments,
  maxBufferedChunks: webSocket.pieces,
  maxPendingAutoPongs: webSocket.pongs,
  closeTimeout: webSocket.close,
  handleProtocols: () => webProtocol,
};
const server = new WebSocketServer(options);

/** @param address of the other end */
export function acceptUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  address: string,
  onOpen: (stream: GuestStream) => void,
): void {
  server.handleUpgrade(request, socket, head, (opened) => {
    const { stream, take } = createWebStream();
    let bytes = head.length;
    let cost: ((cost: number) => void) | null = null;
    // A frame is kept until it is whole, so what is announced does not matter: what comes does.
    const watch = (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > webSocket.before)
        stream.destroy(new Error(`more than ${webSocket.before} bytes came before the CONNECT`));
    };
    socket.on('data', watch);
    const empty = () => cost?.(1);
    opened.on('ping', empty);
    opened.on('pong', empty);
    opened.on('message', (message: Buffer) => void (message.length < webSocket.small && empty()));
    const guest = Object.assign(stream, {
      remoteAddress: address,
      remotePort: request.socket.remotePort,
      known: () => void socket.removeListener('data', watch),
      onFrames(count: (cost: number) => void) {
        cost = count;
      },
    });
    onOpen(guest);
    take(opened);
  });
}
