/** What is inside a package: as a list for programs (CycloneDX 1.6) and as the texts of the licences for people. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildPlan, readJson } from './config.ts';

interface NpmAbout {
  name: string;
  version: string;
  license?: string | { type: string };
}

const aboutOf = (top: string, one: string) => readJson<NpmAbout>(join(top, 'node_modules', one, 'package.json'));
const licenseOf = ({ license }: NpmAbout) => (typeof license === 'object' ? license.type : license) ?? 'NOASSERTION';
const purl = ({ name, version }: NpmAbout) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** @param name of the program @param packages folders of npm packages below node_modules, Node's own among them @returns JSON */
export function sbom(plan: BuildPlan, name: string, packages: readonly string[]): string {
  const components = packages.map((one) => {
    const about = aboutOf(plan.top, one);
    const license = licenseOf(about);
    return {
      type: 'library',
      name: about.name,
      version: about.version,
      'bom-ref': purl(about),
      purl: purl(about),
      licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    };
  });
  const program = `pkg:generic/${name}@${plan.version}`;
  const component = {
    type: 'application',
    name,
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
    .map((one) => {
      const about = aboutOf(plan.top, one);
      const folder = join(plan.top, 'node_modules', one);
      const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
      const words = texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
      return `${'='.repeat(80)}\n${about.name} ${about.version} (${licenseOf(about)})\n\n${words || `Licence: ${licenseOf(about)}`}\n`;
    })
    .join('\n');
}
