/** What is inside a package: as a list for programs (CycloneDX 1.6) and as the texts of the licences for people. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildPlan, readJson } from './config.ts';

interface NpmAbout {
  name: string;
  version: string;
  license?: string | { type: string };
}

const aboutOf = (top: string, name: string) => readJson<NpmAbout>(join(top, 'node_modules', name, 'package.json'));
const licenseOf = ({ license }: NpmAbout) => (typeof license === 'object' ? license.type : license) ?? 'NOASSERTION';
const purl = ({ name, version }: NpmAbout) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** @param packages names of npm packages, Node's own among them @returns JSON */
export function sbom(plan: BuildPlan, packages: readonly string[]): string {
  const components = packages.map((name) => {
    const about = aboutOf(plan.top, name);
    const license = licenseOf(about);
    return {
      type: 'library',
      name,
      version: about.version,
      'bom-ref': purl(about),
      purl: purl(about),
      licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    };
  });
  const program = `pkg:generic/${plan.program}@${plan.version}`;
  const component = {
    type: 'application',
    name: plan.program,
    version: plan.version,
    'bom-ref': program,
    purl: program,
  };
  const list = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { timestamp: new Date(plan.epoch * 1000).toISOString(), component },
    components,
    dependencies: [{ ref: program, dependsOn: components.map((one) => one.purl) }],
  };
  return `${JSON.stringify(list, null, 2)}\n`;
}

/** @throws Error for a package that brings no text of its licence */
export function thirdParty(plan: BuildPlan, packages: readonly string[]): string {
  return packages
    .map((name) => {
      const about = aboutOf(plan.top, name);
      const folder = join(plan.top, 'node_modules', name);
      const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
      const words = texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
      return `${'='.repeat(80)}\n${name} ${about.version} (${licenseOf(about)})\n\n${words || `Licence: ${licenseOf(about)}`}\n`;
    })
    .join('\n');
}
