/** Ubuntu Pro: whether extended security maintenance counts for this machine. The commands are slow; the cache is a file. */
import { boolOf, looseJson, numberOf, objectOf, objectsOf, textOf } from '../parse.ts';

export interface ProStatus {
  attached: boolean | null;
  /** Updates that each service offers. */
  byService: Record<string, number>;
  packages: number | null;
  numInstalled: number | null;
  rebootRequired: string | null;
  standardSecurityUpdates: number | null;
  esmUpdates: number | null;
}

/** `pro security-status --format json`, or the cached /var/lib/ubuntu-advantage/status.json (only `attached` then). */
export function parseProStatus(text: string): ProStatus | null {
  const value = looseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const status = objectOf(value);
  const summary = objectOf(status.summary);
  const packages = Array.isArray(status.packages) ? objectsOf(status.packages) : null;
  const byService: Record<string, number> = {};
  for (const item of packages ?? []) {
    const name = textOf(item.service_name) ?? 'unknown';
    byService[name] = (byService[name] ?? 0) + 1;
  }
  const infra = numberOf(summary.num_esm_infra_updates);
  const apps = numberOf(summary.num_esm_apps_updates);
  return {
    attached: boolOf(objectOf(summary.ua).attached) ?? boolOf(status.attached),
    byService,
    packages: packages === null ? null : packages.length,
    numInstalled: numberOf(summary.num_installed_packages),
    rebootRequired: textOf(summary.reboot_required),
    standardSecurityUpdates: numberOf(summary.num_standard_security_updates),
    esmUpdates: infra === null && apps === null ? null : (infra ?? 0) + (apps ?? 0),
  };
}
