/**
 * The agent's control socket, for this machine only, in its private data folder. A hook of the system announces sleep
 * through it; `maintenance` asks the collector by way of it; `doctor` asks for the state; and a second agent on the same
 * data detects the first one by it. A request is one line: a word, and JSON behind it for what needs more.
 */
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makePrivate } from './safe-write.ts';

const controlCommands = ['sleep', 'wake', 'status', 'maintenance', 'report'] as const;
export type ControlCommand = (typeof controlCommands)[number];

const socketName = 'agent.sock';
const longestPath = 100;

/**
 * Where the socket is bound: in the data folder. Socket paths end at 104 to 108 bytes, so on Linux a folder further down is
 * named by its open descriptor, and elsewhere the socket lies in the user's home. Never in a folder that others may write:
 * whoever took the name there would keep the agent from starting.
 */
export function controlPath(data: string, platform: NodeJS.Platform, folder: number | null = null): string {
  const full = resolve(data);
  if (platform === 'win32') return `\\\\.\\pipe\\evenkeel-${hash(full)}`;
  const inside = join(full, socketName);
  if (Buffer.byteLength(inside) <= longestPath) return inside;
  return folder === null ? join(homedir(), '.evenkeel', `${hash(full)}.sock`) : `/proc/self/fd/${folder}/${socketName}`;
}

/** The descriptor has to stay open for as long as the path is used. */
function openPath(data: string): { path: string; release(): void } {
  const { platform } = process;
  const isLong = Buffer.byteLength(join(resolve(data), socketName)) > longestPath;
  const folder = platform === 'linux' && isLong ? openSync(data, constants.O_RDONLY | constants.O_DIRECTORY) : null;
  return {
    path: controlPath(data, platform, folder),
    release: () => {
      if (folder !== null) closeSync(folder);
    },
  };
}

const hash = (text: string) =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex').slice(0, 16);

/** A report of 2,000 characters, each escaped. */
const maxLineBytes = 16 * 1024;
/** Longer than the agent waits for its collector. */
export const answerWithinMs = 15_000;

/**
 * Asks the agent that runs on this data folder.
 * @returns its answer, or null when none runs
 */
export function ask(data: string, word: ControlCommand, timeoutMs = 5000, more?: object): Promise<unknown> {
  let place: ReturnType<typeof openPath>;
  try {
    place = openPath(data);
  } catch {
    // No such folder: no agent runs on it.
    return Promise.resolve(null);
  }
  return askAt(place, word, timeoutMs, more);
}

/** By the socket for everybody on this machine, who can do nothing by it but report a problem. */
export const askOfAnybody = (timeoutMs: number, more: object): Promise<unknown> =>
  askAt({ path: publicPath(publicFolder), release: () => undefined }, 'report', timeoutMs, more);

function askAt(
  place: ReturnType<typeof openPath>,
  word: ControlCommand,
  timeoutMs: number,
  more?: object,
): Promise<unknown> {
  return new Promise((done) => {
    const socket = connect(place.path);
    let text = '';
    socket.once('close', place.release);
    const finish = (answer: unknown) => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(null));
    socket.on('error', () => finish(null));
    socket.on('connect', () => socket.write(`${word}${more ? ` ${JSON.stringify(more)}` : ''}\n`));
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

/** @param more what came behind the word; not checked */
type Answering = (word: ControlCommand, more: unknown) => Promise<unknown>;

/**
 * Opens the socket. The caller has made sure, by `ask`, that no agent answers: an existing socket file was left by a
 * crash.
 * @param answer the answer to each command
 */
export function openControlSocket(data: string, answer: Answering): Promise<Server> {
  const { path, release } = openPath(data);
  if (process.platform !== 'win32') {
    // A folder of its own in the home; the data folder is there.
    makePrivate(dirname(path));
    rmSync(path, { force: true });
  }
  const server = createServer((socket) => serve(socket, answer));
  return new Promise((done, refuse) => {
    server.on('error', refuse);
    // Not before: the file is removed by its path.
    server.once('close', release);
    server.listen(path, () => done(server));
    // The socket alone must not keep the process running.
    server.unref();
  });
}

/** Of the service of a package: systemd makes it, everybody may go into it, and the agent alone may write there. */
const publicFolder = '/run/evenkeel-agent';
const publicPath = (folder: string): string => join(folder, 'report.sock');

/** Opens the socket for everybody, where the service has a folder for it. */
export function openPublicSocket(answer: (more: unknown) => Promise<unknown>): Promise<Server | null> {
  const folder = process.env.RUNTIME_DIRECTORY;
  if (!folder) return Promise.resolve(null);
  const path = publicPath(folder);
  rmSync(path, { force: true });
  const server = createServer((socket) =>
    serve(socket, (word, more) => (word === 'report' ? answer(more) : Promise.reject(new Error('not for everybody')))),
  );
  return new Promise((done, refuse) => {
    server.on('error', refuse);
    server.listen({ path, readableAll: true, writableAll: true }, () => done(server));
    server.unref();
  });
}

function serve(socket: Socket, answer: Answering): void {
  let text = '';
  socket.setTimeout(answerWithinMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk;
    if (text.length > maxLineBytes) socket.destroy();
    if (!text.includes('\n')) return;
    const request = requestIn(text);
    text = '';
    if (!request) return void socket.destroy();
    answer(request.word, request.more).then(
      (value) => socket.end(JSON.stringify(value)),
      () => socket.destroy(),
    );
  });
}

function requestIn(line: string): { word: ControlCommand; more: unknown } | null {
  const [, given = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(line.trim()) ?? [];
  const word = controlCommands.find((one) => one === given);
  if (!word) return null;
  try {
    return { word, more: rest === '' ? null : JSON.parse(rest) };
  } catch {
    return null;
  }
}
