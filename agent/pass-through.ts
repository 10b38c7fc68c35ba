/**
 * Runs a command in place of this process: its output, input, exit code and the signals it is sent pass through
 * untouched, while the end of its output is kept for the caller to judge the result.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** The end of an output holds the summary or the last error. */
const tailBytes = 256 * 1024;

export interface Passed {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  signal: string | null;
  /** Tails; empty for what went to a terminal directly. */
  stdout: string;
  stderr: string;
}

/** The last bytes of a stream, bounded. */
class OutputTail {
  #chunks: Buffer[] = [];
  #length = 0;
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length - (this.#chunks[0]?.length ?? 0) >= tailBytes)
      this.#length -= this.#chunks.shift()?.length ?? 0;
  }
  text(): string {
    return Buffer.concat(this.#chunks).subarray(-tailBytes).toString('utf8');
  }
}

/** Sends the child's stream on, byte for byte and no faster than the reader takes it, and keeps its end. */
function passOn(from: ChildProcess['stdout'], to: NodeJS.WriteStream): OutputTail {
  const tail = new OutputTail();
  from?.on('data', (chunk: Buffer) => tail.add(chunk));
  from?.pipe(to, { end: false });
  // Our reader has gone (a closed pipe): the child must see that too, as it would without us.
  to.on('error', () => from?.destroy());
  return tail;
}

const forwarded: NodeJS.Signals[] =
  process.platform === 'win32'
    ? ['SIGINT', 'SIGBREAK']
    : ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

/** A terminal sends Ctrl-C to the whole group itself; forwarding it too would cut short the child's own cleaning up. */
const fromTerminal = (signal: NodeJS.Signals) =>
  Boolean(process.stdin.isTTY) && (signal === 'SIGINT' || signal === 'SIGQUIT');

function forward(child: ChildProcess): () => void {
  const handlers = forwarded.map(
    (signal) => [signal, () => void (fromTerminal(signal) || child.kill(signal))] as const,
  );
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/** Runs the command to its end. Exit codes of a shell where it could not be started: 127 not found, 126 not allowed. */
export function passThrough(command: string, args: readonly string[]): Promise<Passed> {
  return new Promise((resolve) => {
    // A terminal stays the child's own (progress bars, colours), unless it prints data for programs.
    const own = (stream: NodeJS.WriteStream) => (stream.isTTY && !args.includes('--json') ? 'inherit' : 'pipe');
    const child = spawn(command, args, {
      stdio: ['inherit', own(process.stdout), own(process.stderr)],
      windowsHide: true,
    });
    const release = forward(child);
    const out = passOn(child.stdout, process.stdout);
    const err = passOn(child.stderr, process.stderr);
    child.on('error', (thrown: NodeJS.ErrnoException) => {
      release();
      const problem = `${command} could not be started: ${thrown.code ?? thrown.message}`;
      process.stderr.write(`${problem}\n`);
      resolve({ code: thrown.code === 'ENOENT' ? 127 : 126, signal: null, stdout: '', stderr: problem });
    });
    child.on('close', (code, signal) => {
      release();
      resolve({ code, signal, stdout: out.text(), stderr: err.text() });
    });
  });
}

/**
 * Ends this process as the command ended, if that was by a signal; else gives the exit code to end with. Signals that
 * Node ignores (SIGPIPE) do not end this process: then it is the code that a shell would show.
 */
export function endLike(passed: Passed): number {
  if (passed.signal === null) return passed.code ?? 1;
  const signal = passed.signal as NodeJS.Signals;
  process.exitCode = 128 + (constants.signals[signal] ?? 0);
  if (process.platform !== 'win32') process.kill(process.pid, signal);
  return process.exitCode;
}
