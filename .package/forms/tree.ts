/** What a package holds, before it takes the form of one system. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BuildPlan, Target } from '../config.ts';
import type { PackedProduct } from '../products.ts';

export interface PackedFile {
  /** Inside the package, with slashes and without one at the head. */
  path: string;
  mode: number;
  /** One of three: a file of this machine, text, or what a link leads to. */
  from?: string;
  text?: string;
  link?: string;
}

export interface PackageContents {
  plan: BuildPlan;
  target: Target;
  product: PackedProduct;
  /** The program and what it needs, in the folder of its own. */
  payload: readonly PackedFile[];
  /** Licences of what is inside. */
  thirdParty: string;
  /** A folder for what lies between. */
  work: string;
  /** Seconds and not minutes, larger. */
  quick: boolean;
}

export interface Form {
  name: string;
  /** Targets that have it. */
  fits(target: Target): boolean;
  /** Programs of this machine that it needs, each with the Debian package that brings it. */
  needs: Readonly<Record<string, string>>;
  /** @returns the path of the finished file in `plan.out` */
  build(contents: PackageContents): string;
}

/** Writes the entries below a folder; every time is that of the last commit. */
export function writeTree(folder: string, entries: readonly PackedFile[], epoch: number): void {
  for (const { path, mode, from, text, link } of entries) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true, mode: 0o755 });
    if (link !== undefined) {
      symlinkSync(link, place);
      continue;
    }
    if (from !== undefined) copyFileSync(from, place);
    else writeFileSync(place, text ?? '');
    chmodSync(place, mode);
    utimesSync(place, epoch, epoch);
  }
}

/** A folder of this machine as tar.gz: the same bytes for the same files. */
export function writeTarGz(
  path: string,
  folder: string,
  names: readonly string[],
  { epoch, quick }: { epoch: number; quick: boolean },
): void {
  const order = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu', `--mtime=@${epoch}`];
  const tar = `${path}.tar`;
  execFileSync('tar', ['cf', tar, ...order, '-C', folder, ...names]);
  writeFileSync(path, gzipSync(readFileSync(tar), { level: quick ? 1 : 9 }));
  execFileSync('rm', [tar]);
}

/** A file that the product brings for a system. */
export const asset = ({ plan, product }: PackageContents, path: string) => join(plan.top, product.assets, path);

/** The same files in another folder. */
export const under = (folder: string, files: readonly PackedFile[]): PackedFile[] =>
  files.map((file) => ({ ...file, path: `${folder}${file.path}` }));

/** What every form brings beside the program. */
export const notices = ({ plan, thirdParty }: PackageContents, folder: string): PackedFile[] => [
  { path: `${folder}LICENSE`, mode: 0o644, from: join(plan.top, 'LICENSE') },
  { path: `${folder}THIRD-PARTY.txt`, mode: 0o644, text: thirdParty },
];

/** Files of a system that a person changes, from its root. */
export const settingsOf = ({ product }: PackageContents): string[] =>
  product.linux.flatMap(({ place, isSettings }) => (isSettings ? [`/${place}`] : []));

/** For deb and rpm: where a system's own package manager puts things. */
export function linuxEntries(contents: PackageContents): PackedFile[] {
  const { product, payload } = contents;
  const { name } = product;
  const home = `usr/lib/${name}/`;
  return [
    ...under(home, payload),
    { path: `${home}setup`, mode: 0o755, from: asset(contents, 'linux/setup') },
    { path: `usr/bin/${name}`, mode: 0o777, link: `../lib/${name}/${name}` },
    ...product.linux.map(({ file, place, mode = 0o644 }) => ({ path: place, mode, from: asset(contents, file) })),
    ...notices(contents, `usr/share/doc/${name}/`),
  ];
}

export const fileName = ({ plan, product, target }: PackageContents, ending: string) =>
  join(plan.out, `${product.name}-${plan.version}-${target.name}${ending}`);
