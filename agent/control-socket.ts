/**
 * The agent's control socket, for this machine only, in its private data folder. A hook of the system announces sleep
 * through it; `doctor` asks for the state; and a second agent on the same data detects the first one by it.
 */
import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type ControlCommand = 'sleep' | 'wake' | 'status';

/** Socket paths end at 104 to 108 bytes; a data folder further down gets a name in the folder of temporary files. */
export function controlPath(data: string, platform: NodeJS.Platform = process.platform): string {
  const full = resolve(data);
  const name = () => `evenkeel-${hash(full)}`;
  if (platform === 'win32') return `\\\\.\\pipe\\${name()}`;
  const inside = join(full, 'agent.sock');
  return Buffer.byteLength(inside) <= 100 ? inside : join(tmpdir(), `${name()}.sock`);
}

const hash = (text: string) =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex').slice(0, 16);

const maxWordBytes = 64;

/**
 * Asks the agent that runs on this data folder.
 * @returns its answer, or null when none runs
 */
export function ask(data: string, word: ControlCommand, timeoutMs = 5000): Promise<unknown> {
  return new Promise((done) => {
    const socket = connect(controlPath(data));
    let text = '';
    const finish = (answer: unknown) => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(null));
    socket.on('error', () => finish(null));
    socket.on('connect', () => socket.write(`${word}\n`));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => {
      try {
        finish(JSON.parse(text));
      } catch {
        // An agent that is ending may cut its answer: the same as none.
        finish(null);
      }
    });
  });
}

/**
 * Opens the socket. The caller has made sure, by `ask`, that no agent answers: an existing socket file was left by a
 * crash.
 * @param answer the answer to each command
 */
export function openControlSocket(data: string, answer: (word: ControlCommand) => Promise<unknown>): Promise<Server> {
  const path = controlPath(data);
  if (process.platform !== 'win32') rmSync(path, { force: true });
  const server = createServer((socket) => serve(socket, answer));
  return new Promise((done, refuse) => {
    server.on('error', refuse);
    server.listen(path, () => done(server));
    // The socket alone must not keep the process running.
    server.unref();
  });
}

function serve(socket: Socket, answer: (word: ControlCommand) => Promise<unknown>): void {
  let text = '';
  socket.setTimeout(5000, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk;
    if (text.length > maxWordBytes) socket.destroy();
    if (!text.includes('\n')) return;
    const word = text.trim();
    text = '';
    if (word !== 'sleep' && word !== 'wake' && word !== 'status') return void socket.destroy();
    answer(word).then(
      (value) => socket.end(JSON.stringify(value)),
      () => socket.destroy(),
    );
  });
}
