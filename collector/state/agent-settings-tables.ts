/** Columns of the settings of agents. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

export interface AgentSettingsTables {
  /** As they are now; how they came about: setting_versions. */
  setting_layers: {
    scope: 'all' | 'kind' | 'site' | 'group' | 'tag' | 'endpoint';
    /** As in rules: the kind, the name of the site, the id of the group, the tag, the id of the endpoint; empty for all. */
    target: string;
    settings: Json;
    priority: number;
    owner: 'file' | 'people';
    at: Ms;
    by_user: string;
  };
  /** Never changed: to roll back is a version of its own. */
  setting_versions: {
    id: Generated<number>;
    at: Ms;
    by_user: string;
    reason: string;
    /** Which layers changed, each before and after. */
    changes: Json;
  };
  /** What an agent said last. */
  applied_settings: {
    endpoint: string;
    version: number;
    digest: string;
    result: 'ok' | 'partly' | 'refused';
    problems: Json;
    remote: 'on' | 'off';
    locked: Json;
    at: Ms;
  };
}
