/** Interface: who may log in at a broker of somebody else follows the fleet. Made by `broker-users.ts`. */
import type { Verdicts } from './verdicts.ts';

/**
 * How a broker learns of a change: the collector tells it; it asks the collector each time; a person brings files there; it is the
 * collector's own.
 */
export const waysToKeep = ['told', 'asks', 'by_hand', 'own'] as const;

export interface BrokerUsers {
  kind: (typeof waysToKeep)[number];
  /**
   * The secret of this endpoint, which was just made or shown; it is not kept here for longer than the broker needs it.
   * Resolves when the broker has it, or after a few seconds without.
   */
  learned(endpoint: string, secret: string): Promise<void>;
  /** Something of it is another now. @param isIn it may log in */
  changed(endpoint: string, isIn: boolean): void;
  /** Null: it does not ask. */
  verdicts: Verdicts | null;
  close(): void;
}
