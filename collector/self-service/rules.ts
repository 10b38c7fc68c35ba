/** What of it an admin has turned on. */
export interface SelfServiceRules {
  isOn: boolean;
  /** How the desk is reached otherwise. */
  contact: string | null;
  agentsMayReport: boolean;
}
