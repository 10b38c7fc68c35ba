/** Fedora, RHEL, SUSE and their kin. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Form, linuxEntries, type PackageContents, settingsOf, writeTree } from './tree.ts';

const architectures = { x64: 'x86_64', arm64: 'aarch64' } as const;

/** rpm's own steps after %install are off: its `strip` breaks a program that carries its code with it. */
const spec = ({ plan, product, quick }: PackageContents, root: string, files: readonly string[]) => `
%global __strip /bin/true
%global __os_install_post %{nil}
%global debug_package %{nil}
%global _build_id_links none
%define _binary_payload ${quick ? 'w1.gzdio' : 'w6T2.xzdio'}
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
%define _buildhost reproducible
Name: ${product.name}
Version: ${plan.version}
Release: 1
Summary: ${product.summary}
License: ${plan.license}
AutoReqProv: no
Requires: libatomic libstdc++ glibc shadow-utils

%description
${product.about}

%install
cp -a ${root}/. %{buildroot}/

%post
[ "$1" = 1 ] && word=install || word=upgrade
/usr/lib/${product.name}/setup $word

%preun
[ "$1" != 0 ] || /usr/lib/${product.name}/setup remove

%files
${files.join('\n')}
`;

export const rpm: Form = {
  name: 'rpm',
  fits: ({ system }) => system === 'linux',
  needs: { rpmbuild: 'rpm' },
  build(contents) {
    const { plan, product, target, work } = contents;
    const [top, root] = [join(work, 'rpm'), join(work, 'rpm-root')];
    for (const folder of [top, root]) rmSync(folder, { recursive: true, force: true });
    mkdirSync(top);
    const entries = linuxEntries(contents);
    writeTree(root, entries, plan.epoch);
    const arch = architectures[target.arch];
    const settings = new Set(settingsOf(contents));
    const file = join(top, 'product.spec');
    writeFileSync(
      file,
      spec(
        contents,
        root,
        entries.map(({ path }) => `${settings.has(`/${path}`) ? '%config(noreplace) ' : ''}"/${path}"`),
      ),
    );
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(plan.epoch) };
    execFileSync('rpmbuild', ['-bb', '--quiet', '--target', arch, '--define', `_topdir ${top}`, file], {
      env,
      stdio: 'pipe',
    });
    const name = `${product.name}-${plan.version}-1.${arch}.rpm`;
    const path = join(plan.out, name);
    copyFileSync(join(top, 'RPMS', arch, name), path);
    return path;
  },
};
