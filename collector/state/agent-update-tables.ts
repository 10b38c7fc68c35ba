/** Columns of the updates of agents. */
import type { Generated } from 'kysely';
import type { UpdateRing } from '../../shared/update-choices.ts';
import type { Json, Ms } from './columns.ts';

export interface AgentUpdateTables {
  /** One release on its way to the fleet: at most one runs, or is stopped. */
  update_rollouts: {
    id: Generated<number>;
    version: string;
    sequence: number;
    state: 'running' | 'stopped' | 'withdrawn' | 'replaced';
    stage: UpdateRing;
    stage_at: Ms;
    started_at: Ms;
    by_user: string;
    reason: string;
    stop: Json | null;
    ended_at: Ms | null;
    /** A person has seen failures until then, and went on. */
    resumed_at: Generated<Ms>;
    /** Until then it was compared with the time before. */
    judged_at: Generated<Ms>;
  };
  /** Whose turn it was, and what came of it. */
  update_turns: {
    rollout: number;
    endpoint: string;
    ring: UpdateRing;
    at: Ms;
    from_version: string | null;
    result: 'open' | 'late' | 'proven' | 'fell_back' | 'silent' | 'refused';
    result_at: Ms;
  };
  /** What an agent said last of its own update. */
  update_said: { endpoint: string; said: Json };
}
