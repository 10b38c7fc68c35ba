/** Machines that wait for a person, and what was said to them. Times in ms UTC; `kind_why` and `fingerprint` are JSON. */
export interface ApplicantRow {
  id: string;
  enrollment: string;
  attempt_hash: string;
  check_word: string;
  hostname: string;
  platform: string;
  arch: string;
  version: string;
  kind: 'server' | 'workstation';
  kind_why: string;
  fingerprint: string | null;
  address: string;
  asked_at: number;
  last_at: number;
  state: 'waiting' | 'approved' | 'refused';
  decided_at: number | null;
  decided_by: string | null;
  reason: string | null;
  /** The endpoint that it is a copy of; null: it came with a join code. */
  copy_of: string | null;
}
