/** The table of channels. */
import type { Json, Ms } from './columns.ts';

export interface ChannelTables {
  /** Channels that people set up; those of evenkeel.yaml have no row. */
  channels: {
    /** Its name. */
    id: string;
    kind: string;
    severities: Json;
    /** By name, without the secrets. */
    settings: Json;
    secrets: Json;
    created_at: Ms;
    created_by: string;
    updated_at: Ms;
    updated_by: string;
  };
}
