/** The labels of an alert: what silences, inhibitions and routes select by. */
import type { Endpoint } from '../fleet/fleet.ts';
import type { LiveAlert } from './alert.ts';
import { collectorId } from './own-rules.ts';

/** A label has one value, or several, as the groups of an endpoint are. */
export type Labels = Readonly<Record<string, string | readonly string[]>>;

export interface LabelledAlert extends Pick<LiveAlert, 'family' | 'metric' | 'tags'> {
  rule: { severity: LiveAlert['rule']['severity']; labels?: Readonly<Record<string, string>> };
}

export interface LabelledEndpoint extends Pick<Endpoint, 'id' | 'name' | 'site'> {
  kind: string;
  tags?: readonly string[];
}

/**
 * What an alert is, by name. Facts of the monitor come last: neither a rule nor what a machine reports may pass for
 * another site or severity.
 * @param groups names of the groups that the endpoint is in
 */
export function labelsOf(alert: LabelledAlert, endpoint: LabelledEndpoint, groups: readonly string[]): Labels {
  const { family, metric, rule, tags } = alert;
  return {
    // As other monitoring calls them.
    ...{ alertname: family, instance: endpoint.name },
    ...tags,
    ...rule.labels,
    rule: family,
    severity: rule.severity,
    endpoint: endpoint.id,
    host: endpoint.name,
    // An alert of the collector about a site is of that site.
    site: endpoint.site ?? (endpoint.id === collectorId ? tags.site : undefined) ?? '',
    kind: endpoint.kind,
    metric,
    group: groups,
    tag: endpoint.tags ?? [],
  };
}
