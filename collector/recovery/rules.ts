/** What of it an admin has turned on. */
export const recoveryWays = ['mail', 'manager', 'approver'] as const;
/** By what somebody shows who they are: a code to the address that the directory has, or a person who knows them. */
export type RecoveryWay = (typeof recoveryWays)[number];

export interface RecoveryRules {
  isOn: boolean;
  /** Of the identity provider, where whoever is verified sets a password. */
  resetUrl: string;
  /** The first one is suggested. */
  ways: readonly RecoveryWay[];
  /** Who may confirm for anybody: mail addresses, and `schedule:NAME` for whoever is on call. */
  approvers: readonly string[];
}

/** @returns the name of the schedule that an approver is; null: a mail address */
export const scheduleIn = (approver: string): string | null => /^schedule:(.+)$/.exec(approver)?.[1] ?? null;
