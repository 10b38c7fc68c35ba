import type { ParseArgsOptionsConfig } from 'node:util';

export interface CommandLine {
  /** The agent's folder. */
  data: string;
  /** Flags, as `util.parseArgs` reads them. */
  values: Record<string, unknown>;
  /** Words that are no flags. */
  words: string[];
}

export interface AgentCommand {
  /** Flags beside --data and --help. */
  options: ParseArgsOptionsConfig;
  /** @returns the exit code. @throws EvenkeelError for anything that a person can correct */
  run(line: CommandLine): Promise<number>;
}

/** Whether a value is one of the given words. */
export function isOneOf<T extends string>(value: unknown, words: readonly T[]): value is T {
  return typeof value === 'string' && (words as readonly string[]).includes(value);
}
