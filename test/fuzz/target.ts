/** What the fuzzer needs of a thing that takes bytes from outside. */
export interface Target {
  /** Inputs that it takes, from which others are made. */
  samples: readonly Buffer[];
  /** Longest input that it would be given, bytes. */
  longest: number;
  /** Most CPU that one input may cost, ms: ten times what the largest honest one does. */
  cpuMs: number;
  /** @throws when the input did harm: an error that is not one of ours, a neighbour that is not served, something lost */
  take(input: Buffer): void | Promise<void>;
  close(): void | Promise<void>;
}

export type OpenTarget = () => Target | Promise<Target>;
