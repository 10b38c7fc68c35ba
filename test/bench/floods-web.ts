/** Strangers at the WebSocket of the HTTPS port: what comes before a CONNECT, and never leads to one. */
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { limits } from '../../collector/doors/limits.ts';
import { webPath, webProtocol } from '../../shared/web-stream.ts';
import type { SenderResult } from './floods-kinds.ts';

/** Not the address of those who read pages: what one address may hold is a part of what is measured. */
const localAddress = '127.0.0.2';
const pauseMs = 5;
const large = Buffer.alloc(limits.webSocket.message);
/** A frame that announces more than it brings, unmasked as only a server may send it. */
const wrong = Buffer.from([0x82, 0x7f, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]);

type Rude = (socket: WebSocket, raw: Socket) => void;

/** What follows an upgrade, one after the other. */
const rude: readonly Rude[] = [
  // Silent.
  () => undefined,
  (socket) => {
    for (let n = 0; n < 2000; n++) socket.ping();
  },
  (socket) => socket.send(large),
  (socket) => {
    for (let n = 0; n < 100; n++) socket.send('', { fin: false });
  },
  (_socket, raw) => void raw.write(wrong),
];

const closed = (socket: Socket | WebSocket) =>
  new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });

/** @param lanes connections at a time; a third of them never ends its request */
export async function floodWeb(http: string, lanes: number, isOver: () => boolean): Promise<SenderResult> {
  const result: SenderResult = { sent: 0, acknowledged: 0, bytes: 0, ended: 0 };
  const { hostname: host, port, origin } = new URL(http);
  const url = origin.replace('http', 'ws') + webPath;
  const open = new Set<() => void>();

  async function once(lane: number, n: number): Promise<void> {
    result.sent++;
    const isHalf = lane % 3 === 0;
    const one = isHalf
      ? connect({ host, port: Number(port), localAddress })
      : new WebSocket(url, webProtocol, { perMessageDeflate: false, localAddress });
    const end = () => void (one instanceof WebSocket ? one.terminate() : one.destroy());
    open.add(end);
    const over = closed(one);
    if (one instanceof WebSocket) {
      let raw: Socket;
      one.on('upgrade', ({ socket }) => {
        raw = socket;
      });
      one.on('open', () => {
        result.acknowledged++;
        rude[(lane + n) % rude.length]?.(one, raw);
      });
    } else one.write(`GET ${webPath} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\n`);
    await over;
    open.delete(end);
    if (!isOver()) result.ended++;
  }

  const lane = async (k: number) => {
    for (let n = 0; !isOver(); n++) {
      await once(k, n);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const all = Promise.all(Array.from({ length: lanes }, (_, k) => lane(k)));
  const watch = setInterval(() => {
    if (isOver()) for (const end of open) end();
  }, 200);
  await all;
  clearInterval(watch);
  return result;
}
