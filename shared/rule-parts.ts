/** What a rule may say about its alerts: limits that the collector and the form keep alike. */

/** Labels that every alert has of its own; a rule must not give them another meaning. */
export const ownLabels: readonly string[] = [
  ...['rule', 'severity', 'endpoint', 'host', 'site', 'kind', 'metric', 'group', 'tag'],
];
export const labelName: RegExp = /^[a-z_][a-z0-9_]{0,62}$/;
export const labelsAtMost = 20;
export const labelLength = 120;
export const summaryLength = 200;
export const descriptionLength = 2000;
export const runbookLength = 500;
/** Empty: none, where a rule further out has one. */
export const runbookPattern = '^(|https?://[^\\s"<>]+|/knowledge/[^\\s"<>]+)$';
