/**
 * MQTT over WebSocket, the same at both ends: one stream of bytes in binary messages, whose bounds mean nothing
 * [MQTT-6.0.0-4].
 */
import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Where a collector answers it, and the name of what is spoken. */
export const webPath = '/mqtt';
export const webProtocol = 'mqtt';

export interface WebStream {
  stream: Duplex;
  /** It is open. Until then what is written waits. */
  take(socket: WebSocket): void;
}

const open = 1;

/** Never half open: when the other end has closed, and all of it is read, this one ends. */
export function createWebStream(): WebStream {
  let socket: WebSocket | null = null;
  let waiting: (() => void) | null = null;

  function send(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (socket) socket.send(bytes, { binary: true }, done);
    else waiting = () => send(bytes, done);
  }

  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => socket?.resume(),
    write: (bytes: Buffer, _encoding, done) => send(bytes, done),
    // A packet is written in many pieces: one message for all that wait.
    writev: (pieces, done) => send(Buffer.concat(pieces.map(({ chunk }) => chunk as Buffer)), done),
    final(done) {
      socket?.close(1000);
      done();
    },
    destroy(error, done) {
      socket?.terminate();
      done(error);
    },
  });

  return {
    stream,
    take(opened) {
      opened.on('error', (error) => void stream.destroy(error));
      if (stream.destroyed || opened.readyState !== open) return void opened.terminate();
      socket = opened;
      opened.on('message', (bytes, isBinary) => {
        if (!isBinary) stream.destroy(new Error('a message of text came, and MQTT is binary'));
        else if (!stream.push(bytes)) opened.pause();
      });
      opened.on('close', () => void stream.push(null));
      waiting?.();
      waiting = null;
    },
  };
}
