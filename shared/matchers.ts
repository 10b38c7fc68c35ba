/** Matchers of labels as text, for silences that are made by a click. Written as Alertmanager writes them. */
const quoted = (value: string) => `"${value.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))}"`;

/** `rule="disk"`, or of several values `rule=~"disk|swap"`, each as it is written. */
export function oneOf(label: string, values: readonly string[]): string {
  const different = [...new Set(values)];
  const [only] = different;
  if (different.length === 1 && only !== undefined) return `${label}=${quoted(only)}`;
  return `${label}=~${quoted(different.map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'))}`;
}
