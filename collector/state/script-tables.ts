/** Columns of orders to run scripts. */
import type { Generated } from 'kysely';
import type { ScriptState } from '../../shared/script.ts';
import type { Json, Ms } from './columns.ts';

export interface ScriptTables {
  script_orders: {
    id: string;
    endpoint: string;
    /** The endpoint while the order is open, else null: unique, so one endpoint has one open order. */
    open_key: string | null;
    script: string;
    /** By language, as it was offered. */
    title: Json;
    sha256: string;
    choices: Json;
    why: string;
    ticket: number | null;
    alert: string | null;
    /** Of the start of the agent that it was sent to; null: it was not sent. */
    token: string | null;
    limit_s: number;
    state: ScriptState;
    asked_by: string;
    asked_at: Ms;
    approved_by: string | null;
    approved_at: Ms | null;
    /** Until then it may be approved; once sent, carried out. */
    expires_at: Ms;
    ended_at: Ms | null;
    code: number | null;
    signal: string | null;
    reason: Json | null;
    output: string | null;
    cut: Generated<0 | 1>;
  };
}
